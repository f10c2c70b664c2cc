"""Unreached: how is a request answered that never gets to a function?

In the product's own words: problem details, as the API's answer to every other refusal.
"""

from collections.abc import Mapping

from chalicelib.domain.errors import Refusal
from chalicelib.handlers.answers import Answer, refusal_answer
from chalicelib.handlers.incoming import BODY_BYTES_MAX, Incoming
from chalicelib.handlers.problems import BodyTooLarge
from chalicelib.handlers.surroundings import real_surroundings
from chalicelib.handlers.unrouted import unknown_route

Reply = tuple[int, list[tuple[str, str]], bytes]


def no_route(method: str, path: str, headers: Mapping[str, str]) -> Reply:
    """There is no such path."""
    return _reply(unknown_route(Incoming(method, path, headers), real_surroundings()))


def too_large(method: str, path: str, headers: Mapping[str, str]) -> Reply:
    """The body is larger than Lambda takes."""
    incoming = Incoming(method, path, headers)
    refusal: Refusal = BodyTooLarge(bytes_max=BODY_BYTES_MAX)
    request_id = incoming.known_by(real_surroundings().random_text).request_id
    answer = refusal_answer(refusal, incoming, request_id)
    return _reply(Answer(answer.status, answer.body, {**answer.headers, "X-Request-Id": request_id}))


def _reply(answer: Answer) -> Reply:
    return answer.status, list(answer.headers.items()), answer.body.encode()
