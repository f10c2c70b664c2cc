"""Count tries: may this number be tried once more, here and everywhere?

A try is counted before the proof is looked at, under a condition: guesses that arrive together are
counted one by one.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain import people_items
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.person import checked_tries, needs_captcha
from chalicelib.domain.visitor import Visitor
from chalicelib.usecases.captchas import Captchas
from chalicelib.usecases.ports import Documents

COUNTING_TRIES_MAX = 5


@dataclass(frozen=True, slots=True)
class CountTries:
    documents: Documents
    captchas: Captchas

    def __call__(
        self,
        phone_index: str,
        device: str,
        now: datetime,
        visitor: Visitor | None = None,
        is_known: bool = False,
    ) -> None:
        """One more, here and everywhere, if this one may be made at all. Who is in already (no visitor)
        needs no captcha.

        Raises: TooManyTries, CaptchaRequired, CaptchaWrong; Unavailable when too many count at once.
        """
        everywhere = people_items.tries_everywhere_key(phone_index, now)
        seen = self.documents.get(people_items.TRIES_TABLE, *everywhere, consistent=True) or {"count": 0}
        here = people_items.tries_key(phone_index, device)
        is_answered = False
        for _ in range(COUNTING_TRIES_MAX):
            item = self.documents.get(people_items.TRIES_TABLE, *here, consistent=True)
            tries = checked_tries(people_items.tries_of(item), now)
            if visitor and not is_answered and needs_captcha(tries.wrong, seen["count"], is_known):
                self.captchas.check(visitor.captcha_id, visitor.captcha_answer, visitor.device, now)
                is_answered = True  # it is good once, and others may have counted meanwhile
            if self.documents.change(people_items.tries_change(here, item, tries, now)):
                self.documents.change(people_items.tries_everywhere_change(everywhere, now))
                return
        raise Unavailable()
