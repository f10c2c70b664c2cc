"""Backoff: which answers of DynamoDB are worth another try, and how long is the wait?

DynamoDB serialises transactions by refusing: a conflict is an everyday answer,
not an error. It is retried a bounded number of times with full jitter, always
with the same token, so that a try whose answer was lost is not done twice. A
failed condition is a fact and is never retried.
"""

from collections.abc import Callable
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


@dataclass(frozen=True, slots=True)
class Backoff:
    """`sleep_ms(n)` waits; `jitter_ms(n)` gives a whole number from 0 to n."""

    sleep_ms: Callable[[int], None]
    jitter_ms: Callable[[int], int]
    count_conflict: Callable[[], None] = lambda: None

    def run(self, call: Callable[[], Answer]) -> Answer:
        """The call's answer. Raises: Unavailable when every try met a busy or silent table."""
        for attempt in range(ATTEMPTS_MAX):
            try:
                return call()
            except PynamoDBException as error:
                if not is_retryable(error):
                    raise
                self._wait(attempt)
        raise Unavailable()

    def after(self, fruitless: int, progressed: bool) -> int:
        """How many answers in a row brought nothing by now, where a call gives back what it could not do.

        Waits after such an answer. Raises: Unavailable after too many.
        """
        if progressed:
            return 0
        self._wait(fruitless)
        if fruitless + 1 >= ATTEMPTS_MAX:
            raise Unavailable()
        return fruitless + 1

    def _wait(self, attempt: int) -> None:
        self.count_conflict()
        if attempt + 1 < ATTEMPTS_MAX:
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
