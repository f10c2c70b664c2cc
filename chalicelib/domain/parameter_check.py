"""Parameter check: which values may the office give a parameter?

Apart from the values in force, which nearly every function reads: what limits a
withdrawal and its tax is known to few of them.
"""

from chalicelib.domain import contact
from chalicelib.domain.approval import APPROVALS_MAX, Tier, people_needed
from chalicelib.domain.errors import Unprocessable
from chalicelib.domain.parameters import FEE_BPS, PARAMETERS, REFUND_ALONE_FEN_MAX, TAX_METHOD, Setting
from chalicelib.domain.record import Plain
from chalicelib.domain.tax import TaxMethod
from chalicelib.domain.withdrawal import FEE_BPS_MAX

# What may pass at a time.
LIMITS_FEN = ("withdrawal.amount_fen_max", REFUND_ALONE_FEN_MAX)

DAYS_MAX = 90  # nobody is told a day that is further away


class ParameterInvalid(Unprocessable):
    code = "PARAMETER_INVALID"
    advice = "Give a known parameter a value of its own kind, and a region of 2, 4 or 6 digits or none."


def checked(setting: Setting) -> Setting:
    """The setting, if its parameter is known and its value of the right kind. Raises: ParameterInvalid."""
    parameter = PARAMETERS.get(setting.name)
    if parameter is None or type(setting.value) is not type(parameter.default):
        raise ParameterInvalid(name=setting.name[:64])
    scope = setting.scope
    if scope and not (scope.isascii() and scope.isdigit() and len(scope) in (2, 4, 6)):
        raise ParameterInvalid(name=setting.name, scope=scope[:64])
    if setting.name in contact.PATTERNS and not contact.is_well_written(setting.name, setting.value):
        raise ParameterInvalid(name=setting.name)
    if isinstance(setting.value, int) and setting.value < 0:
        raise ParameterInvalid(name=setting.name)
    if isinstance(setting.value, list) and not _is_tiers(setting.value):
        raise ParameterInvalid(name=setting.name)
    if setting.name == TAX_METHOD and setting.value not in set(TaxMethod):
        raise ParameterInvalid(name=setting.name)
    if setting.name.endswith("_days") and isinstance(setting.value, int) and setting.value > DAYS_MAX:
        raise ParameterInvalid(name=setting.name)
    bps_max = FEE_BPS_MAX if setting.name == FEE_BPS else 10_000
    if setting.name.endswith("_bps") and isinstance(setting.value, int) and setting.value > bps_max:
        raise ParameterInvalid(name=setting.name)
    return setting


def approvals_of(setting: Setting, tiers: tuple[Tier, ...]) -> int:
    """How many people let it hold: as many as the largest amount takes that it lets pass."""
    if isinstance(setting.value, list):  # how many agree: no fewer than agree to the most by now
        return min(APPROVALS_MAX, max(tier.approvals for tier in tiers))
    if setting.name in LIMITS_FEN and isinstance(setting.value, int):
        return people_needed(setting.value, tiers)
    return 1


def _is_tiers(rows: list[Plain]) -> bool:
    """Limits that rise, the last one open, each with how many people agree."""
    limits: list[int] = []
    for row in rows:
        if not isinstance(row, list) or len(row) != 2:
            return False
        limit, people = row
        is_last = row is rows[-1]
        if type(people) is not int or people < 1 or (limit is None) != is_last:
            return False
        if isinstance(limit, int):
            limits.append(limit)
    return bool(rows) and limits == sorted(set(limits)) and len(limits) == len(rows) - 1
