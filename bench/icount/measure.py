"""Measure: how many times the bare calls does each function take, cold and warm?"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench.icount.jobs import HTTP, Job

WARM = "warm P"
COLD = "cold start of the HTTP function, to the end of its first P"
P_COUNTED = 5  # and twice as many: the difference is what warm ones cost


@dataclass(frozen=True)
class Counted:
    """Instructions of one of our functions, and of the bare calls."""

    name: str
    ours: int
    bare: int

    @property
    def ratio(self) -> float:
        return self.ours / self.bare


def measure(jobs: Mapping[str, Job], at_a_time: int = 2) -> list[Counted]:
    """Warm P, and the cold start of every function that a P wakes."""
    with ThreadPoolExecutor(at_a_time) as pool:
        counted = [pool.submit(lambda job=job: list(_of(job))) for job in jobs.values()]
        return [one for future in counted for one in future.result()]


def _of(job: Job) -> Iterator[Counted]:
    if job.function != HTTP:
        yield Counted(f"cold start of {job.function.rpartition('.')[2]}", job.ours(1), job.bare(1))
        return
    yield Counted(COLD, job.ours(1), job.bare(1))
    once, twice = P_COUNTED, 2 * P_COUNTED
    ours = (job.ours(twice) - job.ours(once)) // P_COUNTED
    bare = (job.bare(twice, behind_chalice=True) - job.bare(once, behind_chalice=True)) // P_COUNTED
    yield Counted(WARM, ours, bare)
