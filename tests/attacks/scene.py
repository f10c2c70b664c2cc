"""Scene: an attacker who is a distributor as the victim is, and what must be true of each attack.

The matrix (tests/handlers/test_authorisation.py) tries every id in every path, test_bad_input.py wrong
bodies, tokens and callbacks; here is what takes more than one step, or goes by another way: docs/attacks.md.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.handlers.api_client import Reply
from tests.handlers.everybody import Everybody, is_untouched
from tests.handlers.market import Trader, everything
from tests.handlers.scenarios.distribution import founded


@dataclass
class Scene:
    """`victim` owns `things`; `attacker` has no right to them, and has things of the same kinds."""

    everybody: Everybody

    def __post_init__(self) -> None:
        things = self.everybody.things
        self.things, self.victim = things.ids, self.everybody.again(things.distributor).trader
        self.attacker = self.everybody.again(founded(self.everybody)[0]).trader
        self.card_id = self.everybody.card(self.attacker, 10_000)
        self.order_id = self.everybody.ordered(self.attacker)

    def ask(self, method: str, path: str, body: object = None, who: Trader | None = None) -> Reply:
        """A call of the attacker, unless somebody else makes it."""
        return self.everybody.call(method, path, body, who or self.attacker)

    def fails(self, attack: Callable[[], Reply], status: int, code: str) -> Reply:
        """The attack is refused by this name, and no item of any table has changed."""
        before = everything(self.everybody.world)
        answer = attack()
        assert (answer.status, answer.code) == (status, code), answer.text
        assert is_untouched(self.everybody.world, before)
        return answer
