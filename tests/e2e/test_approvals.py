"""Approvals on the embedded engine: asked by one, decided by others, carried out with the last word."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.bootstrap.part import replaced
from chalicelib.domain import catalog_items
from chalicelib.domain.approval import (
    DESKS,
    EXPIRES_AFTER,
    FourEyes,
    Kind,
    RequestDecided,
    RequestExpired,
    RequestUnknown,
    RoleRequired,
    State,
    first_waiting,
    kind_of,
)
from chalicelib.domain.change import Change
from chalicelib.domain.errors import IllegalState, KeyReused
from chalicelib.domain.manual_posting import Posting, PostingInvalid
from chalicelib.domain.parameters import Setting
from chalicelib.domain.record import Line, Record
from chalicelib.store.books import DynamoBooks
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.publish_plan import PlanExists
from local.testing import World
from tests.e2e.subjects import (
    ALL_KINDS,
    ANN,
    ASKER,
    BEN,
    BY_TWO,
    CAT,
    EVERY_ROLE,
    KINDS,
    Asked,
    a_parameter,
    a_plan_drafted,
    a_posting,
    a_withdrawal,
    agree,
    inbox,
    refuse,
)
from tests.e2e.tree import DAY, Tree

every_kind = pytest.mark.parametrize("ask", ALL_KINDS.values(), ids=ALL_KINDS)
by_two = pytest.mark.parametrize("ask", BY_TWO, ids=lambda ask: ask.__name__)


@pytest.fixture
def tree(world: World) -> Tree:
    return Tree(world)


def everything(tree: Tree) -> list[list[str]]:
    return [
        sorted(map(repr, tree.world.items(table)))
        for table in ("catalog", "journal", "work", "accounts", "orders", "cards", "people", "edges")
    ]


def test_every_kind_of_request_is_tried_here(tree: Tree) -> None:
    assert set(ALL_KINDS) == set(Kind)
    assert set(bootstrap.approvals().subjects) == set(KINDS)


@pytest.mark.capability("S-080")
@every_kind
def test_who_asked_never_agrees_whatever_roles_they_hold(tree: Tree, ask: Callable[[Tree], Asked]) -> None:
    asked = ask(tree)
    before = everything(tree)
    same_person = "stf_" + asked.asker[4:]
    for decide in (agree, refuse):
        with pytest.raises(FourEyes) as refused:
            decide(tree, asked, same_person)
        assert (refused.value.code, refused.value.status) == ("FOUR_EYES", 403)
    assert everything(tree) == before


@pytest.mark.capability("S-080")
@by_two
def test_v29_nobody_agrees_twice_to_what_takes_two(tree: Tree, ask: Callable[[Tree], Asked]) -> None:
    asked = ask(tree)
    assert agree(tree, asked, ANN).state is State.WAITING
    before = everything(tree)
    for _ in range(2):
        with pytest.raises(FourEyes) as refused:
            agree(tree, asked, ANN)
        assert refused.value.status == 403
    assert (everything(tree), asked.is_done()) == (before, False)
    letter = agree(tree, asked, BEN)
    assert (letter.state, letter.request.approved_by, asked.is_done()) == (State.APPROVED, (ANN, BEN), True)


@pytest.mark.capability("S-080")
@every_kind
def test_v29_one_person_counts_once_in_every_kind(tree: Tree, ask: Callable[[Tree], Asked]) -> None:
    asked = ask(tree)
    needed = agree(tree, asked, ANN).request.needed
    before = everything(tree)
    expected = FourEyes if needed > 1 else (RequestDecided, IllegalState)
    with pytest.raises(expected):
        agree(tree, asked, ANN)
    assert (everything(tree), asked.is_done()) == (before, needed == 1)


@pytest.mark.race
@every_kind
def test_of_two_people_at_once_no_word_counts_twice(tree: Tree, ask: Callable[[Tree], Asked]) -> None:
    asked = ask(tree)
    needed = bootstrap.inbox().read(asked.request_id, tree.now).request.needed
    with ThreadPoolExecutor(2) as pool:
        tries = [pool.submit(agree, tree, asked, person_id) for person_id in (ANN, BEN)]
    lost = [one.exception() for one in tries if one.exception() is not None]
    assert len(lost) == 2 - needed
    assert all(isinstance(one, RequestDecided | IllegalState) for one in lost)
    letter = bootstrap.inbox().read(asked.request_id, tree.now)
    assert (len(letter.request.approved_by), letter.state, asked.is_done()) == (needed, State.APPROVED, True)


@pytest.mark.capability("S-080")
@pytest.mark.parametrize(("amount_fen", "people"), [(1, 2), (5_000_000, 2), (5_000_001, 3)])
def test_a_posting_takes_two_people_and_a_large_one_three(tree: Tree, amount_fen: int, people: int) -> None:
    asked = a_posting(tree, amount_fen)
    for number, person_id in enumerate((ANN, BEN, CAT)[:people], start=1):
        assert not asked.is_done()
        assert len(agree(tree, asked, person_id).request.approved_by) == number
    assert tree.fold() == {"E:CHANNEL_FEE": amount_fen, "A:CHANNEL:sandbox": -amount_fen}
    with pytest.raises(RequestDecided):
        agree(tree, asked, "stf_FFFFFFFFFFFF")


@pytest.mark.capability("S-081")
def test_the_journal_says_who_asked_who_agreed_and_why(tree: Tree) -> None:
    asked = a_posting(tree)
    agree(tree, asked, ANN)
    assert tree.fold() == {}
    agree(tree, asked, BEN)
    (entry,) = [record for record in tree.records() if record.lines]
    assert (entry.action, entry.actor, entry.reason) == ("CHANNEL_FEE_RAISED", BEN, "the fee of the ninth")
    assert entry.about == {"request": asked.request_id, "requested_by": ASKER, "approved_by": [ANN]}


@pytest.mark.capability("S-081")
@pytest.mark.parametrize(
    ("action", "lines"),
    [
        ("ADJUSTMENT", (Line("L:TAX_IIT", 100), Line("A:BANK_OPER", -100))),
        ("TAX_REMITTED", (Line("A:CHANNEL:sandbox", 100), Line("A:BANK_OPER", -100))),
        ("TAX_REMITTED", (Line("L:TAX_IIT", 100), Line("A:BANK_OPER", -99))),
    ],
)
def test_the_books_take_no_entry_beside_the_templates(
    tree: Tree, action: str, lines: tuple[Line, ...]
) -> None:
    record = replace(audit_record(tree.office(ASKER, "finance"), action), lines=lines)
    with pytest.raises((KeyError, AssertionError)):
        bootstrap.books().commit(record, [])
    assert not any(everything(tree))


@pytest.mark.capability("S-081")
@pytest.mark.parametrize(
    "posting",
    [
        Posting("COMMISSION", 100),
        Posting("WITHDRAWAL_PAID", 100),
        Posting("GIFT", 100, "sandbox"),
        Posting("TAX_REMITTED", 100, "sandbox"),
        Posting("CHANNEL_FEE_RAISED", 100),
        Posting("CHANNEL_FEE_RAISED", 0, "sandbox"),
        Posting("CHANNEL_FEE_RAISED", -1, "sandbox"),
    ],
)
def test_nothing_is_posted_by_hand_but_by_a_template_of_the_table(tree: Tree, posting: Posting) -> None:
    with pytest.raises(PostingInvalid):
        bootstrap.post_by_hand().ask(tree.office(ASKER, "finance"), posting)
    assert not any(everything(tree))


@pytest.mark.race
def test_two_approvals_at_once_are_counted_each_once(tree: Tree) -> None:
    for _ in range(5):
        asked = a_posting(tree, 100)
        with ThreadPoolExecutor(2) as pool:
            tries = [pool.submit(agree, tree, asked, person_id) for person_id in (ANN, BEN)]
        assert [one.exception() for one in tries] == [None, None]
        letter = bootstrap.inbox().read(asked.request_id, tree.now)
        assert (letter.state, sorted(letter.request.approved_by)) == (State.APPROVED, [ANN, BEN])
    assert tree.fold() == {"E:CHANNEL_FEE": 500, "A:CHANNEL:sandbox": -500}


@pytest.mark.race
def test_one_person_twice_at_once_is_counted_once(tree: Tree) -> None:
    for _ in range(5):
        asked = a_posting(tree, 100)
        with ThreadPoolExecutor(2) as pool:
            tries = [pool.submit(agree, tree, asked, ANN) for _ in range(2)]
        assert sorted(str(type(one.exception()).__name__) for one in tries) == ["FourEyes", "NoneType"]
    assert tree.fold() == {}


@pytest.mark.capability("S-041")
def test_no_policy_skips_the_person_before_a_payout(tree: Tree) -> None:
    """Whatever the office sets, no money leaves without an approval row of a person."""
    rows = bootstrap.documents
    setting = Setting("withdrawal.approval_tiers", "", tree.now - DAY, [[10_000_000, 0], [None, 0]])
    bootstrap.books().commit(None, catalog_items.setting_changes(setting))
    bootstrap.catalog().forget()
    asked = a_withdrawal(tree)
    with pytest.raises(IllegalState):
        tree.pay_withdrawal(tree.office(CAT, "finance"), asked.request_id)
    assert tree.bank.paid_fen == {}
    tree.drain()
    assert rows().get("views", "review", asked.request_id) is not None
    agree(tree, asked, ANN)
    tree.pay_withdrawal(tree.office(CAT, "finance"), asked.request_id)
    assert list(tree.bank.paid_fen) == [asked.request_id]
    steps = bootstrap.books().records(f"dst_{asked.asker[4:]}", f"{asked.request_id}#")
    assert [(step.actor, step.action) for step in steps][:2] == [
        (ANN, "withdrawal.approve_last"),
        (CAT, "withdrawal.pay"),
    ]


@every_kind
def test_who_has_none_of_the_roles_decides_nothing(tree: Tree, ask: Callable[[Tree], Asked]) -> None:
    asked = ask(tree)
    mine = DESKS[kind_of(asked.request_id)].roles
    for role in {"ops", "finance", "support", "auditor", "customer"} - set(mine):
        with pytest.raises(RoleRequired):
            agree(tree, asked, ANN, role)
    assert not asked.is_done()


@every_kind
def test_one_refusal_ends_it_and_nothing_is_carried_out(tree: Tree, ask: Callable[[Tree], Asked]) -> None:
    asked = ask(tree)
    letter = refuse(tree, asked, ANN)
    assert [one.reason for one in letter.request.decisions] == ["not now"]
    tree.drain()  # the queue of withdrawals follows its stream
    assert (letter.state, asked.is_done(), inbox(tree, BEN)) == (State.REFUSED, False, [])
    with pytest.raises((RequestDecided, IllegalState)):
        agree(tree, asked, BEN)


def test_a_refused_draft_leaves_its_id_to_the_next_one(tree: Tree) -> None:
    refuse(tree, a_plan_drafted(tree), ANN)
    again = a_plan_drafted(tree)
    assert agree(tree, again, ANN).state is State.APPROVED
    assert again.is_done()


def test_an_expired_draft_leaves_its_id_to_the_next_one_and_a_waiting_one_does_not(tree: Tree) -> None:
    a_plan_drafted(tree)
    with pytest.raises(PlanExists):
        a_plan_drafted(tree)
    tree.now += EXPIRES_AFTER
    again = a_plan_drafted(tree)
    assert inbox(tree, ANN) == [again.request_id]
    assert agree(tree, again, ANN).state is State.APPROVED


def test_a_week_later_nobody_agrees_any_more(tree: Tree) -> None:
    for ask in KINDS.values():
        asked = ask(tree)
        tree.now += EXPIRES_AFTER - timedelta(seconds=1)
        assert asked.request_id in inbox(tree, ANN)
        tree.now += timedelta(seconds=1)
        assert asked.request_id not in inbox(tree, ANN)
        for decide in (agree, refuse):
            with pytest.raises(RequestExpired):
                decide(tree, asked, ANN)
        assert bootstrap.inbox().read(asked.request_id, tree.now).state is State.EXPIRED


def test_the_inbox_shows_what_waits_for_this_person_and_never_what_expired(tree: Tree) -> None:
    old = a_parameter(tree)
    tree.now += EXPIRES_AFTER + 2 * DAY
    plan, parameter = a_plan_drafted(tree), a_parameter(tree)
    both = [plan.request_id, parameter.request_id]
    assert inbox(tree, ANN) == both
    assert inbox(tree, ANN, kind=Kind.PARAMETER) == [parameter.request_id]
    assert inbox(tree, ANN, "finance") == inbox(tree, ASKER) == []
    assert inbox(tree, ANN, "risk") == inbox(tree, ANN, "auditor") == both
    assert old.request_id < first_waiting(Kind.PARAMETER, tree.now) < parameter.request_id
    assert bootstrap.inbox().read(old.request_id, tree.now).state is State.EXPIRED


def test_a_withdrawal_waits_for_those_whose_step_it_is(tree: Tree) -> None:
    asked = a_withdrawal(tree)
    tree.drain()
    assert inbox(tree, ANN, "finance") == inbox(tree, ANN, "auditor") == [asked.request_id]
    assert inbox(tree, ANN, "risk") == inbox(tree, "stf_" + asked.asker[4:]) == []
    agree(tree, asked, ANN, "finance")
    tree.drain()
    assert inbox(tree, BEN, "risk") == [asked.request_id]
    assert inbox(tree, ANN) == inbox(tree, BEN, "finance") == []
    letter = bootstrap.inbox().read(asked.request_id, tree.now)
    assert (letter.request.approved_by, letter.request.needed, letter.state) == ((ANN,), 2, State.WAITING)
    agree(tree, asked, BEN, "risk")
    tree.drain()  # what is approved waits for its payout, and for nobody's word
    assert inbox(tree, CAT) == []


def test_pages_follow_each_other_across_kinds(tree: Tree) -> None:
    asked = [a_plan_drafted(tree), *(a_parameter(tree) for _ in range(3))]
    actor, after, seen = Actor(ANN, frozenset({"risk"})), "", []
    while page := bootstrap.inbox().page(actor, tree.now, None, after, 2):
        seen.append([one.request.request_id for one in page])
        after = page[-1].request.request_id
    ids = [one.request_id for one in asked]
    assert seen == [ids[:2], ids[2:]]


def test_a_decision_sent_again_is_the_same_and_its_key_says_nothing_else(tree: Tree) -> None:
    asked, other = a_parameter(tree), a_plan_drafted(tree)
    command = tree.office(ANN, "risk")
    first = bootstrap.inbox().decide(command, asked.request_id, True)
    again = bootstrap.inbox().decide(replace(command, now=tree.now + DAY), asked.request_id, True)
    assert again == first
    with pytest.raises(KeyReused):
        bootstrap.inbox().decide(replace(command, request_hash="other"), asked.request_id, True)
    with pytest.raises(KeyReused):
        bootstrap.inbox().decide(command, other.request_id, True)
    assert not other.is_done()


@pytest.mark.race
def test_of_two_last_approvals_at_once_one_is_counted(tree: Tree) -> None:
    for _ in range(5):
        asked = a_parameter(tree)
        with ThreadPoolExecutor(2) as pool:
            tries = [pool.submit(agree, tree, asked, person_id) for person_id in (ANN, BEN)]
        lost = [one.exception() for one in tries if one.exception() is not None]
        assert [type(one) for one in lost] == [RequestDecided]
        assert len(bootstrap.inbox().read(asked.request_id, tree.now).request.approved_by) == 1
        tree.now += timedelta(minutes=1)


@dataclass(frozen=True)
class FallingBooks(DynamoBooks):
    """The process dies at its next commit: before the write, or after it."""

    is_written: bool = False

    def commit(self, record: Record | None, changes: Sequence[Change], token: str = "") -> None:
        if self.is_written:
            super().commit(record, changes, token)
        raise SystemExit("died")


@pytest.mark.parametrize("is_written", [False, True])
@pytest.mark.parametrize("ask", KINDS.values(), ids=KINDS)
def test_a_crash_at_the_last_word_loses_nothing_and_does_nothing_twice(
    tree: Tree, ask: Callable[[Tree], Asked], is_written: bool
) -> None:
    asked = ask(tree)
    if bootstrap.inbox().read(asked.request_id, tree.now).request.needed == 2:
        agree(tree, asked, ANN)
    command = tree.office(BEN, *EVERY_ROLE)
    books = FallingBooks(bootstrap.dynamo(), bootstrap.books().new_token, is_written)
    with replaced({bootstrap.books: lambda: books}), pytest.raises(SystemExit):
        bootstrap.inbox().decide(command, asked.request_id, True)
    state = bootstrap.inbox().read(asked.request_id, tree.now).state
    assert (state is State.APPROVED, asked.is_done()) == (is_written, is_written)
    assert bootstrap.inbox().decide(command, asked.request_id, True).state is State.APPROVED
    assert asked.is_done()
    done = [record for record in tree.records() if record.about.get("request") == asked.request_id]
    assert [record.actor for record in done].count(BEN) == 1


def test_what_was_never_asked_is_unknown(tree: Tree) -> None:
    for request_id in ("prm_01JD3Q8Z6N5W4V3T2S1R0QPAMK", "xyz_1"):
        with pytest.raises(RequestUnknown):
            bootstrap.inbox().read(request_id, tree.now)
    assert kind_of("wdr_x") is Kind.WITHDRAWAL
