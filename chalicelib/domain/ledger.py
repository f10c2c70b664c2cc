"""The ledger: which accounts exist, which postings are allowed, and which balances does a posting move?

The law: debits equal credits in every record; a posting uses a template of this
table and nothing else; a guarded balance changes only by a posting, under a
condition in the write itself; no user's balance is ever negative.

Accounts are named `type:owner`, as in `L:PREPAID:crd_…`. Debit is positive.
A guarded account is a column of one item that carries a limit:

    L:PREPAID:<card>              card item      available_fen
    L:AUTH_HOLD:<card>            card item      held_fen
    L:COMM_FROZEN:<dst>:<day>     pot item       frozen_fen      one pot a release day, one for risk holds
    L:COMM_AVAIL:<dst>            account item   available_fen
    L:WD_HOLD:<wdr>               account item   held_fen
    A:CLAWBACK:<dst>              account item   owed_fen

Every other account belongs to the platform, has no limit, and is folded from
the stream: a request never writes it, so nobody waits for anybody.
"""

from collections.abc import Iterable
from typing import NamedTuple

from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.record import Line, Record

RISK_POT = "risk"


class Template(NamedTuple):
    """Which account types a posting may debit and credit."""

    debits: frozenset[str]
    credits: frozenset[str]


def _template(debits: str, credits: str) -> Template:
    return Template(frozenset(debits.split()), frozenset(credits.split()))


TEMPLATES: dict[str, Template] = {
    # money in
    "SALE_ISSUER": _template("A:CHANNEL E:PROMO", "L:PREPAID I:FEE"),
    "SALE_AGENT": _template("A:CHANNEL E:PROMO", "A:SUPPLIER_PREPAY I:MARGIN I:FEE"),
    "SALE_FROM_CARD": _template("L:PREPAID E:PROMO", "L:PREPAID A:SUPPLIER_PREPAY I:MARGIN I:FEE"),
    "TOPUP_ISSUER": _template("A:CHANNEL E:PROMO", "L:PREPAID I:FEE"),
    "TOPUP_AGENT": _template("A:CHANNEL E:PROMO", "A:SUPPLIER_PREPAY I:MARGIN I:FEE"),
    "PAYMENT_TO_RETURN": _template("A:CHANNEL", "L:REFUND_PAYABLE"),
    # money used
    "AUTHORIZE": _template("L:PREPAID", "L:AUTH_HOLD"),
    "CAPTURE": _template("L:AUTH_HOLD", "L:STATION_PAYABLE L:PREPAID"),
    # money back
    "REFUND": _template("L:PREPAID I:FEE", "L:REFUND_PAYABLE E:PROMO"),
    "REFUND_TO_CARD": _template(
        "L:PREPAID A:SUPPLIER_PREPAY I:MARGIN I:FEE", "L:PREPAID L:REFUND_PAYABLE E:PROMO"
    ),
    "REFUND_AGENT": _template("A:SUPPLIER_PREPAY I:MARGIN I:FEE", "L:REFUND_PAYABLE E:PROMO"),
    "REFUND_PAID_OUT": _template("L:REFUND_PAYABLE", "A:CHANNEL"),
    "REFUND_SETTLED": _template("L:REFUND_PAYABLE", "L:PREPAID A:BANK_CUSTODY A:BANK_OPER"),
    "REFUND_UNDONE": _template("L:REFUND_PAYABLE E:PROMO", "L:PREPAID A:SUPPLIER_PREPAY I:MARGIN I:FEE"),
    "REPLACE_CARD": _template("L:PREPAID", "L:PREPAID"),
    # commission
    "COMMISSION": _template("E:COMMISSION", "L:COMM_FROZEN"),
    "COMMISSION_HOLD": _template("L:COMM_FROZEN", "L:COMM_FROZEN"),
    "COMMISSION_RELEASE": _template("L:COMM_FROZEN", "L:COMM_AVAIL A:CLAWBACK"),
    "COMMISSION_REVERSAL": _template("L:COMM_FROZEN L:COMM_AVAIL A:CLAWBACK", "E:COMMISSION"),
    # withdrawal
    "WITHDRAWAL_REQUEST": _template("L:COMM_AVAIL", "L:WD_HOLD"),
    "WITHDRAWAL_RETURN": _template("L:WD_HOLD", "L:COMM_AVAIL A:CLAWBACK"),
    "WITHDRAWAL_PAID": _template("L:WD_HOLD", "A:BANK_OPER L:TAX_IIT I:FEE"),
    "WITHDRAWAL_SENT_BACK": _template("A:BANK_OPER L:TAX_IIT I:FEE", "L:COMM_AVAIL A:CLAWBACK"),
    # the operator's own money
    "SUPPLIER_PREPAY": _template("A:SUPPLIER_PREPAY", "A:BANK_OPER"),
    "CHANNEL_SETTLED": _template("A:BANK_CUSTODY A:BANK_OPER E:CHANNEL_FEE", "A:CHANNEL"),
    "CHANNEL_COLLECTED": _template(
        "A:CHANNEL A:BANK_CUSTODY A:BANK_OPER E:CHANNEL_FEE", "A:CHANNEL A:BANK_CUSTODY A:BANK_OPER"
    ),
    "CHANNEL_FEE_RAISED": _template("E:CHANNEL_FEE", "A:CHANNEL"),
    "CHANNEL_FEE_LOWERED": _template("A:CHANNEL", "E:CHANNEL_FEE"),
    "TAX_REMITTED": _template("L:TAX_IIT", "A:BANK_OPER"),
    # what is brought from another system: Q:OPENING nets to what the operator owns of it
    "OPENING": _template(
        "Q:OPENING A:CLAWBACK A:BANK_CUSTODY A:BANK_OPER A:SUPPLIER_PREPAY",
        "L:PREPAID L:COMM_AVAIL L:COMM_FROZEN Q:OPENING",
    ),
}


