"""Keep preferences: somebody reads, sets and resets how they want to see the product.

Of two devices that set them at once one is told to read again. Sent again after a lost answer it is
the same: what stands there already is what was wanted.
"""

from dataclasses import dataclass

from chalicelib.domain import preferences as layout
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.preferences import DEFAULTS, Kept, Preferences, PreferencesMoved
from chalicelib.usecases.ports import Documents

TRIES_MAX = 4


@dataclass(frozen=True, slots=True)
class KeepPreferences:
    documents: Documents

    def read(self, person_id: str) -> Kept:
        item = self.documents.get(layout.TABLE, person_id, layout.SORT_KEY, consistent=True)
        return layout.kept_from(item)

    def set(self, person_id: str, wanted: Preferences, version: int) -> Kept:
        """They as they are now. `version`: of the ones that were read before. Raises: PreferencesMoved."""
        if self.documents.change(layout.change_of(person_id, wanted, version)) is not None:
            return Kept(wanted, version + 1)
        found = self.read(person_id)
        if found != Kept(wanted, version + 1):
            raise PreferencesMoved(version=found.version)
        return found

    def reset(self, person_id: str) -> Kept:
        """As they were at first, whoever set them since. Raises: Unavailable."""
        for _ in range(TRIES_MAX):
            found = self.read(person_id)
            if found.preferences == DEFAULTS:
                return found
            if self.documents.change(layout.change_of(person_id, DEFAULTS, found.version)) is not None:
                return Kept(DEFAULTS, found.version + 1)
        raise Unavailable()
