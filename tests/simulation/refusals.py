"""Refusals: how does botocore tell that DynamoDB said no?"""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError


class Refused(Exception):
    """DynamoDB says no, with a code other than ValidationException."""

    def __init__(self, code: str, message: str, /, **more: Any) -> None:
        super().__init__(message)
        self.code = code
        self.more = more


def client_error(operation: str, code: str, message: str, /, **more: Any) -> ClientError:
    """The exception that botocore raises for an error answer of DynamoDB."""
    response = {
        "Error": {"Message": message, "Code": code},
        "ResponseMetadata": {"HTTPStatusCode": 400, "HTTPHeaders": {}, "RetryAttempts": 0},
        **more,
    }
    return ClientError(response, operation)


def cancelled(reasons: Sequence[Mapping[str, Any]]) -> Refused:
    """A transaction that was refused, with one reason a member."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return Refused(
        "TransactionCanceledException", message, Message=message, CancellationReasons=list(reasons)
    )


def condition_failed(old: Mapping[str, Any] | None) -> Refused:
    """A single write whose condition did not hold; `old` is told if it was asked for."""
    message = "The conditional request failed"
    more = {"Item": old} if old is not None else {}
    return Refused("ConditionalCheckFailedException", message, message=message, **more)
