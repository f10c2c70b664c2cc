"""An old shop for tests: a system that an operator leaves, as the files that it exports; always the same."""

import csv
import hashlib
import io
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from chalicelib.domain.opening_file import OpeningKind
from tests.e2e.shop import AGENT_STOCK, NAMED, VIRTUAL

SOURCE = "oldshop"
PRODUCTS = (NAMED, replace(VIRTUAL, sku_id="sku_bearer"), AGENT_STOCK)
ORDER = tuple(OpeningKind)  # each kind refers to those before it

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class OldShop:
    """What it exports. Amounts follow from the number of the row, so that no two are equal."""

    release_on: date
    people: int = 6
    cards: int = 9

    def rows(self, kind: OpeningKind) -> Rows:
        return {
            OpeningKind.DISTRIBUTORS: self._distributors,
            OpeningKind.CUSTOMERS: self._customers,
            OpeningKind.CARDS: self._cards,
            OpeningKind.COMMISSION: self._commission,
            OpeningKind.BANK: self._bank,
        }[kind]()

    def _distributors(self) -> Rows:
        """A line of two, and everybody else below the second."""
        parents = ["", "d0", *(["d1"] * (self.people - 2))]
        return [
            {
                "source_id": f"d{n}",
                "phone": f"138{n:08}",
                "parent": parent,
                "agreement": "2024-1",
                "tier": "gold",
            }
            for n, parent in enumerate(parents)
        ]

    def _customers(self) -> Rows:
        return [
            {"source_id": f"c{n}", "phone": f"139{n:08}", "referrer": f"d{n}" if n else ""}
            for n in range(self.people)
        ]

    def _cards(self) -> Rows:
        """Named ones of customers and of a distributor, bearer ones, and one of an oil company."""
        rows = [
            {
                "source_id": f"k{n}",
                "card_number": f"7700{n:012}",
                "secret": f"SECRET{n:04}",
                "sku": "sku_bearer" if n % 3 == 2 else "sku_named",
                "holder": "" if n % 3 == 2 else f"c{n % self.people}",
                "balance_fen": 10_000 + 1_001 * n,
                "frozen_by": "SUPPORT" if n == 4 else "",
            }
            for n in range(self.cards)
        ]
        rows[1] |= {"holder": "d1", "balance_fen": 500_000}  # the most that the law allows
        rows[2] |= {"balance_fen": 0}
        rows[5] |= {"sku": "sku_agent", "balance_fen": 0}
        return rows

    def _commission(self) -> Rows:
        day = self.release_on.isoformat()
        told = [
            ("d0", "AVAILABLE", 30_000, ""),
            ("d0", "FROZEN", 5_001, day),
            ("d0", "FROZEN", 2_003, (self.release_on + timedelta(days=1)).isoformat()),
            ("d1", "OWED", 4_000, ""),
            ("d1", "OWED", 70, ""),
            ("d1", "FROZEN", 1_500, day),
        ]
        columns = ("distributor", "state", "amount_fen", "release_on")
        return [{"source_id": f"m{n}"} | dict(zip(columns, row, strict=True)) for n, row in enumerate(told)]

    def _bank(self) -> Rows:
        accounts = (
            ("A:BANK_CUSTODY", 300_000),
            ("A:BANK_OPER", 450_000),
            ("A:SUPPLIER_PREPAY:sinopec", 9_000),
        )
        return [
            {"source_id": f"b{n}", "account": account, "amount_fen": fen}
            for n, (account, fen) in enumerate(accounts)
        ]


def file_of(rows: Rows) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def totals_of(kind: OpeningKind, rows: Rows) -> dict[str, int]:
    """As the old system counts them itself."""
    if kind is OpeningKind.CARDS:
        return {"rows": len(rows), "balance_fen": sum(row["balance_fen"] for row in rows)}
    if kind is OpeningKind.BANK:
        places = {"custody": "A:BANK_CUSTODY", "operating": "A:BANK_OPER", "supplier": "A:SUPPLIER_PREPAY"}
        sums = {
            f"{name}_fen": sum(row["amount_fen"] for row in rows if row["account"].startswith(account))
            for name, account in places.items()
        }
        return {"rows": len(rows), **sums}
    if kind is OpeningKind.COMMISSION:
        sums = {
            f"{state.lower()}_fen": sum(row["amount_fen"] for row in rows if row["state"] == state)
            for state in ("AVAILABLE", "FROZEN", "OWED")
        }
        return {"rows": len(rows), **sums}
    return {"rows": len(rows)}
