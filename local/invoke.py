"""Invoke: how does an operator of the local run call a function by hand?

    make redrive ARGS="by=anna dry_run=false"
    python -m local.invoke replay function=pay_commission ids=ord_…,ord_… by=anna dry_run=false
    python -m local.invoke import_data source=oldshop kind=cards file=@cards.csv     @: uploads the file first

The very functions that AWS has, in this process, on the tables and buckets of the
running system. An answer with a cursor is followed until there is none. Exit code 0:
nothing failed; 1: something did; 2: nothing was called.
"""

import hashlib
import json
import os
import sys
import uuid
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from chalicelib.domain.errors import Refusal
from chalicelib.observability import logger
from infra.build import transformed_template
from local.functions import LocalFunctions
from local.running import NothingRuns, environment_of_run

WRONG = (
    "failed",
    "unreadable",
    "differences",
    "findings",
    "errors",
    "not_compared",
)  # members of an answer that should be empty


def event_from(words: Sequence[str]) -> dict[str, Any]:
    """The event of words `name=value`. A value is JSON, or else a text. Raises: ValueError."""
    event: dict[str, Any] = {}
    for word in words:
        name, is_given, text = word.partition("=")
        if not is_given:
            raise ValueError(f"{word!r} is not name=value")
        try:
            event[name] = json.loads(text)
        except ValueError:
            event[name] = text
    return event


def with_uploaded(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event, its file put into the bucket of uploads where it says `@path`. Raises: ValueError."""
    from chalicelib import bootstrap

    name = event.get("file", "")
    if not isinstance(name, str) or not name.startswith("@"):
        return dict(event)
    try:
        content = Path(name[1:]).read_bytes()
    except OSError as error:
        raise ValueError(f"{name[1:]} cannot be read: {error.strerror}") from None
    key = f"imports/{hashlib.sha256(content).hexdigest()}.csv"
    bootstrap.uploads().put_new(key, content, "text/csv")
    return {**event, "file": key}


def invoke(name: str, event: Mapping[str, Any]) -> int:
    """Call a function until it has no cursor any more, and print each answer."""
    from chalicelib import bootstrap
    from chalicelib.bootstrap.part import replaced

    functions = LocalFunctions(transformed_template("local"))
    if name not in functions.known:
        print(f"there is no function {name}", file=sys.stderr)
        return 2
    wrong = False
    with replaced({bootstrap.functions: lambda: functions}):
        while True:
            with redirect_stdout(sys.stderr):  # metrics, which are lines of a log
                answer = functions.known[name].call(event, str(uuid.uuid4()))
            print(json.dumps(answer, indent=1, ensure_ascii=False), flush=True)
            wrong |= any(answer.get(member) for member in WRONG) or not answer.get("is_complete", True)
            if not answer.get("cursor"):
                return 1 if wrong else 0
            event = {**event, "cursor": answer["cursor"]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Call the function that the first word names, with the event of the others."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words:
        print("python -m local.invoke <function> [name=value …]", file=sys.stderr)
        return 2
    try:
        os.environ.update(environment_of_run(os.environ))
        return invoke(words[0], with_uploaded(event_from(words[1:])))
    except (NothingRuns, Refusal, ValidationError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    logger.registered_handler.setStream(sys.stderr)  # type: ignore[attr-defined]
    sys.exit(main())
