"""Cards behind the API: what their stream hands to the use cases."""

from collections.abc import Sequence

from chalicelib import bootstrap
from chalicelib.handlers.stream_batch import ItemChange


def project_cards(changes: Sequence[ItemChange]) -> list[ItemChange]:
    """Write the statement lines and lists of a batch of cards; what could not be is given back."""
    return bootstrap.project_cards()(changes, bootstrap.now())