class Guard(NamedTuple):
    """The item that carries a guarded balance: ("card", id) | ("account", dst) | ("pot", "dst:day")."""

    kind: str
    owner: str


class Column(NamedTuple):
    kind: str
    name: str
    sign: int  # +1 where a debit raises the column (assets), -1 where a credit does (liabilities)


GUARDED: dict[str, Column] = {
    "L:PREPAID": Column("card", "available_fen", -1),
    "L:AUTH_HOLD": Column("card", "held_fen", -1),
    "L:COMM_FROZEN": Column("pot", "frozen_fen", -1),
    "L:COMM_AVAIL": Column("account", "available_fen", -1),
    "L:WD_HOLD": Column("account", "held_fen", -1),
    "A:CLAWBACK": Column("account", "owed_fen", +1),
}


def account_type(account: str) -> str:
    """`L:PREPAID` of `L:PREPAID:crd_…`."""
    return ":".join(account.split(":", 2)[:2])


def guard_of(account: str) -> Guard | None:
    """The item that carries this account's balance, or None for an account of the platform."""
    column = GUARDED.get(account_type(account))
    if column is None:
        return None
    owner = account.split(":", 2)[2]
    if account_type(account) == "L:WD_HOLD":
        owner = distributor_id_of(owner)
    return Guard(column.kind, owner)


def movements(record: Record) -> dict[Guard, dict[str, int]]:
    """By guarded item: how many fen each of its columns rises (+) or falls (−)."""
    moved: dict[Guard, dict[str, int]] = {}
    for line in record.lines:
        guard = guard_of(line.account)
        if guard is None:
            continue
        column = GUARDED[account_type(line.account)]
        deltas = moved.setdefault(guard, {})
        deltas[column.name] = deltas.get(column.name, 0) + column.sign * line.amount_fen
    return moved


def platform_lines(record: Record) -> tuple[Line, ...]:
    """The legs on the platform's own accounts, which the stream folds."""
    return tuple(line for line in record.lines if guard_of(line.account) is None)


def checked_lines(action: str, lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines that a template allows, without empty ones.

    An unbalanced or unlisted posting is a bug of ours, not a refusal: it asserts.
    """
    kept = tuple(line for line in lines if line.amount_fen != 0)
    template = TEMPLATES[action]
    assert sum(line.amount_fen for line in kept) == 0, f"{action} does not balance: {kept}"
    for line in kept:
        allowed = template.debits if line.amount_fen > 0 else template.credits
        assert account_type(line.account) in allowed, f"{action} may not post {line}"
    return kept


def debit(account: str, amount_fen: int) -> Line:
    """A debit of a whole amount ≥ 0."""
    assert type(amount_fen) is int and amount_fen >= 0, (account, amount_fen)
    return Line(account, amount_fen)


def credit(account: str, amount_fen: int) -> Line:
    """A credit of a whole amount ≥ 0."""
    assert type(amount_fen) is int and amount_fen >= 0, (account, amount_fen)
    return Line(account, -amount_fen)


def fold(records: Iterable[Record]) -> dict[str, int]:
    """Every account's balance (debit positive) from its records alone; zero balances left out."""
    balances: dict[str, int] = {}
    for record in records:
        for line in record.lines:
            balances[line.account] = balances.get(line.account, 0) + line.amount_fen
    return {account: balance for account, balance in balances.items() if balance}
