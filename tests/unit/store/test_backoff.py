"""Backoff: what is tried again, and for how long."""

import json
from pathlib import Path

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
from chalicelib.gateways.counterparty import CONNECT_SECONDS, READ_SECONDS
from chalicelib.store.backoff import (
    ATTEMPTS_MAX,
    CALL_TERM_MS,
    REQUEST_TERM_MS,
    WAIT_MAX_MS,
    Backoff,
    is_retryable,
)
from chalicelib.store.dynamo import CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS

PROJECT = Path(__file__).resolve().parents[3]
API_GATEWAY_MS = 29_000


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


def busy() -> None:
    raise single("ThrottlingException")


def test_a_table_that_stays_busy_is_given_up_after_a_bounded_time() -> None:
    waits: list[int] = []
    backoff = Backoff(waits.append, lambda most: most)
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


class SilentTable:
    """A table that answers nothing: each try lasts as long as our patience with it."""

    TRY_MS = 1_000 * (CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS)

    def __init__(self) -> None:
        self.time_ms = 5
        self.begun_at_ms: list[int] = []
        self.backoff = Backoff(self.pass_ms, lambda most: most, elapsed_ms=lambda: self.time_ms)

    def pass_ms(self, milliseconds: int) -> None:
        self.time_ms += milliseconds

    def ask(self) -> None:
        self.begun_at_ms.append(self.time_ms)
        self.pass_ms(self.TRY_MS)
        raise PutError("", ReadTimeoutError(endpoint_url=""))

    def give_up(self) -> int:
        """How long one call took until it was given up."""
        began_at_ms = self.time_ms
        with pytest.raises(Unavailable):
            self.backoff.run(self.ask)
        return self.time_ms - began_at_ms


def test_a_table_that_says_nothing_is_given_up_after_the_term_of_the_call_and_one_try() -> None:
    assert SilentTable().give_up() <= CALL_TERM_MS + SilentTable.TRY_MS + WAIT_MAX_MS


def test_a_request_of_many_calls_to_a_silent_table_is_answered_before_api_gateway_hangs_up() -> None:
    table = SilentTable()
    with table.backoff.within(REQUEST_TERM_MS):
        spent_ms = sum(table.give_up() for _ in range(20))
    assert spent_ms <= REQUEST_TERM_MS + SilentTable.TRY_MS + WAIT_MAX_MS
    assert max(table.begun_at_ms) <= 5 + REQUEST_TERM_MS


def test_the_longest_request_leaves_time_for_one_question_to_a_counterparty_and_one_to_a_key() -> None:
    config = json.loads((PROJECT / ".chalice" / "config.json").read_text())
    function_ms = 1_000 * config["lambda_functions"]["api_handler"]["lambda_timeout"]
    counterparty_ms = int(1_000 * (CONNECT_SECONDS + READ_SECONDS))
    longest_ms = REQUEST_TERM_MS + SilentTable.TRY_MS + counterparty_ms
    assert longest_ms + SilentTable.TRY_MS <= function_ms < API_GATEWAY_MS


def test_one_call_of_a_stream_reader_is_given_up_before_its_function_ends() -> None:
    config = json.loads((PROJECT / ".chalice" / "config.json").read_text())
    assert 1_000 * config["lambda_timeout"] > CALL_TERM_MS + SilentTable.TRY_MS + WAIT_MAX_MS


def test_the_term_of_one_request_says_nothing_of_the_next() -> None:
    table = SilentTable()
    with table.backoff.within(0):
        table.give_up()
    assert table.backoff.run(lambda: "answered") == "answered"


def test_all_waits_for_a_busy_table_together_are_shorter_than_four_seconds() -> None:
    waits: list[int] = []
    with pytest.raises(Unavailable):
        Backoff(waits.append, lambda most: most).run(busy)
    assert sum(waits) == 3_180


def test_the_jitter_is_full_so_that_clients_who_met_do_not_meet_again() -> None:
    """Every wait is drawn from nothing up to its bound, and the bound doubles."""
    bounds: list[int] = []
    waits: list[int] = []

    def drawn(most: int) -> int:
        bounds.append(most)
        return 0

    with pytest.raises(Unavailable):
        Backoff(waits.append, drawn).run(busy)
    assert bounds == [20, 40, 80, 160, 320, 640, 640, 640, 640]
    assert waits == [0] * 9


@pytest.mark.parametrize("bad_tries", range(ATTEMPTS_MAX))
def test_nobody_hears_of_a_conflict_while_there_are_tries_left(bad_tries: int) -> None:
    answers = iter([*["conflict"] * bad_tries, "done"])

    def contended() -> str:
        answer = next(answers)
        if answer == "conflict":
            raise cancelled("TransactionConflict", None)
        return answer

    assert Backoff(lambda milliseconds: None, lambda most: most).run(contended) == "done"
