"""Gateway answers: what does API Gateway say when a request never gets to a function?

The product's own words: problem details, made by what answers every other refusal.
API Gateway fills in the request's id and knows neither the reader's language nor who
may read the answer from a browser: it speaks Chinese, and to every origin, for there
is nothing in it that belongs to anybody. On one machine local/api.py says the same.
"""

from typing import Any

from chalicelib.domain.errors import BadRequest, Forbidden, Refusal, Unavailable
from chalicelib.handlers.answers import BROWSER_HEADERS, EXPOSED_HEADERS, refusal_answer
from chalicelib.handlers.incoming import BODY_BYTES_MAX, Incoming
from chalicelib.handlers.problems import (
    BodyTooLarge,
    ContentTypeUnsupported,
    InternalError,
    QuotaUsedUp,
    RouteUnknown,
    Throttled,
    TokenMissing,
)

REQUEST_ID = "$context.requestId"

# A throttle's bucket is filled all the time, so a second is enough; a quota is the day's, and an hour
# tells a machine that it need not try at once.
ANSWERS: dict[str, Refusal] = {
    "DEFAULT_4XX": BadRequest(),
    "DEFAULT_5XX": InternalError(),
    "ACCESS_DENIED": Forbidden(),
    "INTEGRATION_FAILURE": Unavailable(),
    "INTEGRATION_TIMEOUT": Unavailable(),
    "INVALID_API_KEY": Forbidden(),
    "MISSING_AUTHENTICATION_TOKEN": RouteUnknown(),  # what API Gateway calls a path that it does not know
    "QUOTA_EXCEEDED": QuotaUsedUp(retry_after_seconds=3600),
    "REQUEST_TOO_LARGE": BodyTooLarge(bytes_max=BODY_BYTES_MAX),
    "RESOURCE_NOT_FOUND": RouteUnknown(),
    "THROTTLED": Throttled(retry_after_seconds=1),
    "UNAUTHORIZED": TokenMissing(),
    "UNSUPPORTED_MEDIA_TYPE": ContentTypeUnsupported(),
    "WAF_FILTERED": Forbidden(),
}


def piece() -> dict[str, Any]:
    """The answers as a piece of the template."""
    responses = {kind: _response(refusal) for kind, refusal in ANSWERS.items()}
    return {"Resources": {"RestAPI": {"Properties": {"GatewayResponses": responses}}}}


def _response(refusal: Refusal) -> dict[str, Any]:
    answer = refusal_answer(refusal, Incoming("", "", {}), REQUEST_ID)
    told = {
        **BROWSER_HEADERS,
        **answer.headers,
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": EXPOSED_HEADERS,
    }
    # API Gateway quotes what it says by itself so, and knows no quote within one: its policy stays away.
    headers = {name: f"'{value}'" for name, value in told.items() if "'" not in value}
    return {
        "StatusCode": answer.status,
        "ResponseParameters": {"Headers": {**headers, "X-Request-Id": "context.requestId"}},
        "ResponseTemplates": {"application/json": answer.body},
    }
