"""Incoming: what did the client send, and is every part of it as the route declares?

Checks run cheap to dear: who, which role, which key, then the body and the rest.
Each raises its refusal; nothing here knows Chalice or any use case.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from chalicelib.domain.errors import NotFound
from chalicelib.domain.personal_data import personal_data_in
from chalicelib.handlers.problems import (
    BodyTooLarge,
    ContentTypeUnsupported,
    FieldError,
    IdempotencyKeyMissing,
    MalformedJson,
    RequestInvalid,
    TokenMissing,
)

BODY_BYTES_MAX = 256 * 1024
AGENT_LENGTH_MAX = 200
ERRORS_LISTED_MAX = 20

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

Model = TypeVar("Model", bound=BaseModel)


class Incoming(NamedTuple):
    """One HTTP request. Header names are lower case; `captured` are the variable parts of the path.

    `request_id` is the gateway's own; the answer's, once there is one: see `known_by`.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    captured: Mapping[str, str] | None = None
    query: Mapping[str, Sequence[str]] | None = None
    address: str = ""
    request_id: str = ""

    @property
    def agent(self) -> str:
        return self.headers.get("user-agent", "")[:AGENT_LENGTH_MAX]

    def cookie(self, name: str) -> str:
        """A cookie's text, "" when it was not sent."""
        pairs = (pair.strip().partition("=") for pair in self.headers.get("cookie", "").split(";"))
        return next((text for known, _, text in pairs if known == name), "")

    @property
    def sane_request_id(self) -> str:
        """The client's own request id, if it may stand in our logs and in the archive; else empty."""
        wanted = self.headers.get("x-request-id", "")
        return wanted if _REQUEST_ID.fullmatch(wanted) and not personal_data_in(wanted) else ""

    def known_by(self, random_text: Callable[[], str]) -> "Incoming":
        """The request under its one id: the client's, the gateway's, or a new one."""
        return self._replace(request_id=self.sane_request_id or self.request_id or random_text())


def bearer_token(incoming: Incoming) -> str:
    """The token of the Authorization header. Raises: TokenMissing."""
    scheme, _, token = incoming.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenMissing()
    return token.strip()


def operation_key(incoming: Incoming) -> str:
    """The Idempotency-Key as it was sent. Raises: IdempotencyKeyMissing."""
    key = incoming.headers.get("idempotency-key", "").strip().strip('"')
    if not key:
        raise IdempotencyKeyMissing()
    return key


def parsed_body(incoming: Incoming, model: type[Model]) -> Model:
    """The body as its model.

    Raises: BodyTooLarge, ContentTypeUnsupported, MalformedJson, RequestInvalid.
    """
    check_size(incoming)
    content_type, _, parameters = incoming.headers.get("content-type", "").lower().partition(";")
    if content_type.strip() != "application/json" or parameters.strip() not in ("", "charset=utf-8"):
        raise ContentTypeUnsupported()
    try:
        return model.model_validate_json(incoming.body)
    except ValidationError as error:
        if any(problem["type"] == "json_invalid" for problem in error.errors(include_input=False)):
            raise MalformedJson() from None
        raise RequestInvalid(_field_errors(error)) from None


def check_no_body(incoming: Incoming) -> None:
    """Nothing, or an empty object, was sent. Raises: BodyTooLarge, RequestInvalid."""
    check_size(incoming)
    if incoming.body.strip() not in (b"", b"{}"):
        raise RequestInvalid([FieldError(field="", problem="extra_forbidden", detail="Send no body here")])


def check_size(incoming: Incoming) -> None:
    """Raises: BodyTooLarge."""
    if len(incoming.body) > BODY_BYTES_MAX:
        raise BodyTooLarge(bytes_max=BODY_BYTES_MAX)


def parsed_path(incoming: Incoming, model: type[Model]) -> Model:
    """The variable parts of the path. Raises: NotFound when one does not fit: there is no such thing."""
    try:
        return model.model_validate(dict(incoming.captured or {}))
    except ValidationError:
        raise NotFound(path=incoming.path[:200]) from None


def parsed_query(incoming: Incoming, model: type[Model]) -> Model:
    """The query parameters, each given once. Raises: RequestInvalid."""
    given = incoming.query or {}
    twice = [name for name, values in given.items() if len(values) != 1]
    if twice:
        raise RequestInvalid([FieldError(field=twice[0][:64], problem="repeated", detail="Give it once")])
    try:
        return model.model_validate({name: values[0] for name, values in given.items()})
    except ValidationError as error:
        raise RequestInvalid(_field_errors(error)) from None


def _field_errors(error: ValidationError) -> list[FieldError]:
    """Path and kind of each mistake, never the value: it may be a secret."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [_field_error(problem) for problem in found[:ERRORS_LISTED_MAX]]


def _field_error(problem: Any) -> FieldError:
    field = ".".join(str(part)[:64] for part in problem["loc"])
    return FieldError(field=field, problem=problem["type"], detail=problem["msg"])
