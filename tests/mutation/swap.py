"""The swap: how does a mistake get into a running process without a file being touched?

The code of a function is replaced where it lives, so whoever imported the function
runs the mutant. It is done in a forked process, which then ends.
"""

import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType


class Unfit(Exception):
    """This mutant cannot be run: it does not compile, or is the same to the machine."""


def codes_of(source: str, path: Path) -> dict[str, CodeType]:
    """The functions of a module by qualified name; functions inside functions belong to the outer one."""
    return dict(_outermost(compile(source, str(path), "exec")))


def _outermost(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    for inner in code.co_consts:
        if not isinstance(inner, CodeType):
            continue
        if "__qualname__" in inner.co_names and inner.co_names[:1] == ("__name__",):  # the body of a class
            yield from _outermost(inner)
        elif not inner.co_name.startswith("<"):
            yield inner.co_qualname, inner


@cache
def living(path: Path) -> dict[str, list[FunctionType]]:
    """The functions of this process that were defined in a module, by qualified name."""
    found: dict[str, list[FunctionType]] = {}
    for thing in gc.get_objects():
        if type(thing) is FunctionType and thing.__code__.co_filename == str(path):
            found.setdefault(thing.__code__.co_qualname, []).append(thing)
    return found


def mutated_code(source: str, path: Path, function: str) -> CodeType:
    """The code of the function in a mutated source. Raises: Unfit."""
    try:
        code = codes_of(source, path)[function]
    except (SyntaxError, KeyError, ValueError) as error:
        raise Unfit(str(error)) from error
    for now in living(path).get(function, []):
        if now.__code__ == code or now.__code__.co_freevars != code.co_freevars:
            raise Unfit("nothing differs, or it closes over something else")
    return code


def swap(path: Path, function: str, code: CodeType) -> None:
    """From now on this process runs the mutant."""
    for one in living(path)[function]:
        one.__code__ = code
