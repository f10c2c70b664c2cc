"""Redrive: what was given up is listed, goes through once its cause is gone, once, and nothing is lost."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.bootstrap.part import replaced
from chalicelib.domain import catalog_items
from chalicelib.domain.card import CardChange, CardState
from chalicelib.domain.given_up import LETTERS
from chalicelib.domain.order import Order
from chalicelib.domain.plan import Plan
from chalicelib.domain.record import Record
from chalicelib.domain.statement import broken_versions
from chalicelib.usecases.operator_run import OperatorRun
from local.testing import World
from tests.e2e.by_hand import BY, Operator, at
from tests.e2e.shop import BUYER, VIRTUAL, Shop
from tests.e2e.tree import Tree, a_plan

pytestmark = pytest.mark.usefixtures("rights")

OTHER = "cus_KKKKKKKKKKKK"
ACTIVE = (CardState.ACTIVE,)


@pytest.fixture
def operator(world: World) -> Iterator[Operator]:
    operator = Operator(world)
    with replaced(operator.parts):
        yield operator


@pytest.fixture
def tree(world: World, operator: Operator) -> Tree:
    return Tree(world)


def forget_plan(plan: Plan) -> None:
    bootstrap.documents().delete("catalog", catalog_items.PLANS, plan.plan_id)
    bootstrap.catalog().forget()


def given_up_orders(tree: Tree, count: int = 1) -> tuple[Plan, list[str], list[Order]]:
    """Orders whose plan the catalogue lost: the reader of orders gave them up for good."""
    plan = tree.publish(a_plan())
    chain = tree.line(2)[::-1]
    orders = [tree.order(*chain) for _ in range(count)]
    forget_plan(plan)
    tree.world.drain(only={"pay_commission"}, failures_allowed=True)
    return plan, chain, orders


def put_back(plan: Plan) -> None:
    item = plan.plan_id, catalog_items.plan_values(plan)
    bootstrap.documents().put("catalog", catalog_items.PLANS, *item)
    bootstrap.catalog().forget()


def earned(distributor_id: str) -> int:
    return sum(bootstrap.accounts().balances(distributor_id).frozen_fen.values())


def test_a_poison_record_is_listed_put_right_redriven_and_pays_once(tree: Tree, operator: Operator) -> None:
    plan, (seller, root), (order,) = given_up_orders(tree)
    before = operator.everything()
    looked = operator.looks("redrive")
    (row,) = looked["records"]
    assert looked["waiting"] == {"pay_commission": 1}
    assert (row["function"], row["operation_id"]) == (
        "pay_commission",
        f"{order.customer_id}/{order.order_id}",
    )
    assert 0 <= row["age_seconds"] < 60
    assert row["error"].startswith("RetryAttemptsExhausted")
    assert (operator.everything(), operator.runs()) == (before, [])
    put_back(plan)
    done = operator.does("redrive")
    assert (done["done"], done["failed"], done["cursor"]) == ({"pay_commission": 1}, {}, "")
    assert (earned(seller), earned(root)) == (800, 300)
    after = operator.everything()
    assert operator.looks("redrive")["waiting"] == operator.does("redrive")["waiting"] == {}
    assert operator.everything() == after
    assert len(operator.letters()) == 1, "nothing is ever removed"


def test_what_fails_again_stays_with_its_new_error(tree: Tree, operator: Operator) -> None:
    plan, (seller, _), _ = given_up_orders(tree)
    failed = operator.does("redrive")
    assert (failed["done"], failed["failed"]) == ({}, {"pay_commission": 1})
    assert "PlanMissing" in failed["failures"][0]["error"]
    (row,) = operator.looks("redrive")["records"]
    assert "PlanMissing" in row["error"]
    put_back(plan)
    assert operator.does("redrive")["done"] == {"pay_commission": 1}
    assert earned(seller) == 800


def test_a_run_that_died_before_it_marked_what_was_done_pays_nobody_twice(
    tree: Tree, operator: Operator
) -> None:
    plan, _, _ = given_up_orders(tree)
    put_back(plan)
    operator.does("redrive")
    after = operator.everything()
    operator.unmark(operator.letters()[0])
    assert operator.does("redrive")["done"] == {"pay_commission": 1}
    assert operator.everything() == after


def test_every_run_that_does_something_says_who_when_and_what(tree: Tree, operator: Operator) -> None:
    plan, _, _ = given_up_orders(tree, 2)
    put_back(plan)
    operator.does("redrive", functions="pay_commission")
    begun, ended = operator.runs()
    assert (begun.action, ended.action) == ("REDRIVE_BEGUN", "REDRIVE_ENDED")
    assert begun.actor == f"operator_{BY}"
    assert begun.about == {"functions": ["pay_commission"], "from": ""}
    assert ended.about == {"done": 2, "failed": 0, "to": ""}
    assert begun.at <= ended.at


def test_nobody_redrives_without_a_name(tree: Tree, operator: Operator) -> None:
    given_up_orders(tree)
    called = operator.functions.call("redrive", {"dry_run": False})
    assert "who asks for it" in called.raised
    assert operator.functions.call("redrive", {"dry": False}).raised
    assert operator.letters("done/") == []


def test_only_what_the_chosen_functions_gave_up_is_touched(tree: Tree, operator: Operator) -> None:
    plan, (seller, _), _ = given_up_orders(tree)
    put_back(plan)
    done = operator.does("redrive", functions=["project_cards"])
    assert (done["waiting"], earned(seller)) == ({}, 0)
    assert operator.looks("redrive")["waiting"] == {"pay_commission": 1}


def test_a_run_out_of_time_goes_on_from_its_cursor_and_later_changes_wait_for_a_failed_one(
    tree: Tree, operator: Operator
) -> None:
    plan, (seller, _), _ = given_up_orders(tree)
    (key,) = operator.letters()
    moments = [f"2099-01-0{day}T00.00.00" for day in (1, 2)]
    for moment in moments:
        operator.copy(key, moment)
    cursor, failed = "", []
    for _ in range(3):
        looks = iter([False, True, True, True])
        run = OperatorRun(BY, bootstrap.new_key(bootstrap.now()), bootstrap.now(), is_dry=False)
        redriven = bootstrap.redrive()(run, lambda: next(looks), cursor=cursor)  # noqa: B023
        failed += [one.error for one in redriven.shown]
        cursor = redriven.cursor
    assert cursor == ""
    assert ["PlanMissing" in error for error in failed] == [True, False, False]
    assert failed[1] == failed[2] == "an earlier change of the same item failed"
    put_back(plan)
    assert operator.does("redrive")["done"] == {"pay_commission": 3}
    assert earned(seller) == 800


def card_with_a_lost_line(shop: Shop, world: World) -> tuple[str, dict[str, Any]]:
    """A card whose first line is gone, so that its reader gave up every later change."""
    card_id = shop.card_with(100_000)
    world.drain(only={"project_cards"})
    (line,) = statement(card_id)
    bootstrap.documents().delete("views", card_id, line["sk"])
    for state in (CardState.FROZEN, CardState.ACTIVE):
        before = CardState.ACTIVE if state is CardState.FROZEN else CardState.FROZEN
        bootstrap.books().commit(None, [CardChange(card_id, (before,), move_to=state)])
        world.drain(only={"project_cards"}, failures_allowed=True)
    return card_id, line


def statement(card_id: str) -> list[dict[str, Any]]:
    return bootstrap.documents().query("views", card_id)


def put_line(line: dict[str, Any]) -> None:
    values = {name: value for name, value in line.items() if name not in ("pk", "sk")}
    bootstrap.documents().put("views", line["pk"], line["sk"], values)


def holding(person_id: str) -> list[tuple[str, int]]:
    rows = bootstrap.documents().query("views", person_id, prefix="card#")
    return [(row["state"], row["version"]) for row in rows]


def test_the_changes_of_one_card_go_through_in_their_order(world: World, operator: Operator) -> None:
    card_id, line = card_with_a_lost_line(Shop(), world)
    assert operator.looks("redrive")["waiting"] == {"project_cards": 2}
    failed = operator.does("redrive")
    assert failed["failed"] == {"project_cards": 2}
    put_line(line)
    assert operator.does("redrive")["done"] == {"project_cards": 2}
    assert broken_versions(statement(card_id)) == ()
    assert holding(BUYER) == [("ACTIVE", 3)]


def test_an_older_change_does_not_bring_back_what_a_newer_one_has_changed(
    world: World, operator: Operator
) -> None:
    card_id, line = card_with_a_lost_line(Shop(), world)
    put_line(line)
    operator.does("redrive")
    bootstrap.books().commit(None, [CardChange(card_id, ACTIVE, assign_to=OTHER)])
    world.drain(only={"project_cards"})
    after = operator.everything()
    for key in operator.letters():
        operator.unmark(key)
    assert operator.does("redrive")["done"] == {"project_cards": 2}
    assert operator.everything() == after
    assert (holding(BUYER), holding(OTHER)) == ([], [("ACTIVE", 4)])


def test_of_one_document_only_what_failed_is_handed_over_again(world: World, operator: Operator) -> None:
    """A document that holds a record of two cards, one of which cannot be read yet."""
    card_id, line = card_with_a_lost_line(Shop(), world)
    other = Shop(first_number=50).card_with(7_000, name="B")
    world.drain(only={"project_cards"})
    event = bootstrap.letters().get(operator.letters()[0])
    assert event is not None
    document = json.loads(event)
    broken = json.loads(document["payload"])["Records"]
    fine = json.loads(json.dumps(broken[0]).replace(card_id, other))
    fine["dynamodb"]["SequenceNumber"] = "1"
    fine["dynamodb"]["NewImage"]["version"] = {"N": "2"}
    both = {**document, "payload": json.dumps({"Records": [fine, *broken]})}
    key = f"{LETTERS}x/shard/2098/01/01/2098-01-01T00.00.00-x"
    operator.lay_down(key, json.dumps(both).encode())
    operator.does("redrive")
    assert operator.looks("redrive")["waiting"] == {"project_cards": 3}, "one of four is done"
    put_line(line)
    operator.does("redrive")
    assert operator.looks("redrive")["waiting"] == {}


def test_what_is_no_document_of_a_given_up_batch_is_told_and_stays(operator: Operator) -> None:
    keys = [f"{LETTERS}x/s/2098/01/01/2098-01-01T00.00.0{number}-x" for number in range(3)]
    for key, document in zip(keys, (b"{}", b"no json", b'{"payload": "null"}'), strict=True):
        operator.lay_down(key, document)
    done = operator.does("redrive")
    assert [text.partition(": ")[0] for text in done["unreadable"]] == keys
    assert operator.letters("done/") == []


def test_a_record_that_must_not_be_archived_says_why_and_stays(world: World, operator: Operator) -> None:
    at_once = bootstrap.now()
    reasons = enumerate(["fine", "called 13812345678"])
    for number, reason in reasons:
        record = Record("stf_AAAAAAAAAAAA", f"aud_{number}", "NOTE", at_once, "stf_A", reason=reason)
        bootstrap.books().commit(record, [])
    world.drain(only={"archive_journal"}, failures_allowed=True)
    (failure,) = operator.does("redrive")["failures"]
    assert (failure["key"], failure["error"]) == (
        "stf_AAAAAAAAAAAA/aud_1",
        "it shows personal data: phone",
    )
    assert operator.looks("redrive")["waiting"] == {"archive_journal": 1}


def given_up_timer(world: World, shop: Shop) -> str:
    """An order whose timer rang too early five times, and lies in the dead-letter queue."""
    order_id = shop.buy(VIRTUAL).order.order_id
    timer = {"order": order_id, "channel": "sandbox"}
    bootstrap.order_timers().send([timer])
    for _ in range(6):
        world.drain(only={"close_unpaid_order"}, failures_allowed=True)
        world.hasten()
    return order_id


def test_a_message_of_a_dead_letter_queue_is_listed_redriven_and_kept(
    world: World, operator: Operator
) -> None:
    shop = Shop(now=bootstrap.now())
    with at(shop.now, operator, shop):
        order_id = given_up_timer(world, shop)
        looked = operator.looks("redrive")
        (row,) = looked["records"]
        assert (looked["waiting"], row["operation_id"]) == ({"close_unpaid_order": 1}, order_id)
        assert "received" in row["error"]
        assert operator.does("redrive")["failed"] == {"close_unpaid_order": 1}
        assert operator.looks("redrive")["waiting"] == {"close_unpaid_order": 1}
    later = shop.now + timedelta(hours=1)
    shop.now = later
    with at(later, operator, shop):
        assert operator.does("redrive")["done"] == {"close_unpaid_order": 1}
        order = bootstrap.orders().get(order_id)
        assert order is not None and order.state == "CLOSED"
        assert operator.looks("redrive")["waiting"] == {}
        (kept,) = operator.letters("done/queues/")
        assert order_id in (bootstrap.letters().get(kept) or b"").decode()
