"""Distributors: who stands above whom, by which code are they found, and which moves in the tree are allowed?

    APPLIED -> KYC -> SIGNED -> ACTIVE <-> SUSPENDED
    APPLIED, KYC, SIGNED -> REJECTED | WITHDRAWN
    ACTIVE, SUSPENDED    -> TERMINATED          open entries still settle

The tree may be of any depth; paid are the first places of the chain alone. Every
order freezes its chain when it is sold, so a later move changes no old commission.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.errors import IllegalState, NotFound, Unprocessable
from chalicelib.domain.ids import KEY_ALPHABET, KEY_LENGTH, KEY_PATTERN
from chalicelib.domain.order import ChainLink
from chalicelib.domain.plan import MAX_PAID_LEVELS

INVITE_CODES = len(KEY_ALPHABET) ** KEY_LENGTH  # 31^12, above 59 bits: a million codes open none of them


class DistributorState(StrEnum):
    APPLIED = "APPLIED"
    KYC = "KYC"
    SIGNED = "SIGNED"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    TERMINATED = "TERMINATED"


_S = DistributorState
TRANSITIONS: dict[DistributorState, frozenset[DistributorState]] = {
    _S.APPLIED: frozenset({_S.KYC, _S.REJECTED, _S.WITHDRAWN}),
    _S.KYC: frozenset({_S.SIGNED, _S.REJECTED, _S.WITHDRAWN}),
    _S.SIGNED: frozenset({_S.ACTIVE, _S.REJECTED, _S.WITHDRAWN}),
    _S.ACTIVE: frozenset({_S.SUSPENDED, _S.TERMINATED}),
    _S.SUSPENDED: frozenset({_S.ACTIVE, _S.TERMINATED}),
    _S.REJECTED: frozenset(),
    _S.WITHDRAWN: frozenset(),
    _S.TERMINATED: frozenset(),
}


class InviteCodeUnknown(NotFound):
    code = "INVITE_CODE_UNKNOWN"
    advice = "Check the code; it has twelve letters and digits, none of them 0, O, 1, I or L."


class RootChangeForbidden(Unprocessable):
    code = "ROOT_CHANGE_FORBIDDEN"
    advice = "Choose a new parent below the same root."


class Cycle(Unprocessable):
    code = "CYCLE"
    advice = "Choose a parent that does not stand below the one who moves."


class ParentNotActive(Unprocessable):
    code = "PARENT_NOT_ACTIVE"
    advice = "Choose a parent who is active."


@dataclass(frozen=True, slots=True)
class Distributor:
    """One place of the tree. `upline`: the nearest ancestors, parent first: all that are ever paid above."""

    distributor_id: str
    root_id: str
    state: DistributorState
    parent_id: str | None = None
    upline: tuple[str, ...] = ()
    tier: str = ""
    region: str = ""

    @property
    def is_active(self) -> bool:
        return self.state is DistributorState.ACTIVE


def moved_to(distributor: Distributor, state: DistributorState) -> Distributor:
    """The distributor one step further. Raises: IllegalState."""
    if state not in TRANSITIONS[distributor.state]:
        raise IllegalState(entity=distributor.distributor_id, state=distributor.state, wanted=state)
    return replace(distributor, state=state)


def given_up(state: DistributorState) -> DistributorState:
    """Where a place goes that its holder gives up."""
    return _S.TERMINATED if _S.TERMINATED in TRANSITIONS[state] else _S.WITHDRAWN


def invite_code(choose_below: Callable[[int], int]) -> str:
    """A new code of twelve look-alike-free characters.

    `choose_below(n)` gives a secret number from 0 to n − 1, all equally likely.
    """
    number = choose_below(INVITE_CODES)
    characters = []
    for _ in range(KEY_LENGTH):
        number, digit = divmod(number, len(KEY_ALPHABET))
        characters.append(KEY_ALPHABET[digit])
    return "".join(characters)


def checked_invite_code(text: str) -> str:
    """The code in its one spelling, however it was typed. Raises: InviteCodeUnknown."""
    code = text.upper().replace("-", "").replace(" ", "")
    if not KEY_PATTERN.fullmatch(code):
        raise InviteCodeUnknown()
    return code


def below(parent: Distributor, distributor_id: str) -> Distributor:
    """A newcomer under a parent. Joining costs nothing and earns nobody anything. Raises: ParentNotActive."""
    if not parent.is_active:
        raise ParentNotActive(parent_id=parent.distributor_id)
    return Distributor(
        distributor_id=distributor_id,
        root_id=parent.root_id,
        state=DistributorState.APPLIED,
        parent_id=parent.distributor_id,
        upline=_upline_below(parent),
    )


def reparented(mover: Distributor, parent: Distributor, ancestors_of_parent: Iterable[str]) -> Distributor:
    """The mover under a new parent of the same tree; `ancestors_of_parent` is the walk up to the root.

    The uplines of those below him are the caller's to renew.
    Raises: RootChangeForbidden, Cycle, ParentNotActive.
    """
    if parent.root_id != mover.root_id:
        raise RootChangeForbidden(root_id=mover.root_id, wanted=parent.root_id)
    walk = (parent.distributor_id, *ancestors_of_parent)
    assert walk[-1] == parent.root_id, "the walk must reach the root, or it proves nothing"
    if mover.distributor_id in walk:
        raise Cycle(distributor_id=mover.distributor_id, parent_id=parent.distributor_id)
    if not parent.is_active:
        raise ParentNotActive(parent_id=parent.distributor_id)
    return replace(mover, parent_id=parent.distributor_id, upline=_upline_below(parent))


def chain_of(seller: Distributor, upline: Sequence[Distributor]) -> tuple[ChainLink, ...]:
    """The chain that an order freezes: the seller, then those above him, the places that may be paid."""
    members = (seller, *upline)[:MAX_PAID_LEVELS]
    return tuple(ChainLink(member.distributor_id, member.tier, member.is_active) for member in members)


def is_self_purchase(buyer_root_id: str | None, order_root_id: str | None) -> bool:
    """Whether the buyer is himself a distributor of the tree that would be paid: then nobody earns."""
    return buyer_root_id is not None and buyer_root_id == order_root_id


def _upline_below(parent: Distributor) -> tuple[str, ...]:
    return (parent.distributor_id, *parent.upline)[: MAX_PAID_LEVELS - 1]
