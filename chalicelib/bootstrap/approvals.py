"""Approvals: what several people decide, and who does it when they have."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import books, catalog, documents
from chalicelib.bootstrap.part import part

if TYPE_CHECKING:
    from chalicelib.usecases.approvals import Approvals, Subject
    from chalicelib.usecases.inbox import Inbox
    from chalicelib.usecases.post_by_hand import PostByHand


@part
def approvals() -> "Approvals":
    from chalicelib.bootstrap import distribution
    from chalicelib.domain.approval import Kind
    from chalicelib.usecases.approvals import Approvals

    subjects: dict[Kind, Callable[[], Subject]] = {
        Kind.PLAN: lambda: distribution.publish_plan(),
        Kind.PARAMETER: lambda: distribution.set_parameter(),
        Kind.POSTING: lambda: post_by_hand(),
    }
    return Approvals(books(), documents(), subjects)


@part
def post_by_hand() -> "PostByHand":
    from chalicelib.usecases.post_by_hand import PostByHand

    return PostByHand(books(), catalog(), approvals())


@part
def inbox() -> "Inbox":
    from chalicelib.bootstrap.distribution import decide_withdrawal, withdrawal_file
    from chalicelib.bootstrap.views import queue_reviews
    from chalicelib.usecases.inbox import Inbox

    return Inbox(documents(), approvals(), withdrawal_file(), queue_reviews(), decide_withdrawal())
