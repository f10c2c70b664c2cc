"""Moving house: what an old system exports is here to the fen, once, however often it is brought."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.bootstrap.part import replaced
from chalicelib.domain import catalog_items
from chalicelib.domain.business_time import business_date
from chalicelib.domain.card import CardState, InsufficientBalance
from chalicelib.domain.ledger import fold
from chalicelib.domain.opening_file import OpeningKind, read_file
from chalicelib.usecases.import_data import Imported, ImportWish
from chalicelib.usecases.operator_run import OperatorRun
from local.testing import World
from tests.e2e.by_hand import BY, Operator
from tests.e2e.invariants import Tables, broken, broken_views
from tests.e2e.old_shop import ORDER, PRODUCTS, SOURCE, OldShop, Rows, file_of, sha256_of, totals_of
from tests.e2e.shop import NAMED, Shop, all_records

pytestmark = pytest.mark.usefixtures("rights")

DISTRIBUTORS, CUSTOMERS, CARDS, COMMISSION, BANK = ORDER


@dataclass
class Move:
    """An operator who moves house."""

    world: World
    operator: Operator
    shop: OldShop = field(default_factory=lambda: OldShop(business_date(bootstrap.now()) + timedelta(days=3)))

    def upload(self, rows: Rows) -> str:
        content = file_of(rows)
        bootstrap.uploads().put_new(f"imports/{sha256_of(content)}.csv", content)
        return f"imports/{sha256_of(content)}.csv"

    def looks(self, kind: OpeningKind, rows: Rows, /, **told: Any) -> dict[str, Any]:
        return self.operator.looks("import_data", source=SOURCE, kind=kind, file=self.upload(rows), **told)

    def brings(self, kind: OpeningKind, rows: Rows, /, **told: Any) -> dict[str, Any]:
        wish: dict[str, Any] = {
            "source": SOURCE,
            "kind": kind,
            "file": self.upload(rows),
            "approved_by": "ben",
        }
        wish |= {"sha256": sha256_of(file_of(rows)), **totals_of(kind, rows), **told}
        return self.operator.does("import_data", **wish)

    def brings_all(self) -> None:
        for kind in ORDER:
            assert self.brings(kind, self.shop.rows(kind))["is_done"], kind

    def report(self, **changed: int) -> dict[str, Any]:
        wish: dict[str, int] = {}
        for kind in ORDER:
            totals = totals_of(kind, self.shop.rows(kind))
            wish |= {f"{kind}_rows" if name == "rows" else name: value for name, value in totals.items()}
        return self.operator.asks("import_report", source=SOURCE, **(wish | changed))

    def broken(self) -> list[str]:
        self.world.drain()
        tables = Tables.read(self.world.items)
        return [*broken(tables), *broken_views(tables)]

    def person_id(self, source_id: str) -> str:
        return bootstrap.import_data().check.person_id(SOURCE, source_id)

    def distributor_id(self, source_id: str) -> str:
        return bootstrap.import_data().check.distributor_id(SOURCE, source_id)

    def card_id(self, number: str) -> str:
        return f"crd_{bootstrap.keys().blind_index(number)}"


@pytest.fixture
def move(world: World) -> Iterator[Move]:
    operator = Operator(world)
    with replaced(operator.parts):
        for product in PRODUCTS:
            bootstrap.books().commit(None, catalog_items.product_changes(product, None))
        bootstrap.catalog().forget()
        yield Move(world, operator)


@pytest.mark.capability("S-077")
def test_the_control_totals_of_the_old_system_are_those_of_the_ledger_before_go_live(move: Move) -> None:
    move.brings_all()
    report = move.report()
    assert (report["is_equal"], report["differences"], report["not_compared"]) == (True, {}, [])
    assert report["ledger"] == {
        "distributors_rows": 6,
        "customers_rows": 6,
        "cards_rows": 9,
        "balance_fen": 10_000 + 500_000 + 13_003 + 14_004 + 16_006 + 17_007 + 18_008,
        "commission_rows": 6,
        "available_fen": 30_000,
        "frozen_fen": 8_504,
        "owed_fen": 4_070,
        "bank_rows": 3,
        "custody_fen": 300_000,
        "operating_fen": 450_000,
        "supplier_fen": 9_000,
    }
    books = fold(all_records(move.world.items("journal")))
    assert books["Q:OPENING"] == -report["opening_fen"] == -(759_000 + 4_070 - 588_028 - 30_000 - 8_504)
    assert sum(books.values()) == 0
    assert move.broken() == []
    off = move.report(balance_fen=588_027)
    assert (off["is_equal"], off["differences"]) == (False, {"balance_fen": [588_027, 588_028]})


@pytest.mark.capability("S-077")
@pytest.mark.parametrize("kind", ORDER)
def test_a_dry_run_tells_the_totals_and_writes_nothing(move: Move, kind: OpeningKind) -> None:
    for before in ORDER[: ORDER.index(kind)]:
        move.brings(before, move.shop.rows(before))
    stood, runs = move.operator.everything(), len(move.operator.runs())
    rows = move.shop.rows(kind)
    told = move.looks(kind, rows)
    assert (told["totals"], told["errors"], told["left"]) == (totals_of(kind, rows), [], len(rows))
    assert told["sha256"] == sha256_of(file_of(rows))
    assert (move.operator.everything(), len(move.operator.runs())) == (stood, runs)


def test_brought_twice_everything_stands_as_after_the_first_time(move: Move) -> None:
    move.brings_all()
    stood = move.operator.everything()
    for kind in ORDER:
        again = move.brings(kind, move.shop.rows(kind))
        rows = len(move.shop.rows(kind))
        assert (again["written"], again["done_before"], again["is_done"]) == (0, rows, True)
        assert again["ledger"] == totals_of(kind, move.shop.rows(kind))
    assert move.operator.everything() == stood


@pytest.mark.parametrize("rows_at_once", [1, 2, 4])
def test_cut_off_after_any_row_and_run_again_it_ends_in_the_same(move: Move, rows_at_once: int) -> None:
    for kind in ORDER:
        rows = move.shop.rows(kind)
        content = sha256_of(file_of(rows))
        wish = ImportWish(SOURCE, kind, move.upload(rows), content, totals_of(kind, rows), "ben")
        written = []
        for _ in range(len(rows)):
            now = bootstrap.now()
            run = OperatorRun(BY, bootstrap.new_key(now), now, is_dry=False)
            imported = bootstrap.import_data()(run, after_calls(rows_at_once), wish)
            written.append(imported.written)
            if not imported.left:
                break
        assert sum(written) == len(rows) and set(written[:-1]) <= {rows_at_once}
        assert (imported.differences, imported.ledger) == ({}, totals_of(kind, rows))
    assert move.report()["is_equal"]
    assert move.broken() == []


@pytest.mark.race
@pytest.mark.parametrize("kind", [DISTRIBUTORS, CARDS, COMMISSION])
def test_four_runs_of_one_file_at_once_bring_each_row_once(move: Move, kind: OpeningKind) -> None:
    for before in ORDER[: ORDER.index(kind)]:
        move.brings(before, move.shop.rows(before))
    rows = move.shop.rows(kind)
    wish = ImportWish(SOURCE, kind, move.upload(rows), sha256_of(file_of(rows)), totals_of(kind, rows), "ben")

    def bring(number: int) -> Imported:
        now = bootstrap.now()
        run = OperatorRun(f"{BY}{number}", bootstrap.new_key(now), now, is_dry=False)
        return bootstrap.import_data()(run, lambda: False, wish)

    with ThreadPoolExecutor(4) as runs:
        found = list(runs.map(bring, range(4)))
    assert [(one.errors, one.left, one.ledger) for one in found] == [([], 0, totals_of(kind, rows))] * 4
    assert move.broken() == []


class Overtaken:
    """Documents whose first look at the claims is as old as the moment before another run brought rows."""

    def __init__(self, real: Any) -> None:
        self.real, self.has_looked = real, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def get_many(self, table: str, *args: Any, **how: Any) -> Any:
        if table == "work" and not self.has_looked:
            self.has_looked = True
            return {}
        return self.real.get_many(table, *args, **how)


@pytest.mark.parametrize("kind", [DISTRIBUTORS, CUSTOMERS, CARDS])
def test_rows_that_another_run_brings_meanwhile_are_done_and_with_other_content_are_named_changed(
    move: Move, kind: OpeningKind
) -> None:
    for before in ORDER[: ORDER.index(kind) + 1]:
        move.brings(before, move.shop.rows(before))
    stood, rows = move.operator.everything(), move.shop.rows(kind)
    check = bootstrap.import_data().check

    def checked(rows: Rows) -> tuple[int, int, list[str]]:
        found = read_file(kind, file_of(rows))
        behind = replace(check, documents=Overtaken(bootstrap.documents()))
        told = behind(SOURCE, found, business_date(bootstrap.now()))
        return len(told.todo), told.done_before, [str(flaw) for flaw in found.errors]

    assert checked(rows) == (0, len(rows), [])
    rows[0] |= {"balance_fen": 9_999} if kind is CARDS else {"phone": "13900139009"}
    assert checked(rows) == (0, len(rows) - 1, ["line 2: ROW_CHANGED"])
    assert move.operator.everything() == stood


def after_calls(count: int) -> Callable[[], bool]:
    """A term that is over when it was asked about so many times."""
    left = iter(range(count))
    return lambda: next(left, None) is None


def test_totals_that_are_not_those_of_the_file_are_refused_before_anything_is_written(move: Move) -> None:
    stood = move.operator.everything()
    rows = move.shop.rows(DISTRIBUTORS)
    refused = move.brings(DISTRIBUTORS, rows, rows=7)
    assert (refused["differences"], refused["written"], refused["is_done"]) == ({"rows": [7, 6]}, 0, False)
    custody, operating, supplier = move.shop.rows(BANK)
    swapped = [
        {**custody, "account": operating["account"]},
        {**operating, "account": custody["account"]},
        supplier,
    ]
    told = totals_of(BANK, move.shop.rows(BANK))
    assert move.brings(BANK, swapped, **told)["differences"] == {
        "custody_fen": [300_000, 450_000],
        "operating_fen": [450_000, 300_000],
    }
    other = move.brings(DISTRIBUTORS, rows, sha256="0" * 64)
    assert (other["errors"], other["written"]) == (["line 0: FILE_DIFFERS"], 0)
    assert (move.operator.everything(), move.operator.runs()) == (stood, [])


@pytest.mark.parametrize(
    "kind, changed, flaw",
    [
        (CARDS, {"balance_fen": 500_001}, "ABOVE_CAP"),
        (CARDS, {"sku": "sku_bearer", "balance_fen": 100_001}, "ABOVE_CAP"),
        (CARDS, {"sku": "sku_agent", "balance_fen": 1}, "NOT_OUR_BALANCE"),
        (CARDS, {"sku": "sku_named", "holder": ""}, "HOLDER_MISSING"),
        (CARDS, {"holder": "nobody"}, "HOLDER_UNKNOWN"),
        (CARDS, {"sku": "sku_gone"}, "PRODUCT_UNKNOWN"),
        (CARDS, {"card_number": "770000000009999"[:11]}, "NUMBER_INVALID"),
        (CARDS, {"card_number": f"7700{0:012}"}, "NUMBER_TWICE"),
        (CARDS, {"secret": "no"}, "SECRET_INVALID"),
        (CARDS, {"balance_fen": "1.00"}, "AMOUNT_INVALID"),
        (CARDS, {"balance_fen": -1}, "AMOUNT_INVALID"),
        (CARDS, {"source_id": "k0"}, "SOURCE_ID_TWICE"),
        (CARDS, {"source_id": "13800000009"}, "SOURCE_ID_PERSONAL"),
        (CARDS, {"frozen_by": "ME"}, "FREEZER_UNKNOWN"),
        (COMMISSION, {"distributor": "c0"}, "DISTRIBUTOR_UNKNOWN"),
        (COMMISSION, {"amount_fen": 0}, "AMOUNT_INVALID"),
        (COMMISSION, {"state": "HELD"}, "STATE_UNKNOWN"),
        (COMMISSION, {"release_on": "2020-01-01"}, "RELEASE_DAY_WRONG"),
        (COMMISSION, {"state": "AVAILABLE"}, "RELEASE_DAY_WRONG"),
        (BANK, {"account": "L:PREPAID:crd_A"}, "ACCOUNT_UNKNOWN"),
    ],
)
def test_a_wrong_line_is_named_without_its_content_and_nothing_is_written(
    move: Move, kind: OpeningKind, changed: dict[str, Any], flaw: str
) -> None:
    for before in ORDER[: ORDER.index(kind)]:
        move.brings(before, move.shop.rows(before))
    stood, rows = move.operator.everything(), move.shop.rows(kind)
    rows[-1] |= changed
    refused = move.operator.does(
        "import_data", source=SOURCE, kind=kind, file=move.upload(rows), sha256=sha256_of(file_of(rows)),
        approved_by="ben", **totals_of(kind, move.shop.rows(kind)),
    )  # fmt: skip
    assert f"line {len(rows) + 1}: {flaw}" in refused["errors"]
    assert not any(str(value) in str(refused["errors"]) for value in changed.values() if len(str(value)) > 4)
    assert (refused["written"], move.operator.everything()) == (0, stood)


def test_parents_stand_above_their_children_and_so_nobody_stands_in_a_circle(move: Move) -> None:
    rows = move.shop.rows(DISTRIBUTORS)
    turned = [rows[1], rows[0], *rows[2:]]
    assert move.looks(DISTRIBUTORS, turned)["errors"] == ["line 2: PARENT_UNKNOWN"]
    rows[0] |= {"parent": "d1"}
    assert move.looks(DISTRIBUTORS, rows)["errors"] == ["line 2: PARENT_UNKNOWN"]


def test_a_row_that_comes_again_with_other_content_is_refused(move: Move) -> None:
    rows = move.shop.rows(BANK)
    move.brings(BANK, rows)
    rows[1] |= {"amount_fen": 450_001}
    assert move.looks(BANK, rows)["errors"] == ["line 3: ROW_CHANGED"]


def test_a_phone_or_a_card_that_is_here_already_is_refused(move: Move) -> None:
    move.brings_all()
    people = [{"source_id": "n1", "phone": f"+86 138 {0:08}", "referrer": ""}]
    assert move.looks(CUSTOMERS, people)["errors"] == ["line 2: PHONE_TAKEN"]
    known = [{**move.shop.rows(CARDS)[0], "source_id": "n2"}]
    assert move.looks(CARDS, known)["errors"] == ["line 2: NUMBER_KNOWN"]


@pytest.mark.parametrize("approved_by", ["", BY, BY.upper()])
def test_nobody_approves_an_import_of_their_own(move: Move, approved_by: str) -> None:
    rows = move.shop.rows(BANK)
    called = move.operator.functions.call(
        "import_data",
        {
            "source": SOURCE, "kind": BANK, "file": move.upload(rows), "sha256": sha256_of(file_of(rows)),
            "by": BY, "approved_by": approved_by, "dry_run": False, **totals_of(BANK, rows),
        },
    )  # fmt: skip
    assert "approved_by: somebody else than by" in called.log + called.raised
    assert all_records(move.world.items("journal")) == []


def test_who_brought_and_who_approved_is_recorded(move: Move) -> None:
    move.brings(BANK, move.shop.rows(BANK))
    begun, ended = move.operator.runs()
    assert (begun.action, ended.action) == ("IMPORT_BEGUN", "IMPORT_ENDED")
    assert (begun.actor, begun.about["approved_by"]) == (f"operator_{BY}", "ben")
    assert begun.about["totals"] == {
        "rows": 3,
        "custody_fen": 300_000,
        "operating_fen": 450_000,
        "supplier_fen": 9_000,
    }
    assert (ended.about["written"], ended.about["differences"]) == (3, 0)
    opened = [r for r in all_records(move.world.items("journal")) if r.action == "OPENING"]
    assert {r.about["run"] for r in opened} == {begun.entry_id}


def test_brought_commission_is_released_on_its_day_and_debt_is_paid_first(move: Move) -> None:
    move.brings_all()
    move.world.drain()
    due = bootstrap.now() + timedelta(days=3)
    assert bootstrap.release_commission()(due) == 2
    first = bootstrap.accounts().balances(move.distributor_id("d0"))
    second = bootstrap.accounts().balances(move.distributor_id("d1"))
    assert (first.available_fen, sum(first.frozen_fen.values())) == (35_001, 2_003)
    assert (second.available_fen, second.owed_fen) == (0, 2_570)
    assert second.values["debt_since"] > 0
    assert move.broken() == []


def test_a_brought_card_is_its_holders_and_pays(move: Move) -> None:
    move.brings_all()
    number = move.shop.rows(CARDS)[0]["card_number"]
    card = bootstrap.cards().get(move.card_id(number))
    assert card is not None
    assert (card.state, card.available_fen, card.cap_fen) == (CardState.ACTIVE, 10_000, 500_000)
    assert card.holder_id == move.person_id("c0")
    frozen = bootstrap.cards().get(move.card_id(move.shop.rows(CARDS)[4]["card_number"]))
    assert frozen is not None and (frozen.state, frozen.frozen_by) == (CardState.FROZEN, "SUPPORT")
    shop = Shop()
    with pytest.raises(InsufficientBalance):
        shop.buy(NAMED, shop.command(person_id=card.holder_id), pay_card_id=card.card_id)
    cheap = PRODUCTS[1]
    shop.catalog.shelf[cheap.sku_id] = cheap
    shop.buy(cheap, shop.command(person_id=card.holder_id), pay_card_id=card.card_id)
    paid = bootstrap.cards().get(card.card_id)
    assert paid is not None and paid.available_fen == 0
    assert broken(Tables.read(move.world.items)) == []


def test_a_brought_tree_knows_its_roots_and_customers_their_referrers(move: Move) -> None:
    move.brings(DISTRIBUTORS, move.shop.rows(DISTRIBUTORS))
    move.brings(CUSTOMERS, move.shop.rows(CUSTOMERS))
    place = bootstrap.documents().get("edges", move.distributor_id("d3"), "self")
    assert place is not None
    assert (place["parent_id"], place["root"]) == (move.distributor_id("d1"), move.distributor_id("d0"))
    assert [item["sk"] for item in bootstrap.documents().query("edges", "roots")] == [
        move.distributor_id("d0")
    ]
    children = bootstrap.documents().query("edges", move.distributor_id("d1"), "child#")
    assert [item["sk"] for item in children] == sorted(
        f"child#{move.distributor_id(f'd{n}')}" for n in range(2, 6)
    )
    profile = bootstrap.documents().get("people", move.person_id("c2"), "profile")
    assert profile is not None and profile["referrer"] == move.distributor_id("d2")
