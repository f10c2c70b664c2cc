"""The demo world: which goods, rules and people does a new machine begin with?

Values only; seed.py puts them in place. The numbers are small on purpose: a sale
of 100 yuan already shows a commission, and a withdrawal of 50 yuan needs two people.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.person import Role
from chalicelib.domain.plan import Event, HoldDays, Plan
from chalicelib.domain.seed import from_document as seed_of
from infra.build import ROOT

PASSWORD = "forecourt-demo"

# What stage dev begins with on AWS, too: the goods, a plan of seven days, and two small limits.
SEED = seed_of(json.loads((ROOT / "infra" / "seeds" / "dev.json").read_text(encoding="utf-8")))
PRODUCTS = SEED.products
VIRTUAL_100, VIRTUAL_200, NAMED_1000, TOPUP_NAMED, TOPUP_BEARER, TOPUP_PETRO, STOCK_200, PETRO_500 = PRODUCTS
(_SEVEN_DAYS,) = SEED.plans

# A small batch of each card that lies in stock; the demo day brings more.
STOCKED = ((STOCK_200, 40), (PETRO_500, 40))


def plan_of_seven_days(effective_at: datetime) -> Plan:
    """Pays for sales and top-ups, a week later."""
    return replace(_SEVEN_DAYS, effective_at=effective_at)


def plan_at_once(effective_at: datetime) -> Plan:
    """Pays for sales, also those paid from a card, at the next tick; so topping up earns nothing."""
    return replace(
        _SEVEN_DAYS, plan_id="pln_at_once", version=2, effective_at=effective_at, events=(Event.CARD_SALE,),
        wallet_purchase_pays=True, hold_days=HoldDays(card_sale=0),
    )  # fmt: skip


DEVICE = "the-device-of-this-demo"  # on which everybody of the demo world signed in before


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person of the demo world. `parent`: the name of the distributor above."""

    name: str
    phone: str
    roles: tuple[Role, ...] = (Role.CUSTOMER,)
    id_number: str = ""
    parent: str = ""

    @property
    def secret(self) -> str:
        """Of the authenticator of one of GUARDED: everybody may know it, for it guards a demo."""
        return base64.b32encode(hashlib.sha256(f"demo {self.name}".encode()).digest()[:20]).decode()


STAFF = tuple(
    Somebody(name, f"1380000010{number}", (role,))
    for number, (name, role) in enumerate(
        (
            ("ops", Role.OPS),
            ("finance", Role.FINANCE),
            ("finance2", Role.FINANCE),
            ("risk", Role.RISK),
            ("admin", Role.ADMIN),
            ("support", Role.SUPPORT),
            ("auditor", Role.AUDITOR),
        ),
        start=1,
    )
)

# The demo tree: one root, the distributor whose invite code is shown, two beside and one below.
DISTRIBUTORS = (
    Somebody("root", "13800002001", id_number="530102198001010015"),
    Somebody("chuncheng", "13800002002", id_number="530102198001010031", parent="root"),
    Somebody("dianchi", "13800002003", id_number="530102198001010058", parent="root"),
    Somebody("cuihu", "13800002004", id_number="530102198001010074", parent="root"),
    Somebody("xishan", "13800002005", id_number="530102198001010090", parent="chuncheng"),
)

# Whoever moves money, of others or out: they show a second factor.
GUARDED = (*STAFF, *DISTRIBUTORS)
INVITING = "chuncheng"
CUSTOMER = Somebody("customer", "13800003001", id_number="53010219900101001X", parent=INVITING)
