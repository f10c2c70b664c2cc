"""Parameters: which value holds where and when?"""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.parameters import PARAMETERS, Setting, value_at

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MIN = "withdrawal.amount_fen_min"


def test_every_parameter_says_where_its_default_comes_from() -> None:
    assert [name for name, parameter in PARAMETERS.items() if len(parameter.source) < 10] == []


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
