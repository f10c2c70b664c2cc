"""A lane: one engine, its client processes, and one history after the other on it.

Each history begins with empty tables, is disturbed by the engine's own injector,
and ends with an auditor's look at everything that was shared, which the model
must explain too. Then every law of the books is checked, as after every race.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain import catalog_items
from chalicelib.domain.card import CardState
from chalicelib.domain.change import AccountChange, PotChange
from chalicelib.domain.ledger import credit, debit
from chalicelib.domain.parameters import Setting
from chalicelib.domain.record import Record
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.set_payee import Payee, SetPayee
from local.people import AtTheirWord
from local.testing import Engine, World
from tests.e2e.crowd import DISTURBED_RATE
from tests.e2e.invariants import Tables, broken
from tests.e2e.shop import BUYER, NOW, VIRTUAL, Shop
from tests.fakes.ulids import ulid_of_number
from tests.histories.clients import BEGIN_AFTER_NS, ClientProcess, Task, called
from tests.histories.deeds import FROM_STOCK, a_shop
from tests.histories.history import Call, Wish
from tests.histories.judge import Verdict, judged
from tests.histories.scenes import CLIENTS, DISTRIBUTOR, Scene, scene_of

TRIES = (10, 1)  # of the clients of each process
CLAIM_FAULTS = ("UpdateItem.lost", "UpdateItem.dropped")


@dataclass(frozen=True)
class Played:
    """One history and what the judge says."""

    seed: int
    scene: str
    verdict: Verdict
    broken: tuple[str, ...]
    faults: int

    @property
    def is_explained(self) -> bool:
        return not self.verdict.unexplained and not self.broken


@dataclass
class Lane:
    """One engine and its clients."""

    world: World
    processes: list[ClientProcess] = field(default_factory=list)

    @classmethod
    @contextmanager
    def open(cls, engine: Engine) -> Iterator["Lane"]:
        """The engine's environment must be set: the processes inherit it."""
        lane = cls(World(engine))
        lane.processes = [ClientProcess(number + 1, tries) for number, tries in enumerate(TRIES)]
        stream = lane.world.client("dynamodb").describe_table(TableName=lane.world.table_name("journal"))
        lane._stream_arn = stream["Table"]["LatestStreamArn"]
        try:
            yield lane
        finally:
            for process in lane.processes:
                process.stop()

    _stream_arn: str = ""

    def play(self, seed: int) -> Played:
        """The history of this seed, judged."""
        scene = scene_of(seed)
        self.world.engine.process.ask("POST", "reset")
        bootstrap.catalog().forget()
        shop = a_shop()
        version = opened(scene, shop)
        with self.world.faults(rate=DISTURBED_RATE, seed=seed):
            calls = self._lived(scene)
        calls += audited(scene, shop, self.world)
        claims_lost = sum(self.world.faults_done.get(name, 0) for name in CLAIM_FAULTS)
        verdict = judged(calls, scene.start(version), self._places(), claims_lost)
        wrong = tuple(broken(Tables.read(self.world.items)))
        return Played(seed, scene.name, verdict, wrong, sum(self.world.faults_done.values()))

    def _lived(self, scene: Scene) -> list[Call]:
        begin_ns = time.monotonic_ns() + BEGIN_AFTER_NS
        for number, process in enumerate(self.processes):
            mine = range(number, CLIENTS, len(self.processes))
            process.begin(Task(begin_ns, {f"client {one}": scene.scripts[one] for one in mine}))
        return [call for process in self.processes for call in process.calls()]

    def _places(self) -> dict[str, int]:
        """Where in the journal each operation stands, by its key or payment: the order of all commits."""
        streams = self.world.client("dynamodbstreams")
        shard = streams.describe_stream(StreamArn=self._stream_arn)["StreamDescription"]["Shards"][0]
        wanted = {"StreamArn": self._stream_arn, "ShardId": shard["ShardId"]}
        iterator = streams.get_shard_iterator(**wanted, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        places: dict[str, int] = {}
        while True:
            page = streams.get_records(ShardIterator=iterator, Limit=1000)
            for record in page["Records"]:
                places[_name_of(record["dynamodb"]["NewImage"])] = len(places)
            iterator = page.get("NextShardIterator")
            if not page["Records"] or not iterator:
                return places


def _name_of(item: dict[str, Any]) -> str:
    body = json.loads(item["body"]["S"])
    if item["pk"]["S"].startswith("pay_"):
        return str(item["pk"]["S"].rpartition("_")[2])
    return str(body.get("about", {}).get("key") or item["sk"]["S"][-26:])


def opened(scene: Scene, shop: Shop) -> int:
    """Put everything in its place; the version of the distributor's account."""
    for card_id, fen in scene.cards.items():
        shop.card_with(fen, card_id.removeprefix("crd_"))
    for order_id in scene.orders:
        shop.buy(VIRTUAL, shop.command(order_id[16:]))
    if scene.stock:
        shop.shelved(FROM_STOCK, scene.stock)
    if not scene.available_fen:
        return 0
    for name in ("withdrawal.daily_count_max", "withdrawal.monthly_count_max"):  # the model knows no pace
        bootstrap.books().commit(None, catalog_items.setting_changes(Setting(name, "", NOW, 1_000)))
    _earned(scene.available_fen, shop)
    return bootstrap.accounts().balances(DISTRIBUTOR, with_pots=False).version


def _earned(fen: int, shop: Shop) -> None:
    """A root of a tree with a payee of long ago and this much to withdraw."""
    office = Command(Actor("stf_PPSPPSPPSPPS", frozenset({"ops"})), ulid_of_number(NOW, 900_001), NOW)
    bootstrap.found_tree()(office, BUYER, "2026-11")
    owner = Command(
        Actor(BUYER, frozenset({"customer"}), real_name=True),
        ulid_of_number(NOW, 900_002),
        NOW - timedelta(days=2),
    )
    set_payee = SetPayee(bootstrap.books(), bootstrap.documents(), shop.vault, AtTheirWord())
    set_payee(owner, Payee("王小明", "工商银行", "6222 0212 3456 7890"))
    frozen, available = f"L:COMM_FROZEN:{DISTRIBUTOR}:20261122", f"L:COMM_AVAIL:{DISTRIBUTOR}"
    earn = (debit("E:COMMISSION", fen), credit(frozen, fen))
    entry = f"cme_{ulid_of_number(NOW, 900_003)}_{BUYER[4:]}_1"
    books = bootstrap.books()
    books.commit(
        Record(DISTRIBUTOR, entry, "COMMISSION", NOW, "system", lines=earn),
        [PotChange(DISTRIBUTOR, "20261122")],
    )
    release = (debit(frozen, fen), credit(available, fen))
    books.commit(
        Record(DISTRIBUTOR, "rel_1", "COMMISSION_RELEASE", NOW, "system", lines=release),
        [PotChange(DISTRIBUTOR, "20261122", frozen_fen=fen), AccountChange(DISTRIBUTOR, owed_fen=0)],
    )


def audited(scene: Scene, shop: Shop, world: World) -> list[Call]:
    """Everything that was shared, as it is in the end."""
    looks = [Wish("balance", arguments=(card_id,)) for card_id in scene.cards]
    looks += [Wish("order", arguments=(order_id,)) for order_id in scene.orders]
    if scene.available_fen:
        looks.append(Wish("account", arguments=(DISTRIBUTOR,)))
    calls = [called(shop, "auditor", look) for look in looks]
    if scene.stock:
        sold = sum(item["state"]["S"] == CardState.SOLD for item in world.items("cards"))
        now_ns = time.monotonic_ns()
        calls.append(Call("auditor", Wish("sold", arguments=("stock",)), now_ns, now_ns, (sold,)))
    return calls
