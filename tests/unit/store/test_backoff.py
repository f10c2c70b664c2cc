"""Backoff: what is tried again, and for how long."""

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from pynamodb.exceptions import (
    CancellationReason,
    PutError,
    PynamoDBException,
    TransactWriteError,
    VerboseClientError,
)

from chalicelib.domain.errors import Unavailable
from chalicelib.store.backoff import ATTEMPTS_MAX, WAIT_MAX_MS, Backoff, is_retryable


def cancelled(*codes: str | None) -> TransactWriteError:
    """A transaction that these reasons stopped."""
    reasons = [CancellationReason(code) if code else None for code in codes]
    answer = {"Error": {"Code": "TransactionCanceledException", "Message": ""}}
    cause = VerboseClientError(answer, "TransactWriteItems", cancellation_reasons=reasons)
    return TransactWriteError("", cause)


def single(code: str) -> PutError:
    return PutError("", ClientError({"Error": {"Code": code, "Message": ""}}, "PutItem"))


@pytest.mark.parametrize(
    "error, again",
    [
        (cancelled("TransactionConflict", None), True),
        (cancelled("ThrottlingError", "TransactionConflict"), True),
        (cancelled("ConditionalCheckFailed", None), False),
        (cancelled("ConditionalCheckFailed", "TransactionConflict"), True),
        (cancelled("ValidationError", "TransactionConflict"), False),
        (single("TransactionConflictException"), True),
        (single("InternalServerError"), True),
        (single("ConditionalCheckFailedException"), False),
        (single("ValidationException"), False),
        (PutError("", ReadTimeoutError(endpoint_url="")), True),
    ],
)
def test_what_may_pass_by_itself_is_tried_again_and_a_fact_is_not(
    error: PynamoDBException, again: bool
) -> None:
    assert is_retryable(error) is again


def test_a_table_that_stays_busy_is_given_up_after_a_bounded_time() -> None:
    waits: list[int] = []
    backoff = Backoff(waits.append, lambda most: most)

    def busy() -> None:
        raise single("ThrottlingException")

    with pytest.raises(Unavailable):
        backoff.run(busy)
    assert len(waits) == ATTEMPTS_MAX - 1
    assert waits[:3] == [20, 40, 80]
    assert max(waits) == WAIT_MAX_MS


def test_a_refused_condition_is_told_at_once() -> None:
    backoff = Backoff(lambda milliseconds: pytest.fail("it waited"), lambda most: most)

    def refused() -> None:
        raise single("ConditionalCheckFailedException")

    with pytest.raises(PutError):
        backoff.run(refused)
