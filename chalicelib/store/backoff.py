"""Backoff: which answers of DynamoDB are worth another try, and how long is the wait?

DynamoDB serialises transactions by refusing: a conflict is an everyday answer,
not an error. It is retried a bounded number of times with full jitter, always
with the same token, so that a try whose answer was lost is not done twice. A
failed condition is a fact and is never retried.

Tries are bounded by their number and by time: the term of one call, and the term
of the request that makes it. A try that was begun takes three seconds at most
(dynamo.py), so nobody waits longer than a term and one try.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)
from pynamodb.exceptions import PynamoDBException, TransactWriteError

from chalicelib.domain.errors import Unavailable

Answer = TypeVar("Answer")

ATTEMPTS_MAX = 10
WAIT_FIRST_MS = 20
WAIT_MAX_MS = 640

# Ten silent tries alone would take 33 seconds, which is more than any function has.
CALL_TERM_MS = 9_000
# API Gateway hangs up after 29 seconds and our function ends at 28. What may come after the last try: one
# question to a counterparty (4 s) and one to a key or secret (3 s).
REQUEST_TERM_MS = 18_000

RETRYABLE_CODES = frozenset(
    {
        "TransactionConflictException",
        "TransactionInProgressException",
        "ThrottlingException",
        "Throttling",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "InternalServerError",
        "InternalFailure",
        "ServiceUnavailable",
        "500",
        "502",
        "503",
    }
)
FAILED_CONDITION = "ConditionalCheckFailed"
RETRYABLE_REASONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
LOST_CONNECTION = (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)


# When the tries of the request in hand must have begun; each thread has its own. None: there is no request.
_request_ends_at_ms: ContextVar[int | None] = ContextVar("request_ends_at_ms", default=None)


@dataclass(frozen=True, slots=True)
class Backoff:
    """`sleep_ms(n)` waits; `jitter_ms(n)` gives a whole number from 0 to n; `elapsed_ms()` only grows."""

    sleep_ms: Callable[[int], None]
    jitter_ms: Callable[[int], int]
    count_conflict: Callable[[], None] = lambda: None
    elapsed_ms: Callable[[], int] = lambda: 0
    attempts_max: int = ATTEMPTS_MAX

    @contextmanager
    def within(self, term_ms: int = REQUEST_TERM_MS) -> Iterator[None]:
        """No try of any call in this block begins after the term."""
        before = _request_ends_at_ms.set(self.elapsed_ms() + term_ms)
        try:
            yield
        finally:
            _request_ends_at_ms.reset(before)

    def run(self, call: Callable[[], Answer]) -> Answer:
        """The call's answer. Raises: Unavailable when every try in time met a busy or silent table."""
        ends_at_ms = self._ends_at_ms()
        for attempt in range(self.attempts_max):
            if self.elapsed_ms() > ends_at_ms:
                break
            try:
                return call()
            except PynamoDBException as error:
                if not is_retryable(error):
                    raise
                self._wait(attempt)
        raise Unavailable()

    def _ends_at_ms(self) -> int:
        call_ends_at_ms = self.elapsed_ms() + CALL_TERM_MS
        request_ends_at_ms = _request_ends_at_ms.get()
        return min(call_ends_at_ms, call_ends_at_ms if request_ends_at_ms is None else request_ends_at_ms)

    def after(self, fruitless: int, progressed: bool) -> int:
        """How many answers in a row brought nothing by now, where a call gives back what it could not do.

        Waits after such an answer. Raises: Unavailable after too many.
        """
        if progressed:
            return 0
        self._wait(fruitless)
        if fruitless + 1 >= self.attempts_max:
            raise Unavailable()
        return fruitless + 1

    def _wait(self, attempt: int) -> None:
        self.count_conflict()
        if attempt + 1 < self.attempts_max:
            self.sleep_ms(self.jitter_ms(min(WAIT_MAX_MS, WAIT_FIRST_MS << attempt)))


def is_retryable(error: PynamoDBException) -> bool:
    """Whether the same call, with the same token, may be sent again."""
    if isinstance(error.cause, LOST_CONNECTION):
        return True
    if isinstance(error, TransactWriteError):
        reasons = {reason.code for reason in error.cancellation_reasons if reason}
        if reasons:  # a conflict beside a failed condition: the next try tells the condition alone
            return bool(reasons & RETRYABLE_REASONS) and reasons <= RETRYABLE_REASONS | {FAILED_CONDITION}
    return error.cause_response_code in RETRYABLE_CODES


def is_failed_condition(error: PynamoDBException) -> bool:
    """Whether the condition of a single write did not hold."""
    return error.cause_response_code == "ConditionalCheckFailedException"
