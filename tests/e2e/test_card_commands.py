"""Commands on cards, on the embedded engine: who may do what to a card, and what stays of its money."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.card import (
    BearerHasNoLoss,
    Card,
    CardState,
    CardStateConflict,
    CardUnknown,
    Freezer,
    FrozenByOther,
    LossTermOver,
)
from chalicelib.domain.card_secret import LOCK_TERM, ProofLocked, ProofWrong, sealed_text
from chalicelib.domain.change import NewCard
from chalicelib.domain.errors import KeyReused, Refusal
from chalicelib.domain.ledger import checked_lines, credit, debit
from chalicelib.domain.record import Record
from chalicelib.usecases.activate_card import ActivateCard
from chalicelib.usecases.bind_card import BindCard, NamedNeedsRealName, NamedToAnother
from chalicelib.usecases.change_card import ChangeCard
from chalicelib.usecases.freeze_card import FreezeCard
from chalicelib.usecases.make_card import MakeCard
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.prove_card import ProveCard
from chalicelib.usecases.replace_card import HoldOpen, IssuerReplaces, ReplaceCard
from chalicelib.usecases.report_loss import ReportLoss
from chalicelib.usecases.reveal_secret import AlreadyRevealed, CardHasNoSecret, RevealSecret
from local.testing import World
from tests.fakes.keys import FakeKeys

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
HOLDER = Actor("cus_HHHHHHHHHHHH", frozenset({"customer"}), real_name=True)
FRIEND = Actor("cus_FFFFFFFFFFFF", frozenset({"customer"}))
SUPPORT = Actor("stf_SSSSSSSSSSSS", frozenset({"support"}))
RISK = Actor("stf_RRRRRRRRRRRR", frozenset({"risk"}))
NUMBER, SECRET = "100011112222000001", "Secret000001"


@dataclass
class Counter:
    """The use cases, and commands with keys of their own."""

    world: World
    keys: FakeKeys = field(default_factory=FakeKeys)
    given: int = 0

    def __post_init__(self) -> None:
        self.change = ChangeCard(bootstrap.books(), bootstrap.cards())
        self.prove = ProveCard(bootstrap.documents(), self.keys)
        self.activate = ActivateCard(self.change, self.prove)
        self.freezing = FreezeCard(self.change)
        self.loss = ReportLoss(self.change)
        self.replacing = ReplaceCard(self.change, MakeCard(self.keys, lambda n: "7" * n))
        self.reveal = RevealSecret(self.change, self.keys)
        self.bind = BindCard(self.change, self.prove, self.keys)
        self.card_id = f"crd_{self.keys.blind_index(NUMBER)}"

    def by(self, actor: Actor, now: datetime = NOW) -> Command:
        self.given += 1
        return Command(
            actor, f"01JD3Q8Z6N5W4V3T2S1R{self.given:06}", now, request_hash=f"request {self.given}"
        )

    def has(self, state: CardState = CardState.ACTIVE, available_fen: int = 0, **fields: Any) -> str:
        """Put one physical card of the holder there, with some money on it."""
        card = Card(
            self.card_id,
            "sku_a",
            "petro",
            "ISSUER",
            "NAMED",
            "PHYSICAL",
            state,
            500_000,
            NUMBER[-4:],
            sealed=self.keys.seal(sealed_text(NUMBER, SECRET), self.card_id),
            holder_id=HOLDER.person_id,
        )
        account = f"L:PREPAID:{self.card_id}"
        lines = checked_lines("OPENING", [debit("Q:OPENING", available_fen), credit(account, available_fen)])
        opening = Record("opening", "1", "OPENING", NOW, "system", lines=lines)
        bootstrap.books().commit(opening, [NewCard(replace(card, **fields))])
        return self.card_id

    @property
    def card(self) -> Card:
        card = bootstrap.cards().get(self.card_id)
        assert card is not None
        return card

    def everything(self) -> list[list[str]]:
        return [sorted(map(repr, self.world.items(table))) for table in ("cards", "journal")]

    def unchanged(self, refusal: type[Refusal], call: Callable[[], object]) -> Refusal:
        """The refusal of a call that changes nothing."""
        before = self.everything()
        with pytest.raises(refusal) as refused:
            call()
        assert self.everything() == before
        return refused.value


@pytest.fixture
def counter(world: World) -> Counter:
    return Counter(world)


# ---------------------------------------------------------------- activate


def test_a_sold_card_is_activated_by_its_secret(counter: Counter) -> None:
    card_id = counter.has(CardState.SOLD)
    command = counter.by(HOLDER)
    card = counter.activate(command, card_id, SECRET)
    assert (card.state, card.revealed_at) == (CardState.ACTIVE, NOW)
    assert counter.activate(command, card_id, SECRET) == card
    counter.unchanged(CardStateConflict, lambda: counter.activate(counter.by(HOLDER), card_id, SECRET))
    (record,) = bootstrap.books().records(HOLDER.person_id)
    assert (record.action, record.about) == ("card.activate", {"card": card_id})


def test_a_card_of_another_person_does_not_exist(counter: Counter) -> None:
    card_id = counter.has(CardState.SOLD)
    counter.unchanged(CardUnknown, lambda: counter.activate(counter.by(FRIEND), card_id, SECRET))
    counter.unchanged(CardUnknown, lambda: counter.reveal(counter.by(FRIEND), card_id))
    counter.unchanged(CardUnknown, lambda: counter.loss(counter.by(FRIEND), card_id))


def test_five_wrong_secrets_lock_the_card_for_a_day_even_for_the_right_one(counter: Counter) -> None:
    card_id = counter.has(CardState.SOLD)
    left = []
    for _ in range(5):
        refusal = counter.unchanged(
            ProofWrong, lambda: counter.activate(counter.by(HOLDER), card_id, "wrong")
        )
        left.append(refusal.facts["tries_left"])
    assert left == [4, 3, 2, 1, 0]
    locked = counter.unchanged(ProofLocked, lambda: counter.activate(counter.by(HOLDER), card_id, SECRET))
    assert locked.facts["retry_after_seconds"] == 24 * 3600
    assert counter.activate(counter.by(HOLDER, NOW + LOCK_TERM), card_id, SECRET).state is CardState.ACTIVE


def test_many_guesses_at_once_are_five_guesses(counter: Counter) -> None:
    card_id = counter.has(CardState.SOLD)
    opened = 0

    def guess(command: Command) -> str:
        try:
            counter.activate(command, card_id, "wrong")
        except Refusal as refusal:
            return refusal.code
        return "activated"

    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(guess, [counter.by(HOLDER) for _ in range(24)]))
    opened = answers.count("CARD_PROOF_WRONG")
    assert opened <= 5
    assert set(answers) <= {"CARD_PROOF_WRONG", "CARD_PROOF_LOCKED", "TRY_AGAIN"}


# ---------------------------------------------------------------- freeze


def test_a_holder_freezes_and_unfreezes(counter: Counter) -> None:
    card_id = counter.has()
    assert counter.freezing.freeze(counter.by(HOLDER), card_id, Freezer.HOLDER).state is CardState.FROZEN
    counter.unchanged(
        CardStateConflict, lambda: counter.freezing.freeze(counter.by(HOLDER), card_id, Freezer.HOLDER)
    )
    card = counter.freezing.lift(counter.by(HOLDER), card_id, Freezer.HOLDER)
    assert (card.state, card.frozen_by) == (CardState.ACTIVE, "")


@pytest.mark.parametrize(
    "frozen_by, lifted_by, allowed",
    [
        (Freezer.HOLDER, Freezer.SUPPORT, False),
        (Freezer.HOLDER, Freezer.RISK, False),
        (Freezer.SUPPORT, Freezer.HOLDER, False),
        (Freezer.SUPPORT, Freezer.SUPPORT, True),
        (Freezer.SUPPORT, Freezer.RISK, True),
        (Freezer.RISK, Freezer.HOLDER, False),
        (Freezer.RISK, Freezer.SUPPORT, False),
        (Freezer.RISK, Freezer.RISK, True),
    ],
)
def test_who_may_lift_whose_freeze(
    counter: Counter, frozen_by: Freezer, lifted_by: Freezer, allowed: bool
) -> None:
    actors = {Freezer.HOLDER: HOLDER, Freezer.SUPPORT: SUPPORT, Freezer.RISK: RISK}
    card_id = counter.has()
    counter.freezing.freeze(counter.by(actors[frozen_by]), card_id, frozen_by)

    def lift() -> Card:
        return counter.freezing.lift(counter.by(actors[lifted_by]), card_id, lifted_by)

    if allowed:
        assert lift().state is CardState.ACTIVE
    else:
        assert counter.unchanged(FrozenByOther, lift).facts["frozen_by"] == frozen_by


def test_the_office_takes_over_a_holders_freeze_and_the_holder_can_no_longer_lift_it(
    counter: Counter,
) -> None:
    card_id = counter.has()
    counter.freezing.freeze(counter.by(HOLDER), card_id, Freezer.HOLDER)
    assert counter.freezing.freeze(counter.by(RISK), card_id, Freezer.RISK).frozen_by == Freezer.RISK
    counter.unchanged(
        FrozenByOther, lambda: counter.freezing.lift(counter.by(HOLDER), card_id, Freezer.HOLDER)
    )
    counter.unchanged(
        FrozenByOther, lambda: counter.freezing.freeze(counter.by(SUPPORT), card_id, Freezer.SUPPORT)
    )


# ---------------------------------------------------------------- loss and replacement


def test_a_report_of_loss_is_withdrawn_within_a_day_and_not_later(counter: Counter) -> None:
    card_id = counter.has()
    assert counter.loss(counter.by(HOLDER), card_id).state is CardState.LOST
    late = NOW + timedelta(hours=24, milliseconds=1)
    counter.unchanged(LossTermOver, lambda: counter.loss.withdraw(counter.by(HOLDER, late), card_id))
    found = counter.loss.withdraw(counter.by(HOLDER, NOW + timedelta(hours=24)), card_id)
    assert found.state is CardState.ACTIVE


def test_a_bearer_card_has_no_loss(counter: Counter) -> None:
    card_id = counter.has(kind="BEARER", cap_fen=100_000)
    counter.unchanged(BearerHasNoLoss, lambda: counter.loss(counter.by(HOLDER), card_id))


def test_a_report_of_loss_is_no_way_around_a_freeze_by_the_office(counter: Counter) -> None:
    card_id = counter.has(available_fen=100)
    counter.freezing.freeze(counter.by(RISK), card_id, Freezer.RISK)
    counter.loss(counter.by(HOLDER), card_id)
    counter.unchanged(FrozenByOther, lambda: counter.loss.withdraw(counter.by(HOLDER), card_id))
    counter.unchanged(FrozenByOther, lambda: counter.replacing(counter.by(HOLDER), card_id))


def test_a_lost_card_is_replaced_once_and_its_whole_balance_moves(counter: Counter) -> None:
    card_id = counter.has(available_fen=123_456)
    counter.loss(counter.by(HOLDER), card_id)
    command = counter.by(HOLDER)
    new = counter.replacing(command, card_id)
    assert (new.state, new.available_fen, new.balance_fen) == (CardState.ACTIVE, 123_456, 123_456)
    assert (new.holder_id, new.kind, new.cap_fen) == (HOLDER.person_id, "NAMED", 500_000)
    old = counter.card
    assert (old.state, old.available_fen, old.balance_fen, old.replaced_by) == (
        CardState.REPLACED,
        0,
        0,
        new.card_id,
    )
    assert counter.replacing(command, card_id) == new
    counter.unchanged(CardStateConflict, lambda: counter.replacing(counter.by(HOLDER), card_id))
    record = bootstrap.books().record(HOLDER.person_id, command.key)
    assert record is not None
    assert [line.amount_fen for line in record.lines] == [123_456, -123_456]


def test_an_empty_card_is_replaced_too(counter: Counter) -> None:
    counter.has()
    counter.loss(counter.by(HOLDER), counter.card_id)
    assert counter.replacing(counter.by(HOLDER), counter.card_id).available_fen == 0


def test_only_a_lost_card_of_our_own_without_open_holds_is_replaced(counter: Counter) -> None:
    card_id = counter.has()
    counter.unchanged(CardStateConflict, lambda: counter.replacing(counter.by(HOLDER), card_id))


@pytest.mark.parametrize(
    "fields, refusal",
    [({"mode": "AGENT"}, IssuerReplaces), ({"held_fen": 5}, HoldOpen)],
    ids=["AGENT", "held"],
)
def test_a_card_that_cannot_be_replaced_here(
    counter: Counter, fields: dict[str, Any], refusal: type[Refusal]
) -> None:
    card_id = counter.has(**fields)
    counter.loss(counter.by(HOLDER), card_id)
    counter.unchanged(refusal, lambda: counter.replacing(counter.by(HOLDER), card_id))


def test_eight_replacements_at_once_make_one_card(counter: Counter) -> None:
    card_id = counter.has(available_fen=500)
    counter.loss(counter.by(HOLDER), card_id)
    digits = iter(f"{n:015}" for n in range(1000))
    replacing = ReplaceCard(counter.change, MakeCard(counter.keys, lambda n: next(digits)))

    def ask(command: Command) -> str:
        try:
            return replacing(command, card_id).card_id
        except CardStateConflict:
            return ""

    with ThreadPoolExecutor(8) as crowd:
        made = [card for card in crowd.map(ask, [counter.by(HOLDER) for _ in range(8)]) if card]
    assert len(made) == 1
    assert len(counter.world.items("cards")) == 2


# ---------------------------------------------------------------- reveal


def test_a_secret_is_shown_once_and_never_again(counter: Counter) -> None:
    card_id = counter.has(CardState.SOLD)
    command = counter.by(HOLDER)
    shown = counter.reveal(command, card_id)
    assert (shown.card_number, shown.secret, shown.card.revealed_at) == (NUMBER, SECRET, NOW)
    assert SECRET not in repr(shown)
    assert NUMBER not in repr(shown)
    counter.unchanged(AlreadyRevealed, lambda: counter.reveal(command, card_id))
    counter.unchanged(AlreadyRevealed, lambda: counter.reveal(counter.by(HOLDER), card_id))
    (record,) = bootstrap.books().records(HOLDER.person_id)
    assert record.action == "card.reveal"
    assert SECRET not in repr(counter.everything())


def test_of_eight_readers_at_once_one_sees_the_secret(counter: Counter) -> None:
    card_id = counter.has(CardState.SOLD)

    def read(command: Command) -> bool:
        try:
            return counter.reveal(command, card_id).secret == SECRET
        except AlreadyRevealed:
            return False

    with ThreadPoolExecutor(8) as crowd:
        assert sum(crowd.map(read, [counter.by(HOLDER) for _ in range(8)])) == 1


def test_a_frozen_card_and_one_without_a_scratch_field_show_nothing(counter: Counter) -> None:
    card_id = counter.has(sealed=counter.keys.seal(NUMBER, counter.card_id))
    counter.unchanged(CardHasNoSecret, lambda: counter.reveal(counter.by(HOLDER), card_id))
    counter.freezing.freeze(counter.by(HOLDER), card_id, Freezer.HOLDER)
    counter.unchanged(CardStateConflict, lambda: counter.reveal(counter.by(HOLDER), card_id))


# ---------------------------------------------------------------- bind


def test_a_bearer_card_goes_to_whoever_has_number_and_secret(counter: Counter) -> None:
    card_id = counter.has(kind="BEARER", cap_fen=100_000, available_fen=50_000)
    command = counter.by(FRIEND)
    card = counter.bind(command, NUMBER, SECRET)
    assert (card.card_id, card.holder_id, card.available_fen) == (card_id, FRIEND.person_id, 50_000)
    assert card.revealed_at == NOW
    assert counter.bind(command, NUMBER, SECRET) == card
    other = replace(command, request_hash="another request")
    counter.unchanged(KeyReused, lambda: counter.bind(other, NUMBER, SECRET))


def test_a_named_card_stays_with_its_person(counter: Counter) -> None:
    counter.has()
    counter.unchanged(NamedToAnother, lambda: counter.bind(counter.by(FRIEND), NUMBER, SECRET))
    assert counter.bind(counter.by(HOLDER), NUMBER, SECRET).holder_id == HOLDER.person_id


def test_a_named_card_that_is_nobodys_yet_needs_a_real_name(counter: Counter) -> None:
    counter.has(holder_id="")
    counter.unchanged(NamedNeedsRealName, lambda: counter.bind(counter.by(FRIEND), NUMBER, SECRET))
    assert counter.bind(counter.by(HOLDER), NUMBER, SECRET).holder_id == HOLDER.person_id


def test_a_frozen_card_or_one_in_stock_is_bound_by_nobody(counter: Counter) -> None:
    counter.has(CardState.FROZEN, kind="BEARER")
    counter.unchanged(CardStateConflict, lambda: counter.bind(counter.by(FRIEND), NUMBER, SECRET))


def test_a_number_that_does_not_exist_sounds_like_a_wrong_secret_and_counts(counter: Counter) -> None:
    counter.has(kind="BEARER")
    for number in range(5):
        counter.unchanged(ProofWrong, lambda n=number: counter.bind(counter.by(FRIEND), f"99999{n}", SECRET))
    counter.unchanged(ProofLocked, lambda: counter.bind(counter.by(FRIEND), NUMBER, SECRET))
    assert counter.bind(counter.by(HOLDER), NUMBER, SECRET)


def test_a_right_proof_forgets_the_wrong_ones(counter: Counter) -> None:
    counter.has(kind="BEARER")
    for _ in range(3):
        for _ in range(4):
            counter.unchanged(ProofWrong, lambda: counter.bind(counter.by(FRIEND), NUMBER, "wrong"))
        counter.bind(counter.by(FRIEND), NUMBER, SECRET)
