"""Distributor accounts in the table `accounts`: partition = distributor.

    sk = main                 available_fen, held_fen, owed_fen, tax position, asked, version, open_since
    sk = frozen#<YYYYMMDD>    frozen_fen: commission released on that business date; version, taken, filling
    sk = frozen#risk          frozen_fen: commission that a fraud check holds; version, taken

An account begins with its first posting: a credit needs no item, and a debit
fails on a missing one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.account import Balances, InsufficientAvailable, Pot
from chalicelib.domain.change import AccountChange, PotChange, Stale
from chalicelib.domain.record import Record
from chalicelib.store.dynamo import Dynamo, Write, path, value

MAIN = "main"
POT = "frozen#"
# The newest first, the account itself before them: as many as people earn on within the usual holds.
POTS_READ_AT_FIRST = 40
_COLUMNS = ("available_fen", "held_fen", "owed_fen")
_OWN = {"pk", "sk", "version", "last_record", "open_since", *_COLUMNS}


def write_account(
    dynamo: Dynamo, change: AccountChange, deltas: Mapping[str, int], record: Record | None
) -> Write:
    """The write of a distributor's main account; a falling column must hold enough."""
    conditions = [path(column) >= value(-delta) for column, delta in deltas.items() if delta < 0]
    if change.owed_fen is not None:
        conditions.append(_equals("owed_fen", change.owed_fen or None))
    conditions += [_equals(name, content) for name, content in (change.expected or {}).items()]
    actions = [
        path("version").add(value(1)),
        path("last_record").set(value(record.record_id if record else "")),
    ]
    actions += [path(column).add(value(delta)) for column, delta in deltas.items() if delta]
    actions += [path(name).set(value(content)) for name, content in (change.set_values or {}).items()]
    return dynamo.update_write("accounts", (change.distributor_id, MAIN), actions, _all(conditions))


def write_pot(dynamo: Dynamo, change: PotChange, deltas: Mapping[str, int], record: Record | None) -> Write:
    """The write of one pot of frozen commission, or the look at one that no money moves in."""
    delta_fen = deltas.get("frozen_fen", 0)
    key = (change.distributor_id, POT + change.day)
    conditions = [path("frozen_fen") >= value(-delta_fen)] if delta_fen < 0 else []
    if change.frozen_fen is not None:
        conditions.append(path("frozen_fen") == value(change.frozen_fen))
    if change.filling is not None:
        conditions.append(_equals("filling", change.filling))
    if change.taken is not None:
        conditions.append(_equals("taken", change.taken))
        if delta_fen == 0:
            return dynamo.check_write("accounts", key, _all(conditions))
    actions = [
        path("version").add(value(1)),
        path("last_record").set(value(record.record_id if record else "")),
        path("frozen_fen").add(value(delta_fen)),
    ]
    if delta_fen < 0:
        actions.append(path("taken").add(value(1)))
    if change.frozen_fen is not None:
        actions.append(path("filling").add(value(1)))
    return dynamo.update_write("accounts", key, actions, _all(conditions))


def _equals(name: str, content: Any) -> Any:
    if content is None or content == 0:  # a column that was never written counts as nothing
        zero = path(name) == value(0)
        return path(name).does_not_exist() | zero
    return path(name) == value(content)


def _all(conditions: list[Any]) -> Any:
    if not conditions:
        return None
    together = conditions[0]
    for condition in conditions[1:]:
        together &= condition
    return together


def why_account_failed(
    item: Mapping[str, Any] | None, change: AccountChange, deltas: Mapping[str, int]
) -> Exception:
    available_fen = item.get("available_fen", 0) if item else 0
    if available_fen < -deltas.get("available_fen", 0) and change.owed_fen is None:
        return InsufficientAvailable(available_fen=available_fen, needed_fen=-deltas.get("available_fen", 0))
    return Stale("the account has moved on")


def why_pot_failed(item: Mapping[str, Any] | None) -> Exception:
    return Stale(f"the pot holds {item.get('frozen_fen') if item else None}")


@dataclass(frozen=True, slots=True)
class DynamoAccounts:
    """The port Accounts."""

    dynamo: Dynamo

    def balances(self, distributor_id: str, with_pots: bool = True) -> Balances:
        """One read of one item, or, with the frozen pots, one query of those that may hold money."""
        if with_pots:
            items = self._open_items(distributor_id)
        else:
            item = self.dynamo.get("accounts", (distributor_id, MAIN), consistent=True)
            items = [item] if item else []
        main: dict[str, Any] = next((item for item in items if item["sk"] == MAIN), {})
        pots = {item["sk"][len(POT) :]: item["frozen_fen"] for item in items if item["sk"].startswith(POT)}
        return Balances(
            available_fen=main.get("available_fen", 0),
            held_fen=main.get("held_fen", 0),
            owed_fen=main.get("owed_fen", 0),
            frozen_fen=pots,
            values={name: content for name, content in main.items() if name not in _OWN},
            version=main.get("version", 0),
            open_since=main.get("open_since", ""),
        )

    def _open_items(self, distributor_id: str) -> list[dict[str, Any]]:
        """The account, which says how far back to read, and behind it the pots, the newest first.

        Where these are more than usual all is asked for again at once, so that no release between
        two questions shows its money twice or not at all.
        """
        found = self.dynamo.query(
            "accounts", distributor_id, limit=POTS_READ_AT_FIRST, newest=True, consistent=True
        )
        since = POT + (found[0].get("open_since", "") if found else "")
        if len(found) < POTS_READ_AT_FIRST or found[-1]["sk"] <= since:
            return found
        return self.dynamo.query("accounts", distributor_id, path("sk") >= value(since), consistent=True)

    def first_open_pot(self, distributor_id: str, since: str, until: str, but: str = "") -> str:
        """The first day before `until` whose pot holds money, from `since` on and not `but`; or `until`."""
        days = path("sk").between(value(POT + since), value(POT + until))
        pots = self.dynamo.query("accounts", distributor_id, days, consistent=True)
        open_days = (pot["sk"].removeprefix(POT) for pot in pots if pot["frozen_fen"])
        return next((day for day in open_days if day != but), until)

    def pot(self, distributor_id: str, day: str) -> Pot:
        """One read of one pot; an empty one where nothing was ever frozen."""
        item = self.dynamo.get("accounts", (distributor_id, POT + day), consistent=True)
        if item is None:
            return Pot()
        return Pot(item["frozen_fen"], item["version"], item.get("taken", 0), item.get("filling", 0))
