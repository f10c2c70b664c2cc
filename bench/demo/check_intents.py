"""The intents check: did every wish of the day have exactly one effect, and every refused one none?"""

import json
import re
from collections import Counter
from collections.abc import Iterator

from bench.demo.checks import Check, check
from bench.demo.intents import Answer, Intent, Intents
from bench.demo.reading import Reading

ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}$")
# These leave no record under their key: what they did is seen in the order.
BY_THE_ORDER = re.compile(r"/v1/orders/[^/]+/(cancellation|payment|payment-check)$")


def intents_check(reading: Reading, intents: Intents) -> Check:
    effects = _effects(reading)
    done = sum(answer.is_done for answer in intents.answers.values())
    counted = f"{done} done, {len(intents.answers) - done} refused"
    return check("every wish had one effect, every refused one none", counted, _wishes(intents, effects))


def _effects(reading: Reading) -> Counter[str]:
    """How often each key did something. An order and the record of its payment are one thing.

    What follows by itself, as commission taken back after a refund, is no effect of a wish.
    """
    found: Counter[str] = Counter(order["sk"][16:] for order in reading.orders)
    own_orders = {order["sk"] for order in reading.orders}
    for record in reading.records:
        if record.entry_id not in own_orders and not record.entry_id.startswith("cme_"):
            key = ULID.search(record.entry_id)
            found[key[0] if key else ""] += "key" not in record.about
        for name in ("key", "command"):
            if name in record.about:
                found[str(record.about[name])[-26:]] += 1
    return found


def _wishes(intents: Intents, effects: Counter[str]) -> Iterator[str]:
    for name, intent in intents.wishes.items():
        answer = intents.answers.get(name)
        if answer is None:
            yield f"{name} has no answer"
        else:
            yield from _wish(intent, answer, effects[intent.key])


def _wish(intent: Intent, answer: Answer, times: int) -> Iterator[str]:
    if not answer.is_done:
        if times:
            yield f"{intent.name} ({intent.key}) was refused and had {times} effects"
    elif not BY_THE_ORDER.search(intent.path) and times != 1:
        yield f"{intent.name} ({intent.key}) had {times} effects"


def sold_fen(reading: Reading) -> int:
    """What customers paid and did not get back, for the page of results."""
    total_fen = 0
    for order in reading.orders:
        if order.get("paid_at"):
            refunds = json.loads(order.get("refunds", "[]"))
            total_fen += order["payable_fen"] - sum(r[3] for r in refunds if r[2] != "SURPLUS")
    return total_fen
