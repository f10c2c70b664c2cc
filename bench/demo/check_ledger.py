"""The ledger check: does every record balance, and is every balance the fold of the records?"""

from collections import defaultdict
from collections.abc import Iterator

from bench.demo.checks import Check, canonical, check, digest_of, unequal
from bench.demo.reading import Item, Reading, Record

CARD_COLUMNS = ("available_fen", "held_fen")
MAIN_COLUMNS = ("available_fen", "held_fen", "owed_fen")
POT = "frozen#"
GUARDED = ("L:PREPAID:", "L:AUTH_HOLD:", "L:COMM_FROZEN:", "L:COMM_AVAIL:", "L:WD_HOLD:", "A:CLAWBACK:")


def ledger_checks(reading: Reading, platform_fen: dict[str, int]) -> list[Check]:
    """`platform_fen`: the platform's accounts as the API tells them to the auditor."""
    accounts = reading.tables["accounts"]
    statements = _statements(reading)
    return [
        check(
            "every record balances and is what its digest says",
            f"{len(reading.records)} records",
            _records(reading.records),
        ),
        check("card balances are the fold of the records", f"{len(reading.cards)} cards", _cards(reading)),
        check(
            "distributors' accounts and pots are the fold", f"{len(accounts)} accounts", _accounts(reading)
        ),
        check(
            "the platform's accounts are the fold",
            f"{len(platform_fen)} accounts",
            _platform(reading.fold, platform_fen),
        ),
        check(
            "every statement is a whole chain up to today's balance",
            f"{sum(map(len, statements.values()))} lines",
            _chains(reading, statements),
        ),
    ]


def _records(records: list[Record]) -> Iterator[str]:
    for record in records:
        yield from unequal(f"the id in {record.record_id}", record.body.get("id"), record.record_id)
        yield from unequal(f"the sum of {record.record_id}", sum(fen for _, fen in record.lines), 0)
        if record.digest:
            yield from unequal(f"the digest of {record.record_id}", digest_of(record.body), record.digest)


def _cards(reading: Reading) -> Iterator[str]:
    known = set()
    for card in reading.cards:
        card_id = card["pk"]
        known.add(card_id)
        available_fen = -reading.fold.get(f"L:PREPAID:{card_id}", 0)
        held_fen = -reading.fold.get(f"L:AUTH_HOLD:{card_id}", 0)
        yield from unequal(f"{card_id} available", card.get("available_fen", 0), available_fen)
        yield from unequal(f"{card_id} held", card.get("held_fen", 0), held_fen)
        yield from unequal(f"{card_id} balance", card.get("balance_fen", 0), available_fen + held_fen)
        if not 0 <= available_fen + held_fen <= card["cap_fen"]:
            yield f"{card_id} holds {available_fen + held_fen}, its cap is {card['cap_fen']}"
    for account in reading.fold:
        if account.startswith("L:PREPAID:") and account.removeprefix("L:PREPAID:") not in known:
            yield f"{account} was posted to, and there is no such card"


def _accounts(reading: Reading) -> Iterator[str]:
    held_fen: dict[str, int] = defaultdict(int)
    for account, fen in reading.fold.items():
        if account.startswith("L:WD_HOLD:"):
            held_fen["dst_" + account.removeprefix("L:WD_HOLD:wdr_")[:12]] -= fen
    touched = {
        (parts[2], f"{POT}{parts[3]}" if parts[1] == "COMM_FROZEN" else "main")
        for parts in (account.split(":") for account in reading.fold if account.startswith(GUARDED[2:]))
        if parts[1] != "WD_HOLD"
    }
    found = {(item["pk"], item["sk"]): item for item in reading.tables["accounts"]}
    for owner, name in sorted(touched | set(found)):
        item = found.get((owner, name), {})
        for column, wanted_fen in _wanted(reading.fold, held_fen, owner, name).items():
            yield from unequal(f"{owner} {name} {column}", item.get(column, 0), wanted_fen)
            if wanted_fen < 0:
                yield f"{owner} {name} {column} is {wanted_fen}: below nothing"


def _wanted(fold: dict[str, int], held_fen: dict[str, int], owner: str, name: str) -> dict[str, int]:
    """What the records say of one item."""
    if name.startswith(POT):
        return {"frozen_fen": -fold.get(f"L:COMM_FROZEN:{owner}:{name.removeprefix(POT)}", 0)}
    return {
        "available_fen": -fold.get(f"L:COMM_AVAIL:{owner}", 0),
        "held_fen": held_fen[owner],
        "owed_fen": fold.get(f"A:CLAWBACK:{owner}", 0),
    }


def _platform(fold: dict[str, int], told_fen: dict[str, int]) -> Iterator[str]:
    own = {account: fen for account, fen in fold.items() if not account.startswith(GUARDED) and fen}
    for account in sorted(own.keys() | told_fen.keys()):
        yield from unequal(account, told_fen.get(account, 0), own.get(account, 0))


def _statements(reading: Reading) -> dict[str, list[Item]]:
    """The lines of each owner, by version."""
    found: dict[str, list[Item]] = defaultdict(list)
    for item in reading.tables["views"]:
        if "previous_hash" in item and "balances" in item:
            found[item["pk"]].append(item)
    for lines in found.values():
        lines.sort(key=lambda line: int(line["version"]))
    return found


def _chains(reading: Reading, statements: dict[str, list[Item]]) -> Iterator[str]:
    items: dict[str, tuple[Item, tuple[str, ...]]] = {}
    items |= {card["pk"]: (card, CARD_COLUMNS) for card in reading.cards}
    for item in reading.tables["accounts"]:
        if item["sk"].startswith(POT):
            items[f"{item['pk']}:{item['sk'].removeprefix(POT)}"] = (item, ("frozen_fen",))
        else:
            items[item["pk"]] = (item, MAIN_COLUMNS)
    for owner, (item, columns) in items.items():
        lines = statements.get(owner, [])
        yield from _chain(owner, lines)
        last = lines[-1] if lines else {"version": 0, "balances": {}}
        yield from unequal(f"the last line of {owner}", last["version"], item["version"])
        balances = {column: item.get(column, 0) for column in columns}
        yield from unequal(f"the last balances of {owner}", last["balances"], balances)


def _chain(owner: str, lines: list[Item]) -> Iterator[str]:
    before: Item = {"hash": "", "balances": {}}
    for version, line in enumerate(lines, start=1):
        content = {name: line[name] for name in line if name not in ("pk", "sk", "hash")}
        if line["version"] != version or line["previous_hash"] != before["hash"]:
            yield f"the statement of {owner} is broken before version {line['version']}"
            return
        yield from unequal(f"the hash of {owner} version {version}", line["hash"], digest_of(content))
        for column, fen in line["balances"].items():
            moved_fen = fen - before["balances"].get(column, 0)
            yield from unequal(
                f"{owner} version {version} {column}", line["deltas"].get(column, 0), moved_fen
            )
        before = line


def same(first: Reading, second: Reading) -> bool:
    """Whether nothing at all has changed between two readings."""
    return canonical(dict(first.tables)) == canonical(dict(second.tables))
