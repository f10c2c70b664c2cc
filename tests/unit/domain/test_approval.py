"""Approvals: how many must agree, who may, until when, and how a request is laid down."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.approval import (
    DESKS,
    EXPIRES_AFTER,
    Decision,
    FourEyes,
    Kind,
    Request,
    RequestDecided,
    RequestExpired,
    RequestUnknown,
    RoleRequired,
    State,
    Tier,
    asked,
    check_four_eyes,
    decided,
    decided_alone,
    first_waiting,
    from_item,
    kind_of,
    may_decide,
    moved,
    opened,
    people_needed,
    tiers_of,
)
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.change import DocumentChange, DocumentGone, NewDocument
from chalicelib.domain.errors import Refusal
from chalicelib.domain.ids import KEY_AGE_MAX, ulid_start

NOW = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)
KEY = ulid_start(NOW) + "0" * 16
ASKER, ANN, BEN, CAT = (f"stf_{letter * 12}" for letter in "DABC")
RISK = frozenset({"risk"})


def waiting(kind: Kind = Kind.POSTING, needed: int = 2) -> Request:
    about = {"template": "TAX_REMITTED", "amount_fen": 5}
    return asked(kind, KEY, about, ASKER, NOW, amount_fen=5, needed=needed, reason="due")


def agreed(request: Request, *people: str, at: datetime = NOW) -> Request:
    for person_id in people:
        request = decided(request, Decision(person_id, True, at, "", f"k{person_id}"), RISK)
    return request


def test_as_many_agree_as_it_takes_and_not_one_more() -> None:
    request = agreed(waiting(needed=3), ANN, BEN)
    assert (request.state(NOW), request.approved_by) == (State.WAITING, (ANN, BEN))
    request = agreed(request, CAT)
    assert request.state(NOW + EXPIRES_AFTER) is State.APPROVED
    with pytest.raises(RequestDecided):
        agreed(request, "stf_EEEEEEEEEEEE")


def test_one_refusal_ends_it() -> None:
    request = decided(agreed(waiting(needed=3), ANN), Decision(BEN, False, NOW, "no"), RISK)
    assert (request.state(NOW), request.approved_by) == (State.REFUSED, (ANN,))
    with pytest.raises(RequestDecided):
        agreed(request, CAT)


@pytest.mark.parametrize(
    ("person_id", "roles", "at", "refusal"),
    [
        (ASKER, RISK, NOW, FourEyes),
        ("cus_" + ASKER[4:], RISK, NOW, FourEyes),
        (ANN, RISK, NOW, FourEyes),
        (BEN, frozenset({"ops", "auditor"}), NOW, RoleRequired),
        (BEN, RISK, NOW + EXPIRES_AFTER, RequestExpired),
    ],
)
def test_who_may_not_decide_is_told_why_and_sees_it_in_no_inbox(
    person_id: str, roles: frozenset[str], at: datetime, refusal: type[Refusal]
) -> None:
    request = agreed(waiting(), ANN)
    for agrees in (True, False):
        with pytest.raises(refusal):
            decided(request, Decision(person_id, agrees, at), roles)
    assert not may_decide(request, person_id, roles, at)
    assert may_decide(request, BEN, RISK, NOW + EXPIRES_AFTER - timedelta(seconds=1))


def test_a_decision_counts_only_on_what_was_read_and_the_last_one_moves_the_request() -> None:
    first = waiting()
    item = opened(first)
    assert isinstance(item, NewDocument)
    one = agreed(first, ANN)
    (change,) = moved(first, one)
    assert isinstance(change, DocumentChange)
    assert (change.expected, set(change.set_values)) == ({"decided": 0}, {"decided", "decisions"})
    two = agreed(one, BEN)
    gone, new = moved(one, two)
    assert isinstance(gone, DocumentGone) and isinstance(new, NewDocument)
    assert (gone.pk, gone.expected, new.pk) == ("approvals", {"decided": 1}, "approvals-decided")
    for request, values in (
        (first, item.values),
        (one, {**item.values, **change.set_values}),
        (two, new.values),
    ):
        assert from_item({**values, "sk": request.request_id}) == request


@pytest.mark.parametrize("kind", Kind)
def test_an_id_says_the_kind_and_the_list_begins_behind_what_has_expired(kind: Kind) -> None:
    request = waiting(kind)
    assert (kind_of(request.request_id), request.kind) == (kind, kind)
    oldest_key = NOW - KEY_AGE_MAX  # a key may be a day old when it is used
    begun = replace(request, request_id=DESKS[kind].prefix + ulid_start(oldest_key) + "0" * 16)
    assert first_waiting(kind, NOW + EXPIRES_AFTER - timedelta(seconds=1)) < begun.request_id
    assert first_waiting(kind, NOW + EXPIRES_AFTER + timedelta(seconds=1)) > begun.request_id
    with pytest.raises(RequestUnknown):
        kind_of("crd_" + KEY)


def test_kinds_lie_in_the_order_of_their_ids() -> None:
    prefixes = [DESKS[kind].prefix for kind in Kind]
    assert prefixes == sorted(prefixes)


def test_nobody_is_two_people_under_two_ids() -> None:
    with pytest.raises(FourEyes):
        check_four_eyes("stf_AAAAAAAAAAAA", ["cus_AAAAAAAAAAAA"])
    check_four_eyes(ANN, [BEN, CAT])


def test_tiers_are_read_from_a_parameter() -> None:
    assert [tuple(tier) for tier in tiers_of([(5, 1), (None, 2)])] == [(5, 1), (None, 2)]


@pytest.mark.parametrize(
    "amount_fen, people", [(0, 1), (499_999, 1), (500_000, 2), (5_000_000, 2), (5_000_001, 3)]
)
def test_by_default_below_five_thousand_yuan_one_agrees_up_to_fifty_thousand_two_above_three(
    amount_fen: int, people: int
) -> None:
    assert people_needed(amount_fen) == people


def test_whatever_the_tiers_say_one_to_three_agree() -> None:
    tiers = (Tier(0, 0), Tier(1, 1), Tier(2, 3), Tier(3, 4))
    assert [people_needed(fen, tiers) for fen in (0, 1, 2, 3, 4)] == [1, 1, 3, 3, 3]
    assert people_needed(1, ()) == 3


def test_nobody_decides_on_what_is_for_them() -> None:
    request = asked(Kind.LIMIT, KEY, {"person": "cus_AAAAAAAAAAAA"}, ASKER, NOW)
    with pytest.raises(FourEyes):
        agreed(request, ANN)
    assert agreed(request, BEN).outcome is State.APPROVED
    assert (request.barred, agreed(waiting(), BEN).barred) == ((ASKER, "cus_AAAAAAAAAAAA"), (ASKER, BEN))


def test_a_refusal_tells_which_request_and_how_it_stands() -> None:
    request = waiting(needed=1)
    with pytest.raises(RoleRequired) as role:
        decided(request, Decision(ANN, True, NOW), frozenset())
    assert role.value.facts == {"role": "finance | risk | admin"}
    with pytest.raises(RequestExpired) as late:
        agreed(request, ANN, at=NOW + EXPIRES_AFTER)
    assert late.value.facts == {"id": f"pst_{KEY}", "expired_at": "2026-12-07T04:00:00+00:00"}
    with pytest.raises(RequestDecided) as again:
        agreed(agreed(request, ANN), BEN)
    assert again.value.facts == {"id": f"pst_{KEY}", "state": State.APPROVED}
    with pytest.raises(RequestUnknown) as unknown:
        kind_of("x" * 100)
    assert unknown.value.facts == {"id": "x" * 64}


def test_who_asked_agrees_alone_only_where_that_is_asked_for_and_in_time() -> None:
    request, word = waiting(needed=1), Decision(ASKER, True, NOW, "nobody else", KEY)
    alone = decided_alone(request, word)
    assert (alone.decisions, alone.outcome) == ((word,), State.APPROVED)
    for ended, at in ((alone, NOW), (request, NOW + EXPIRES_AFTER)):
        with pytest.raises((RequestDecided, RequestExpired)):
            decided_alone(ended, word._replace(at=at))
    assert decided_alone(waiting(needed=2), word).approved_by == (ASKER,)


def test_what_one_agreed_to_before_is_kept_beside_the_word_of_who_asked() -> None:
    both = decided_alone(agreed(waiting(needed=2), ANN), Decision(ASKER, True, NOW))
    assert both.approved_by == (ANN, ASKER)


def test_a_request_is_laid_down_in_these_words() -> None:
    before, after = waiting(), agreed(waiting(), ANN)
    decisions = [[ANN, True, to_ms(NOW), "", f"k{ANN}"]]
    values = {
        "about": '{"amount_fen":5,"template":"TAX_REMITTED"}',
        "requested_by": ASKER,
        "requested_at": to_ms(NOW),
        "amount_fen": 5,
        "needed": 2,
        "reason": "due",
        "decided": 1,
        "decisions": decisions,
    }
    name = f"pst_{KEY}"
    assert opened(after) == NewDocument("work", "approvals", name, values)
    assert moved(before, after) == [
        DocumentChange("work", "approvals", name, {"decided": 1, "decisions": decisions}, {"decided": 0})
    ]
    ended = agreed(after, BEN)
    gone, new = moved(after, ended)
    assert gone == DocumentGone("work", "approvals", name, {"decided": 1})
    assert isinstance(new, NewDocument)
    assert (new.table, new.pk, new.sk, new.values["decided"]) == ("work", "approvals-decided", name, 2)
