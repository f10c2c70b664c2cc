"""The demo world: which goods, rules and people does a new machine begin with?

Values only; seed.py puts them in place. The numbers are small on purpose: a sale
of 100 yuan already shows a commission, and a withdrawal of 50 yuan needs two people.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.catalog import CardKind, Form, Mode, Product
from chalicelib.domain.person import Role
from chalicelib.domain.plan import Event, HoldDays, Plan, Rule, RuleKind, Scope
from chalicelib.domain.record import Plain

PASSWORD = "forecourt-demo"
OWN_ISSUER = "forecourt"
OIL_COMPANY = "petro"

VIRTUAL_100 = Product(
    "sku_virtual_100", "Virtual card 100 yuan", "CARD_SALE", OWN_ISSUER, Mode.ISSUER, CardKind.BEARER,
    Form.VIRTUAL, face_fen=10_000, price_fen=10_000, cost_fen=9_700, category="virtual",
)  # fmt: skip
VIRTUAL_200 = Product(
    "sku_virtual_200", "Virtual card 200 yuan", "CARD_SALE", OWN_ISSUER, Mode.ISSUER, CardKind.BEARER,
    Form.VIRTUAL, face_fen=20_000, price_fen=19_900, cost_fen=19_300, category="virtual",
)  # fmt: skip
NAMED_1000 = Product(
    "sku_named_1000", "Named card 1 000 yuan", "CARD_SALE", OWN_ISSUER, Mode.ISSUER, CardKind.NAMED,
    Form.VIRTUAL, face_fen=100_000, price_fen=98_500, cost_fen=97_000, category="named",
)  # fmt: skip
TOPUP_NAMED = Product(
    "sku_topup", "Top-up of a named card", "TOPUP", OWN_ISSUER, Mode.ISSUER, CardKind.NAMED,
    Form.VIRTUAL, face_fen=0, price_fen=0, cost_fen=0, category="topup", price_bps=9_950, cost_bps=9_800,
)  # fmt: skip
TOPUP_BEARER = Product(
    "sku_topup_bearer", "Top-up of a bearer card", "TOPUP", OWN_ISSUER, Mode.ISSUER, CardKind.BEARER,
    Form.VIRTUAL, face_fen=0, price_fen=0, cost_fen=0, category="topup", cost_bps=9_800,
)  # fmt: skip
TOPUP_PETRO = Product(
    "sku_topup_petro", "Top-up of a Petro card", "TOPUP", OIL_COMPANY, Mode.AGENT, CardKind.BEARER,
    Form.VIRTUAL, face_fen=0, price_fen=0, cost_fen=0, category="topup", price_bps=9_900, cost_bps=9_750,
)  # fmt: skip
STOCK_200 = Product(
    "sku_stock_200", "Plastic card 200 yuan", "CARD_SALE", OWN_ISSUER, Mode.ISSUER, CardKind.BEARER,
    Form.PHYSICAL, face_fen=20_000, price_fen=20_000, cost_fen=19_500, category="stock",
)  # fmt: skip
PETRO_500 = Product(
    "sku_petro_500", "Petro card 500 yuan", "CARD_SALE", OIL_COMPANY, Mode.AGENT, CardKind.BEARER,
    Form.PHYSICAL, face_fen=50_000, price_fen=49_250, cost_fen=48_500, category="stock",
)  # fmt: skip

PRODUCTS = (
    VIRTUAL_100, VIRTUAL_200, NAMED_1000, TOPUP_NAMED, TOPUP_BEARER, TOPUP_PETRO, STOCK_200, PETRO_500,
)  # fmt: skip

# A small batch of each card that lies in stock; the demo day brings more.
STOCKED = ((STOCK_200, 40), (PETRO_500, 40))

# In force since before the world began. What is not named here keeps its default.
PARAMETERS: dict[str, Plain] = {
    "withdrawal.amount_fen_min": 100,
    "withdrawal.approval_tiers": [[1_000, 1], [50_000, 2], [None, 3]],
}


def _rules() -> tuple[Rule, ...]:
    petro = Scope(sku_id=PETRO_500.sku_id)
    kunming = Scope(category="virtual", region="5301")
    return (
        Rule("first", RuleKind.PERCENT, 120, level=1),
        Rule("second", RuleKind.PERCENT, 50, level=2),
        Rule("petro-first", RuleKind.FIXED_PER_UNIT, 300, level=1, scope=petro),
        Rule("petro-second", RuleKind.FIXED_PER_UNIT, 100, level=2, scope=petro),
        Rule("kunming-first", RuleKind.PERCENT, 150, level=1, scope=kunming, line_fen_max=250),
    )


def plan_of_seven_days(effective_at: datetime) -> Plan:
    """Pays for sales and top-ups, a week later."""
    hold = HoldDays(card_sale=7, topup=7)
    return Plan(
        "pln_seven_days", 1, effective_at, _rules(), paid_levels=2, hold_days=hold, margin_share_bps=6_000
    )


def plan_at_once(effective_at: datetime) -> Plan:
    """Pays for sales, also those paid from a card, at the next tick; so topping up earns nothing."""
    return Plan(
        "pln_at_once", 2, effective_at, _rules(), paid_levels=2, events=(Event.CARD_SALE,),
        wallet_purchase_pays=True, hold_days=HoldDays(card_sale=0), margin_share_bps=6_000,
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
INVITING = "chuncheng"
CUSTOMER = Somebody("customer", "13800003001", id_number="53010219900101001X", parent=INVITING)
