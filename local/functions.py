"""Functions on one machine: how does one function call another where there is no Lambda?

In this process, by the handler strings of the template, as the worker calls them.
"""

import logging
import traceback
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.function_call import Called
from chalicelib.observability import logger
from local.wiring import Function, functions_of


class _Lines(logging.Handler):
    """What is logged, in the form in which a function logs it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(logger.registered_formatter)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def _heard() -> Iterator[_Lines]:
    lines = _Lines()
    ours = logging.getLogger(logger.name or "forecourt")
    ours.addHandler(lines)
    try:
        yield lines
    finally:
        ours.removeHandler(lines)


@dataclass(frozen=True)
class LocalFunctions:
    """The port Functions: every function of a template by its handler's name."""

    template: Mapping[str, Any]
    known: dict[str, Function] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known.update({function.name: function for _, function in functions_of(self.template)})

    def call(self, function: str, event: Mapping[str, Any]) -> Called:
        if function not in self.known:
            return Called(raised=f"it could not be called: there is no function {function}")
        request_id = str(uuid.uuid4())
        with _heard() as heard:
            try:
                answer = self.known[function].call(event, request_id)
            except Exception as error:
                last_line = traceback.format_exception_only(error)[-1].strip()
                return Called(raised=last_line, log="\n".join(heard.lines), request_id=request_id)
        return Called(answer, "", "\n".join(heard.lines), request_id)
