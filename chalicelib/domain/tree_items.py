"""Items of the tree: how do a distributor's place, its edges and a root's moves stand in the table `edges`?

pk <distributor>   sk self                              state, tier, parent_id, root, since, contract, payee
pk <parent>        sk child#<distributor>               since; `record`: the audit record of the joining
pk <parent>        sk child#<distributor>#until#<ms>    an edge that ended, kept for ever with all it held
pk <root>          sk moves                             version: moves within one tree go one by one
pk roots           sk <root>                            since: by which the trees are listed
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import Change, DocumentChange, DocumentGone, NewDocument
from chalicelib.domain.distributor import Distributor, DistributorState
from chalicelib.domain.raised_limit import Raised, from_values
from chalicelib.domain.record import Record, canonical

TABLE = "edges"
SELF = "self"
CHILD = "child#"
UNTIL = "#until#"
MOVES = "moves"
ROOTS = "roots"


@dataclass(frozen=True, slots=True)
class Place:
    """A distributor with what is told of the place: since when, under which agreement, paid how and whereto.

    The payee is ciphertext; `payee_shown` are the last digits of the account.
    """

    distributor: Distributor
    since: datetime
    agreement: str
    operation_key: str
    tax_method: str = ""
    payee_sealed: str = ""
    payee_shown: str = ""
    payee_changed_at: datetime | None = None
    raised: Raised | None = None

    @property
    def payee_version(self) -> str:
        """What tells this payee from each earlier one, "" when there is none."""
        return str(to_ms(self.payee_changed_at)) if self.payee_changed_at else ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A direct recruit, and since when."""

    distributor_id: str
    since: datetime


def place_values(place: Place) -> dict[str, Any]:
    """The attributes of a new place; empty ones are left out."""
    distributor = place.distributor
    values = {
        "state": distributor.state.value,
        "tier": distributor.tier,
        "region": distributor.region,
        "parent_id": distributor.parent_id or "",
        "root": distributor.root_id,
        "since": to_ms(place.since),
        "agreement": place.agreement,
        "operation": place.operation_key,
    }
    return {name: content for name, content in values.items() if content != ""}


def place_of(item: Mapping[str, Any]) -> Place:
    """The place that an item `self` shows. The upline is not stored: it is read along the parents."""
    changed_ms = item.get("payee_changed_at")
    return Place(
        distributor=Distributor(
            distributor_id=item["pk"],
            root_id=item["root"],
            state=DistributorState(item["state"]),
            parent_id=item.get("parent_id"),
            tier=item.get("tier", ""),
            region=item.get("region", ""),
        ),
        since=from_ms(item["since"]),
        agreement=item["agreement"],
        operation_key=item["operation"],
        tax_method=item.get("tax_method", ""),
        payee_sealed=item.get("payee", ""),
        payee_shown=item.get("payee_shown", ""),
        payee_changed_at=from_ms(changed_ms) if changed_ms else None,
        raised=from_values(item.get("raised")),
    )


def founding_changes(place: Place) -> list[Change]:
    """A new root, and its place among the roots."""
    root_id = place.distributor.distributor_id
    return [
        NewDocument(TABLE, root_id, SELF, place_values(place)),
        NewDocument(TABLE, ROOTS, root_id, {"since": to_ms(place.since)}),
    ]


def joining_changes(place: Place, record: Record) -> list[Change]:
    """The new place and the edge to its parent, which is the audit record at the same time."""
    distributor = place.distributor
    assert distributor.parent_id is not None
    edge: dict[str, Any] = {"since": to_ms(place.since), "record": canonical(record.body()).decode()}
    if record.client:  # personal data: beside the record, never inside
        client = record.client
        edge["private"] = canonical([client.address, client.agent, client.salt]).decode()
    return [
        NewDocument(TABLE, distributor.distributor_id, SELF, place_values(place)),
        NewDocument(TABLE, distributor.parent_id, CHILD + distributor.distributor_id, edge),
    ]


def moving_changes(
    before: Distributor, after: Distributor, edge: Mapping[str, Any], now: datetime, version: int
) -> list[Change]:
    """The new parent, the old edge ended and kept, and the root's count of moves, still what it was.

    `edge`: the old edge as it stands. What it holds of the joining, the audit record and what is
    private of it, goes into the ended one: the archive looks for it as long as there is an archive.
    """
    assert before.parent_id is not None and after.parent_id is not None
    moved = before.distributor_id
    ended = f"{CHILD}{moved}{UNTIL}{to_ms(now)}"
    kept = {name: content for name, content in edge.items() if name not in ("pk", "sk")}
    return [
        DocumentChange(
            TABLE,
            after.root_id,
            MOVES,
            {"moved_at": to_ms(now)},
            {"version": version or None},
            {"version": 1},
        ),
        DocumentChange(TABLE, moved, SELF, {"parent_id": after.parent_id}, {"parent_id": before.parent_id}),
        NewDocument(TABLE, after.parent_id, CHILD + moved, {"since": to_ms(now)}),
        DocumentGone(TABLE, before.parent_id, CHILD + moved),
        NewDocument(TABLE, before.parent_id, ended, {**kept, "until": to_ms(now)}),
    ]


def edges_of(items: list[dict[str, Any]]) -> list[Edge]:
    """The recruits of today among the edges below a parent, ended ones left out."""
    return [
        Edge(item["sk"].removeprefix(CHILD), from_ms(item["since"]))
        for item in items
        if UNTIL not in item["sk"]
    ]
