"""Parameters: what may be set, and which value holds where and when?"""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.parameters import PARAMETERS, ParameterInvalid, Setting, checked, value_at
from chalicelib.domain.record import Plain

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MIN = "withdrawal.amount_fen_min"


def test_every_parameter_says_where_its_default_comes_from() -> None:
    assert [name for name, parameter in PARAMETERS.items() if len(parameter.source) < 10] == []


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


SETTINGS = [
    Setting(MIN, "", NOW, 2_000),
    Setting(MIN, "53", NOW, 3_000),
    Setting(MIN, "5301", NOW, 3_500),
    Setting(MIN, "", NOW + DAY, 4_000),
    Setting("withdrawal.fee_bps", "", NOW, 1),
]


@pytest.mark.parametrize(
    "moment, region, value",
    [
        (NOW - timedelta(microseconds=1), "", 1_000),
        (NOW, "", 2_000),
        (NOW, "51", 2_000),
        (NOW, "53", 3_000),
        (NOW, "530102", 3_500),
        (NOW + DAY, "51", 4_000),
        (NOW + DAY, "530102", 3_500),
    ],
)
def test_the_narrowest_region_holds_and_then_the_newest_moment(
    moment: datetime, region: str, value: int
) -> None:
    for settings in (SETTINGS, SETTINGS[::-1]):
        assert value_at(settings, MIN, moment, region) == value
