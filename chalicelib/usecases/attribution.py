"""Attribution: which distributors stand above a buyer at this moment?

The token names the buyer's referrer and its parent as they were when it was
made. One batch read fetches both; if the referrer has a new parent since, the
parent is read anew. The answer is frozen into the order.
"""

from typing import NamedTuple

from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.order import ChainLink
from chalicelib.domain.plan import MAX_PAID_LEVELS
from chalicelib.usecases.ports import Actor, Documents

SELF = "self"


class Attribution(NamedTuple):
    """The frozen chain, nearest first, and whether the buyer belongs to the same tree."""

    chain: tuple[ChainLink, ...] = ()
    self_purchase: bool = False


def attribution_of(documents: Documents, actor: Actor) -> Attribution:
    """The chain of paid levels above this buyer: one round trip, two while a move is fresh."""
    if not actor.referrers:
        return Attribution()
    hint = actor.referrers[:MAX_PAID_LEVELS]
    known = documents.get_many("edges", [(distributor, SELF) for distributor in hint])
    links: list[ChainLink] = []
    distributor = hint[0]
    root = ""
    while distributor and len(links) < MAX_PAID_LEVELS:
        item = known.get((distributor, SELF))
        if item is None:
            item = documents.get("edges", distributor, SELF)
        if item is None:
            break
        links.append(ChainLink(distributor, item.get("tier", ""), item["state"] == "ACTIVE"))
        root = item["root"]
        distributor = item.get("parent_id", "")
    return Attribution(tuple(links), _is_own_tree(actor, root, links))


def _is_own_tree(actor: Actor, root: str, links: list[ChainLink]) -> bool:
    """A distributor who buys within its own tree earns nobody anything."""
    own = distributor_id_of(actor.person_id)
    return bool(links) and (actor.root == root or any(link.distributor_id == own for link in links))
