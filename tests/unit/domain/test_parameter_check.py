"""Parameter check: what may be set?"""

from datetime import UTC, datetime

import pytest

from chalicelib.domain.approval import TIERS, Tier
from chalicelib.domain.parameter_check import ParameterInvalid, approvals_of, checked
from chalicelib.domain.parameters import PARAMETERS, Setting
from chalicelib.domain.record import Plain

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
MIN = "withdrawal.amount_fen_min"


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_default_could_be_set(name: str) -> None:
    setting = Setting(name, "", NOW, PARAMETERS[name].default)
    assert checked(setting) == setting


@pytest.mark.parametrize(
    "name, value",
    [
        ("no.such", 1),
        (MIN, -1),
        (MIN, True),
        (MIN, "1000"),
        (MIN, None),
        ("withdrawal.fee_bps", 5_001),
        ("commission.netting_bps", 10_001),
        ("withdrawal.arrival_days", 91),
        ("contact.hours", "8 to 8"),
        ("withdrawal.tax_method", "HALF"),
        ("withdrawal.tax_method", "per_payment"),
        ("withdrawal.approval_tiers", []),
        ("withdrawal.approval_tiers", [[None, 0]]),
        ("withdrawal.approval_tiers", [[5, 1], [4, 2], [None, 3]]),
        ("withdrawal.approval_tiers", [[5, 1]]),
    ],
)
def test_a_value_that_nobody_could_go_by_is_refused(name: str, value: Plain) -> None:
    with pytest.raises(ParameterInvalid):
        checked(Setting(name, "", NOW, value))


@pytest.mark.parametrize("scope", ["5", "530", "5301020", "yn", "٥٣"])
def test_a_region_has_two_four_or_six_digits(scope: str) -> None:
    with pytest.raises(ParameterInvalid):
        checked(Setting(MIN, scope, NOW, 1))


@pytest.mark.parametrize(
    "name, value, people",
    [
        (MIN, 5_000_001, 1),
        ("withdrawal.amount_fen_max", 499_999, 1),
        ("withdrawal.amount_fen_max", 500_000, 2),
        ("refund.alone_fen_max", 5_000_001, 3),
        ("approval.tiers", [[None, 1]], 3),
        ("withdrawal.approval_tiers", [[None, 1]], 3),
    ],
)
def test_a_limit_takes_as_many_people_as_the_most_that_it_lets_pass(
    name: str, value: Plain, people: int
) -> None:
    assert approvals_of(Setting(name, "", NOW, value), TIERS) == people
    assert approvals_of(Setting(name, "", NOW, value), (Tier(None, 1),)) == 1
