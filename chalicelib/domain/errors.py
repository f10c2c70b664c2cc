"""Refusals: which named answers can the product give instead of doing what was asked?

A refusal is a decision of the trade, told to the caller; a bug is an assert.
Every refusal has a stable `code`, one HTTP `status`, a word on whether the very
same request may succeed later (`retryable`), and `advice` on what to do.
Messages may change, codes never do.

    Refusal
    ├── BadRequest 400          the request cannot be understood
    ├── Unauthenticated 401     who are you?
    ├── Forbidden 403           you may not
    ├── NotFound 404            there is no such thing, or it is not yours
    ├── Conflict 409            not in this state
    ├── Unprocessable 422       understood, and not allowed by a rule
    └── Unavailable 503         nothing is known to have happened; ask again with the same key

Nouns define their own refusals beside the rule that raises them.
"""

from typing import ClassVar

Fact = str | int | bool | tuple[str, ...] | None


class Refusal(Exception):
    """A named answer of the trade that nothing was done."""

    code: ClassVar[str] = "REFUSED"
    status: ClassVar[int] = 422
    retryable: ClassVar[bool] = False
    advice: ClassVar[str] = ""
    bearer = ""  # whose token was refused; for the log alone

    def __init__(self, **facts: Fact) -> None:
        super().__init__(f"{self.code} {facts}" if facts else self.code)
        self.facts = facts


class BadRequest(Refusal):
    code = "BAD_REQUEST"
    status = 400
    advice = "Correct the request as the details say."


class Unauthenticated(Refusal):
    code = "UNAUTHENTICATED"
    status = 401
    advice = "Sign in again."


class Forbidden(Refusal):
    code = "FORBIDDEN"
    status = 403
    advice = "Ask someone whose role allows this."


class NotFound(Refusal):
    code = "NOT_FOUND"
    status = 404
    advice = "Check the id; it may belong to somebody else."


class Conflict(Refusal):
    code = "CONFLICT"
    status = 409
    advice = "Read the present state and decide again."


class IllegalState(Conflict):
    """No transition of the state table leads from here to there."""

    code = "ILLEGAL_STATE"


class Unprocessable(Refusal):
    code = "UNPROCESSABLE"
    status = 422


class Unavailable(Refusal):
    """The answer was lost or the item is busy. The same key may be sent again without harm."""

    code = "TRY_AGAIN"
    status = 503
    retryable = True
    advice = "Send the same request with the same Idempotency-Key again."


class KeyReused(Unprocessable):
    """The Idempotency-Key belongs to another body."""

    code = "IDEMPOTENCY_KEY_REUSED"
    advice = "Use a new Idempotency-Key for a new request."


def all_refusals() -> list[type[Refusal]]:
    """Every refusal class that is loaded, each code once, in the order of their codes."""
    found: dict[str, type[Refusal]] = {}
    waiting: list[type[Refusal]] = [Refusal]
    while waiting:
        refusal = waiting.pop()
        waiting.extend(refusal.__subclasses__())
        found.setdefault(refusal.code, refusal)
    return [found[code] for code in sorted(found)]
