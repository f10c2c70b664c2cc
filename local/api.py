"""API: what does API Gateway do on AWS that one machine must do by itself, read from the same template?

Which function answers a path, how many requests are let in, and what is said to one
that is not. A throttle is a bucket of tokens for each method of each path: it holds the
burst, is filled at the rate, and every request takes one.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local import intrinsics
from local.wiring import Function, functions_of

Reply = tuple[int, list[tuple[str, str]], bytes]
Route = tuple[str, str]  # method, path with its variables: POST, /v1/orders/{order_id}/payment

WHOLE_API = ("*", "/*")
_INTEGRATION = "x-amazon-apigateway-integration"
_ANSWERS = "x-amazon-apigateway-gateway-responses"
_REQUEST_ID = "context.requestId"


@dataclass(slots=True)
class Bucket:
    """One throttle."""

    rate: float  # a second
    burst: float
    clock: Callable[[], float] = time.monotonic
    _tokens: float = field(init=False)
    _filled_at: float = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self._tokens, self._filled_at = self.burst, self.clock()

    def admits(self) -> bool:
        """Whether one more request is let in; it is counted if so."""
        with self._lock:
            now = self.clock()
            self._tokens = min(self.burst, self._tokens + (now - self._filled_at) * self.rate)
            self._filled_at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class Api:
    """The REST API of a template."""

    def __init__(self, template: Mapping[str, Any], clock: Callable[[], float] = time.monotonic) -> None:
        self._parameters = template.get("Parameters", {})
        self._clock = clock
        (api,) = _of_type(template, "AWS::ApiGateway::RestApi")
        (stage,) = _of_type(template, "AWS::ApiGateway::Stage")
        self._answers = api["Body"][_ANSWERS]
        self.limits = {_route(one): self._limit(one) for one in stage["MethodSettings"]}
        self._buckets: dict[Route, Bucket] = {}
        self._functions = dict(_integrations(api["Body"], dict(functions_of(template))))

    def function_beside(self, handler: str, method: str, path: str) -> Function | None:
        """The function that a method of a path is integrated with; None where it is this handler's."""
        function = self._functions.get((method, path))
        return function if function and function.handler != handler else None

    def admits(self, method: str, path: str) -> bool:
        """Whether the throttle lets one more request in."""
        route = method, path
        bucket = self._buckets.get(route)
        if bucket is None:
            rate, burst = self.limits.get(route, self.limits[WHOLE_API])
            bucket = self._buckets.setdefault(route, Bucket(rate, burst, self._clock))
        return bucket.admits()

    def answer(self, kind: str, request_id: str) -> Reply:
        """What API Gateway answers by itself: `kind` is its own word, THROTTLED or REQUEST_TOO_LARGE."""
        told = self._answers[kind]
        headers = [
            (name.rpartition(".")[2], request_id if value == _REQUEST_ID else value.strip("'"))
            for name, value in told["responseParameters"].items()
        ]
        body = told["responseTemplates"]["application/json"].replace(f"${_REQUEST_ID}", request_id)
        return int(told["statusCode"]), headers, body.encode()

    def _limit(self, setting: Mapping[str, Any]) -> tuple[float, float]:
        limits = [setting["ThrottlingRateLimit"], setting["ThrottlingBurstLimit"]]
        rate, burst = intrinsics.resolve(limits, lambda name, _: self._parameters[name]["Default"])
        return float(rate), float(burst)


def _of_type(template: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    return [found["Properties"] for found in template["Resources"].values() if found["Type"] == kind]


def _route(setting: Mapping[str, Any]) -> Route:
    """A slash within the path is written ~1 there."""
    return setting["HttpMethod"], setting["ResourcePath"].replace("/~1", "/").replace("~1", "/")


def _integrations(
    body: Mapping[str, Any], functions: Mapping[str, Function]
) -> Iterator[tuple[Route, Function]]:
    for path, methods in body["paths"].items():
        for method, described in methods.items():
            uri = described[_INTEGRATION]["uri"]["Fn::Sub"]
            logical_id = uri.partition("/functions/${")[2].partition(".Arn}")[0]
            yield (method.upper(), path), functions[logical_id]
