"""Copy my data: everything that is held about a person, for that person to keep or to take elsewhere.

In sections of flat rows, so that JSON and CSV say the same. Numbers that open something
elsewhere (of an ID card, of a bank account) show their last four characters: a stolen
session is not worth an identity. What grows by itself, lines of a card and commission,
stands behind its address. What was suspected is not told to whom it was suspected of.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import application, people_items, preferences, tree_items
from chalicelib.domain.alert import UNTOLD
from chalicelib.domain.business_time import from_ms
from chalicelib.domain.consent import DECISION, history_of
from chalicelib.domain.correction import PREFIX, context_of, corrected_from
from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.order import Order
from chalicelib.domain.record import Record, from_body
from chalicelib.usecases.ports import Documents, Keys, Orders
from chalicelib.usecases.project_cards import HOLDING
from chalicelib.usecases.withdrawal_file import WithdrawalFile

PAGE = 100
ROWS_MAX = 2_000  # of a section, the newest; older orders are in /v1/orders
SHOWN = 4
NOWHERE = '["","",""]'  # of no client: what a job did, or somebody of the office, is their own affair

Row = dict[str, Any]
Sections = dict[str, list[Row]]


@dataclass(frozen=True, slots=True)
class CopyMyData:
    documents: Documents
    orders: Orders
    withdrawals: WithdrawalFile
    keys: Keys

    def __call__(self, person_id: str) -> Sections:
        """Every section, the newest rows first. Raises: NotFound, Unavailable."""
        profile = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE, consistent=True)
        if profile is None:
            raise NotFound(id=person_id)
        phone = self.keys.open(profile["phone_sealed"], people_items.phone_context(person_id))
        cards = self._pages("views", person_id, HOLDING)
        login = self._login(phone)
        return {
            "profile": [self._profile(profile, phone)],
            "corrections": [self._correction(item) for item in self._pages("people", person_id, PREFIX)],
            "consents": [one._asdict() for one in history_of(self._pages("people", person_id, DECISION))],
            "preferences": self._preferences(person_id),
            "sessions": _sessions(profile),
            "devices": _seen(login, "devices", "device"),
            "cities": _seen(login, "cities", "city"),
            "last_place": _last_place(login),
            "orders": [_order(order) for order in self._orders(person_id)],
            "cards": [_card(row) for row in cards],
            "applications": self._application(person_id),
            "distribution": self._place(person_id),
            "withdrawals": self._withdrawals(person_id),
            "records": [self._record(record, private) for record, private in self._told(person_id)],
        }

    def _profile(self, profile: Mapping[str, Any], phone: str) -> Row:
        identity = {"name": "", "id_number": ""}
        if profile["real_name"]:
            context = people_items.identity_context(profile["pk"])
            identity = json.loads(self.keys.open(profile["identity_sealed"], context))
        return {
            "person_id": profile["pk"],
            "phone": phone,
            "name": identity["name"],
            "id_number_ends": identity["id_number"][-SHOWN:],
            "roles": ", ".join(profile["roles"]),
            "referrer": profile["referrer"],
            "created_at": from_ms(profile["created_at"]),
            "accepted_notice": profile.get("notice", ""),
        }

    def _correction(self, item: Mapping[str, Any]) -> Row:
        """What stood there before, what stands there since, and the record that proves both."""
        found = corrected_from(item, self.keys.open(item["sealed"], context_of(item["pk"], item["sk"])))
        told = {name: getattr(found.correction, name) for name in ("field", "before", "after")}
        return {"at": found.at} | told | {"record_id": found.record_id}

    def _preferences(self, person_id: str) -> list[Row]:
        item = self.documents.get(preferences.TABLE, person_id, preferences.SORT_KEY, consistent=True)
        return [preferences.kept_from(item).preferences._asdict()] if item else []

    def _login(self, phone: str) -> Row:
        key = people_items.phone_key(self.keys.blind_index(phone))
        return self.documents.get(people_items.TABLE, key, people_items.LOGIN, consistent=True) or {}

    def _orders(self, person_id: str) -> list[Order]:
        found: list[Order] = []
        while len(found) < ROWS_MAX:
            page = self.orders.page(person_id, found[-1].order_id if found else "", PAGE)
            found += page
            if len(page) < PAGE:
                break
        return found

    def _application(self, person_id: str) -> list[Row]:
        """For a place in the tree: the latest one."""
        key = (tree_items.TABLE, distributor_id_of(person_id), application.SORT_KEY)
        item = self.documents.get(*key, consistent=True)
        if item is None:
            return []
        found = application.from_item(item)
        names = ("parent_id", "agreement", "submitted_at", "decided_at", "reason")
        return [{"state": found.kept} | {name: getattr(found, name) for name in names}]

    def _place(self, person_id: str) -> list[Row]:
        distributor_id = distributor_id_of(person_id)
        item = self.documents.get(tree_items.TABLE, distributor_id, tree_items.SELF, consistent=True)
        if item is None:
            return []
        payee = json.loads(self.keys.open(item["payee"], distributor_id)) if item.get("payee") else {}
        row = {name: item.get(name, "") for name in ("state", "tier", "agreement", "parent_id")}
        payee_shown = {"payee_name": payee.get("name", ""), "payee_bank": payee.get("bank", "")}
        ends = {"payee_account_ends": item.get("payee_shown", "")}
        links = {
            "commissions": "/v1/distributors/me/commissions",
            "statement": "/v1/distributors/me/statement",
        }
        return [{"distributor_id": distributor_id} | row | payee_shown | ends | links]

    def _withdrawals(self, person_id: str) -> list[Row]:
        filed = self.withdrawals.page(distributor_id_of(person_id), "", ROWS_MAX)
        return [
            {
                "withdrawal_id": one.withdrawal.withdrawal_id,
                "amount_fen": one.withdrawal.amount_fen,
                "state": one.state.value,
                "requested_at": one.requested_at,
            }
            for one in filed
        ]

    def _told(self, person_id: str) -> Iterator[tuple[Record, str]]:
        """Records with what is private of them, without those of a suspicion."""
        for item in self._pages("journal", person_id, ""):
            record = from_body(json.loads(item["body"]))
            if record.action not in UNTOLD:
                yield record, item.get("private", NOWHERE)

    def _record(self, record: Record, private: str) -> Row:
        """What was done by or for the person; from where, if it was the person."""
        is_own = record.actor == record.partition
        address, agent, salt = json.loads(private if is_own else NOWHERE)
        return {
            "record_id": record.record_id,
            "action": record.action,
            "at": record.at,
            "address": self._address(address, salt),
            "agent": agent,
        }

    def _address(self, veiled: str, salt: str) -> str:
        """A network address in plain, as old records tell it anyway."""
        is_plain = not veiled or "." in veiled or ":" in veiled
        return veiled if is_plain else self.keys.unveil(veiled, salt)

    def _pages(self, table: str, pk: str, prefix: str) -> list[dict[str, Any]]:
        return self.documents.query(table, pk, prefix, limit=ROWS_MAX, newest=True, consistent=True)


def _seen(login: Row, names: str, name: str) -> list[Row]:
    """The devices, or cities, the person is known by; they are kept as keyed hashes alone."""
    seen = sorted(login.get(names, {}).items(), key=lambda pair: pair[1], reverse=True)
    return [{name: index, "last_seen_at": from_ms(at)} for index, at in seen]


def _last_place(login: Row) -> list[Row]:
    last = people_items.last_place_of(login)
    return [{"latitude": last[0].latitude, "longitude": last[0].longitude, "at": last[1]}] if last else []


def _sessions(profile: Mapping[str, Any]) -> list[Row]:
    found = people_items.sessions_of(profile).values()
    return [
        {
            "session_id": session.session_id,
            "agent": session.agent,
            "began_at": session.began_at,
            "last_seen_at": session.rotated_at,
            "latitude": session.place[0] if session.place else None,
            "longitude": session.place[1] if session.place else None,
        }
        for session in found
    ]


def _order(order: Order) -> Row:
    names = (
        "order_id use sku_id issuer quantity face_fen payable_fen region payer payment_id created_at paid_at"
    )
    row: Row = {name: getattr(order, name) for name in names.split()}
    refunded = {"refunded_fen": order.refunded_fen}
    return row | {"state": order.state.value, "card_ids": ", ".join(order.card_ids)} | refunded


def _card(row: Mapping[str, Any]) -> Row:
    card_id = row["sk"].removeprefix(HOLDING)
    names = ("sku_id", "issuer", "kind", "state", "last4", "available_fen", "held_fen")
    return (
        {"card_id": card_id}
        | {name: row.get(name, "") for name in names}
        | {"statement": f"/v1/cards/{card_id}/statement"}
    )
