"""Smoke: does what was just deployed answer, and refuse, as it should?

A few requests from outside, none of which writes anything.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx

TRIES_MAX = 20
WAIT_SECONDS = 3.0  # a new stage of API Gateway takes a moment until it is known everywhere
TIMEOUT_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Probe:
    """One request, and what its answer must be: a status, and a member of its body."""

    promise: str
    path: str
    status: int
    member: str
    value: object
    method: str = "GET"


PROBES = (
    Probe("the API answers", "/v1/health", 200, "status", "ok"),
    Probe("who is not signed in is refused in our own words", "/v1/orders", 401, "code", "TOKEN_MISSING"),
    Probe("the description is served", "/v1/openapi.json", 200, "openapi", "3.1.0"),
    # A function of its own, which would otherwise be heard of when the first payment is missing.
    Probe(
        "the function of callbacks answers",
        "/v1/payments/smoke/callbacks",
        404,
        "code",
        "CHANNEL_UNKNOWN",
        method="POST",
    ),
)


def failures(url: str, sleep: Callable[[float], None] = time.sleep) -> list[str]:
    """What does not hold at an address, one sentence each. The first probe waits until somebody answers."""
    return list(_failures(url.rstrip("/"), sleep))


def web_failures(url: str) -> list[str]:
    """What does not hold of the app at an address: its page comes as it should, and hides no error."""
    url = url.rstrip("/")
    try:
        page = httpx.get(f"{url}/", timeout=TIMEOUT_SECONDS)
        error = httpx.get(f"{url}/v1/nothing", timeout=TIMEOUT_SECONDS)
    except httpx.TransportError as failure:
        return [f"the app is served: no answer from {url} ({failure})"]
    wrong = []
    if page.status_code != 200 or not page.headers.get("Content-Type", "").startswith("text/html"):
        wrong.append(f"the app is served: / was answered {page.status_code}")
    elif "require-trusted-types-for" not in page.headers.get("Content-Security-Policy", ""):
        wrong.append("the app runs under its policy: / has none")
    elif page.headers.get("Cache-Control") != "no-cache":
        wrong.append(f"a page is asked for anew: / says {page.headers.get('Cache-Control')}")
    if error.status_code != 404 or not error.headers.get("Content-Type", "").endswith("json"):
        wrong.append(f"no page stands in for an error: /v1/nothing was answered {error.status_code}")
    return wrong


def _failures(url: str, sleep: Callable[[float], None]) -> Iterator[str]:
    for number, probe in enumerate(PROBES):
        tries = TRIES_MAX if number == 0 else 1
        told = ""
        for turn in range(tries):
            if turn:
                sleep(WAIT_SECONDS)
            told = _told(url, probe)
            if not told:
                break
        if told:
            yield f"{probe.promise}: {told}"


def _told(url: str, probe: Probe) -> str:
    """What is wrong with the answer to a probe; empty where nothing is."""
    try:
        status, body = _asked(probe.method, url + probe.path)
    except httpx.TransportError as error:
        return f"no answer from {url}{probe.path} ({error})"
    if status != probe.status:
        return f"{probe.path} was answered {status} instead of {probe.status}"
    try:
        found = json.loads(body).get(probe.member)
    except (ValueError, AttributeError):  # no JSON, or no object
        return f"{probe.path} was answered without JSON"
    return "" if found == probe.value else f"{probe.path} says {probe.member} {found!r}, not {probe.value!r}"


def _asked(method: str, url: str) -> tuple[int, bytes]:
    answer = httpx.request(method, url, headers={"Accept": "application/json"}, timeout=TIMEOUT_SECONDS)
    return answer.status_code, answer.content
