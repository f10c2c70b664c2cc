"""Parameter check: what may be set?"""

from datetime import UTC, datetime

import pytest

from chalicelib.domain.parameter_check import ParameterInvalid, checked
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
