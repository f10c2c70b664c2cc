"""The simulated streams: what overtakes what, when a shard splits, and what is gone after a day?"""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.simulation.features import HOUR_MS, OUTAGE_MS
from tests.simulation.scheduler import Scheduler
from tests.simulation.streams import Streams, Weather, mappings

READER = "project_cards"
ITEMS = 6
START_MS = 1_800_000_000_000


@dataclass
class Reading:
    """One reader of cards, which notes what it is told; `failing`: so many of its first calls fail."""

    weather: Weather
    failing: int = 0
    told: list[tuple[int, int]] = field(default_factory=list)  # an item, and which of its changes

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(1, START_MS)
        mapped = [mapping for mapping in mappings() if mapping.function.name == READER]
        self.streams = Streams(self.scheduler, self.weather, mapped, self._read)
        self.written = 0

    def _read(self, name: str, event: dict[str, Any]) -> dict[str, Any]:
        if self.failing:
            self.failing -= 1
            raise RuntimeError("not now")
        for record in event["Records"]:
            self.told.append((int(record["dynamodb"]["Keys"]["pk"]["S"][4:]), record["change"]))
        return {"batchItemFailures": []}

    def write(self, count: int, every_ms: int = 0) -> None:
        """So many changes, of one item after the other."""
        for _ in range(count):
            change, item = divmod(self.written, ITEMS)
            self.written += 1
            keys = {"pk": {"S": f"crd_{item}"}}
            image = {**keys, "version": {"N": str(change + 1)}, "state": {"S": "ACTIVE"}}
            told = {
                "Keys": keys,
                "SequenceNumber": str(self.written),
                "ApproximateCreationDateTime": self.scheduler.now_ms // 1000,
                "NewImage": image,
            }
            record = {"eventName": "INSERT", "dynamodb": told, "change": change}
            self.streams.feed("cards", record)
            self.scheduler.run(self.scheduler.now_ms + every_ms)

    def let(self, hours: float) -> None:
        self.scheduler.run(self.scheduler.now_ms + int(hours * HOUR_MS))

    def of(self, item: int) -> list[int]:
        return [change for one, change in self.told if one == item]


def test_the_children_of_a_shard_are_read_once_it_has_been_read_to_its_end() -> None:
    reading = Reading(Weather(lanes=1, split_after=12), failing=3)
    reading.write(36, every_ms=2)
    reading.let(hours=1)
    assert reading.streams.counts["split"] >= 2
    assert len(reading.told) == 36
    first_of_children = min(place for place, (_, change) in enumerate(reading.told) if change >= 2)
    assert {change for _, change in reading.told[:first_of_children]} == {0, 1}
    assert first_of_children == 12


@pytest.mark.parametrize("split_after", [0, 1, 3, 7])
def test_what_happens_to_one_item_is_read_in_its_order_however_often_shards_split(split_after: int) -> None:
    reading = Reading(Weather(lanes=4, split_after=split_after), failing=2)
    reading.write(60, every_ms=30)
    reading.let(hours=1)
    assert [reading.of(item) for item in range(ITEMS)] == [list(range(10))] * ITEMS
    assert reading.streams.quiet


def test_what_a_reader_has_not_read_within_a_day_is_gone() -> None:
    reading = Reading(Weather(lanes=1, outage=(0, OUTAGE_MS), outage_of=frozenset({READER})))
    reading.write(6)
    reading.let(hours=2)
    reading.streams.calm = True  # nothing else is disturbed; the outage goes on
    reading.write(6)
    reading.let(hours=24)
    assert [record["change"] for _, record in reading.streams.forgotten] == [0] * 6
    assert {change for _, change in reading.told} == {1}
    assert reading.streams.quiet


def test_who_is_back_within_a_day_has_missed_nothing() -> None:
    reading = Reading(Weather(lanes=1, outage=(0, 20 * HOUR_MS), outage_of=frozenset({READER})))
    reading.streams.calm = True
    reading.write(12)
    reading.let(hours=21)
    assert (len(reading.told), reading.streams.forgotten) == (12, [])


def test_what_was_given_up_is_kept_beyond_the_day_and_handed_over_again() -> None:
    reading = Reading(Weather(lanes=1, given_up=10_000))
    reading.write(6)
    reading.let(hours=26)
    assert reading.told == []
    reading.streams.calm = True
    assert reading.streams.redrive() == 6
    reading.let(hours=1)
    assert (len(reading.told), reading.streams.forgotten) == (6, [])
