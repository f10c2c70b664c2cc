"""Problems: how does a refusal look on the wire (RFC 9457), and which ones does the frame itself know?

Every answer from 400 up is `application/problem+json` with our stable `code`,
the cause and the advice in the reader's language, and whether the very same
request may be sent again. Statuses come from the refusal's class and from here.
"""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from chalicelib.domain.errors import BadRequest, Forbidden, NotFound, Refusal, Unauthenticated
from chalicelib.handlers.fields import View
from chalicelib.handlers.messages import words

PROBLEM_TYPE = "application/problem+json"


class MalformedJson(BadRequest):
    code = "MALFORMED_JSON"
    advice = "Send one JSON object in UTF-8."


class RequestInvalid(BadRequest):
    """Fields are missing, unknown, or not as the description says; `errors` names each."""

    code = "REQUEST_INVALID"
    advice = "Correct the fields listed in `errors`."

    def __init__(self, errors: Sequence["FieldError"]) -> None:
        super().__init__()
        self.errors = tuple(errors)


class CursorInvalid(BadRequest):
    code = "CURSOR_INVALID"
    advice = "Begin the list again without a cursor."


class IdempotencyKeyMissing(BadRequest):
    code = "IDEMPOTENCY_KEY_MISSING"
    advice = "Send a new ULID as Idempotency-Key, and the same one again when you repeat this request."


class BodyTooLarge(Refusal):
    code = "BODY_TOO_LARGE"
    status: ClassVar[int] = 413
    advice = "Send at most `bytes_max` bytes; files go by an upload address."


class ContentTypeUnsupported(Refusal):
    code = "CONTENT_TYPE_UNSUPPORTED"
    status: ClassVar[int] = 415
    advice = "Send Content-Type: application/json."


class TokenMissing(Unauthenticated):
    code = "TOKEN_MISSING"
    advice = "Sign in, and send Authorization: Bearer <access token>."


class RoleMissing(Forbidden):
    code = "ROLE_MISSING"
    advice = "Ask someone who has one of the roles in `roles`."


class SeniorMissing(Forbidden):
    """The role is right, and it was not given for what is sensitive."""

    code = "SENIOR_MISSING"
    advice = "Ask someone who holds one of the roles in `roles` as senior."


class StepUpRequired(Forbidden):
    """The role is right, and the second factor was not shown lately in this session."""

    code = "STEP_UP_REQUIRED"
    advice = (
        "Show the second factor by POST /v1/me/second-factor/proof, and send the same request again with "
        "the access token that gives: what is sensitive is open for `within_seconds` after it."
    )


class RegionMissing(Forbidden):
    """The role holds in a region alone, and this knows no regions."""

    code = "REGION_MISSING"
    advice = "Ask someone who holds one of the roles in `roles` everywhere."


class RouteUnknown(NotFound):
    code = "ROUTE_UNKNOWN"
    advice = "Check address and method against /v1/docs."


class MethodNotAllowed(Refusal):
    code = "METHOD_NOT_ALLOWED"
    status: ClassVar[int] = 405
    advice = "Use one of the methods in the Allow header."


class Throttled(Refusal):
    """More requests come at once than are served; API Gateway says so before any function is called."""

    code = "THROTTLED"
    status: ClassVar[int] = 429
    retryable = True
    advice = "Send the same request again after as many seconds as Retry-After says."


class QuotaUsedUp(Refusal):
    """A partner has asked as often as its plan allows in a day."""

    code = "QUOTA_EXCEEDED"
    status: ClassVar[int] = 429
    retryable = True
    advice = "Go on tomorrow, or ask for a larger plan."


class InternalError(Refusal):
    """A bug of ours. What was asked may or may not have been done: the same key tells."""

    code = "INTERNAL_ERROR"
    status: ClassVar[int] = 500
    retryable = True
    advice = (
        "Send the same request with the same Idempotency-Key again; if it stays, tell support the request id."
    )


class FieldError(View):
    """One field that is not as it should be."""

    field: Annotated[
        str, Field(description="Path to the field, parts joined by dots", examples=["amount_fen"])
    ]
    problem: Annotated[
        str, Field(description="What is wrong, as a short fixed word", examples=["extra_forbidden"])
    ]
    detail: Annotated[str, Field(description="The same in English")]


class Problem(View):
    """Problem details (RFC 9457) with our members."""

    type: Annotated[
        str, Field(description="Where the problem is described", examples=["/v1/docs#ORDER_UNKNOWN"])
    ]
    title: Annotated[str, Field(description="The cause, in the reader's language")]
    status: int
    code: Annotated[str, Field(description="Stable; messages may change, codes do not")]
    detail: Annotated[str, Field(description="The cause with the facts of this case")]
    advice: Annotated[str, Field(description="What to do, in the reader's language")]
    retryable: Annotated[bool, Field(description="Whether this very request may succeed later")]
    request_id: Annotated[str, Field(description="Tell it to support")]
    facts: Annotated[dict[str, Any], Field(description="Numbers and ids of this case, by name")]
    errors: Annotated[list[FieldError] | None, Field(description="Only with REQUEST_INVALID")] = None


def problem_of(refusal: Refusal, language: str, request_id: str) -> Problem:
    """The problem details that a refusal becomes."""
    cause, advice = words(type(refusal), language)
    facts = {name: list(fact) if isinstance(fact, tuple) else fact for name, fact in refusal.facts.items()}
    told = ", ".join(f"{name}={fact}" for name, fact in facts.items())
    return Problem(
        type=f"/v1/docs#{refusal.code}",
        title=cause,
        status=refusal.status,
        code=refusal.code,
        detail=f"{cause} ({told})" if told else cause,
        advice=advice,
        retryable=refusal.retryable,
        request_id=request_id,
        facts=facts,
        errors=list(refusal.errors) if isinstance(refusal, RequestInvalid) else None,
    )
