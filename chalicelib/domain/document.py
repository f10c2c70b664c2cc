"""The document: how is a frozen value written as plain JSON, and read back without guessing?

Written: every field under its own name, an enum as its value, a moment as ISO 8601
in UTC, a tuple as a list. None and the empty tuple are left out, nothing else is:
a stored document must not change its meaning when a default in the code changes.
Read strictly: an unknown field, a missing one, a float, a true where a number
belongs, a moment without its offset are refused with the path to the mistake.
"""

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from chalicelib.domain.errors import BadRequest

INTEGER_MAX = 10**15  # far above any amount; beyond it a number is an attack on the store, not a value
TEXT_MAX = 200
LIST_MAX = 500

Value = TypeVar("Value")


class DocumentMalformed(BadRequest):
    """The document does not have the shape of the value it is read as."""

    code = "DOCUMENT_MALFORMED"
    advice = "Correct the field that `path` names; `expected` says what belongs there."


def to_document(value: Any) -> dict[str, Any]:
    """The value as plain JSON types; `from_document` gives an equal value back."""
    pairs = ((field.name, getattr(value, field.name)) for field in fields(value))
    return {name: _written(part) for name, part in pairs if part is not None and part != ()}


def from_document(kind: type[Value], document: object, path: str = "") -> Value:
    """The value of the dataclass `kind` that the document describes.

    Raises: DocumentMalformed at the first mistake, naming the path to it.
    """
    if not isinstance(document, dict):
        raise DocumentMalformed(path=path, expected="an object")
    hints = _hints(cast(Any, kind))
    for name in document:
        if name not in hints:
            raise DocumentMalformed(path=_joined(path, str(name)[:64]), expected="no such field")
    return kind(**{name: _field(kind, name, document, _joined(path, name)) for name in hints})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


@cache
def _defaults(kind: Any) -> dict[str, Any]:
    return {field.name: field.default for field in fields(kind)}


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _written(part: Any) -> Any:
    if isinstance(part, StrEnum):
        return part.value
    if isinstance(part, datetime):
        return part.astimezone(UTC).isoformat()
    if isinstance(part, tuple):
        return [_written(item) for item in part]
    return to_document(part) if is_dataclass(part) else part


def _field(kind: Any, name: str, document: dict[str, Any], path: str) -> Any:
    hint = _hints(kind)[name]
    if name in document:
        return _read(hint, document[name], path)
    default = _defaults(kind)[name]
    if default is not MISSING:
        return default
    if get_origin(hint) is tuple:
        return ()
    raise DocumentMalformed(path=path, expected="a value")


def _read(hint: Any, raw: object, path: str) -> Any:
    if get_origin(hint) is UnionType:
        return None if raw is None else _read(_without_none(hint), raw, path)
    if get_origin(hint) is tuple:
        return _read_list(get_args(hint)[0], raw, path)
    if hint in _SCALARS:
        return _SCALARS[hint](raw, path)
    return _read_enum(hint, raw, path) if issubclass(hint, StrEnum) else from_document(hint, raw, path)


def _without_none(hint: Any) -> Any:
    (inner,) = (part for part in get_args(hint) if part is not NoneType)
    return inner


def _read_list(item_hint: Any, raw: object, path: str) -> tuple[Any, ...]:
    if not isinstance(raw, list) or len(raw) > LIST_MAX:
        raise DocumentMalformed(path=path, expected=f"a list of at most {LIST_MAX}")
    return tuple(_read(item_hint, item, f"{path}.{index}") for index, item in enumerate(raw))


def _read_enum(enum: type[StrEnum], raw: object, path: str) -> StrEnum:
    if type(raw) is not str or raw not in tuple(enum):
        raise DocumentMalformed(path=path, expected=" | ".join(enum))
    return enum(raw)


def _read_int(raw: object, path: str) -> int:
    if type(raw) is not int or abs(raw) > INTEGER_MAX:
        raise DocumentMalformed(path=path, expected="a whole number")
    return raw


def _read_bool(raw: object, path: str) -> bool:
    if type(raw) is not bool:
        raise DocumentMalformed(path=path, expected="true or false")
    return raw


def _read_text(raw: object, path: str) -> str:
    if type(raw) is not str or not 0 < len(raw) <= TEXT_MAX:
        raise DocumentMalformed(path=path, expected=f"a text of 1 to {TEXT_MAX} characters")
    return raw


def _read_moment(raw: object, path: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_read_text(raw, path))
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # not a moment at all is refused with the same words as a moment of no zone
    raise DocumentMalformed(path=path, expected="an ISO 8601 moment with its offset")


_SCALARS: dict[type, Callable[[object, str], Any]] = {
    int: _read_int,
    bool: _read_bool,
    str: _read_text,
    datetime: _read_moment,
}
