"""The simulated tables' speed: how many calls do they answer in a second of one processor?

    python -m bench.simulated_tables

The calls are those that the store sends in random use; processor time is measured,
so that a busy machine gives the same figures.
"""

import time
from collections import Counter, defaultdict
from random import Random

from botocore.exceptions import ClientError

from tests.simulation.store_on_tables import TABLES, new_tables
from tests.simulation.store_programs import StoreUser

PROGRAMS = 200
STEPS = 200


def main() -> None:
    seconds: defaultdict[str, float] = defaultdict(float)
    counts: Counter[str] = Counter()
    for number in range(PROGRAMS):
        chance = Random(number)  # noqa: S311  a seed, so that every run measures the same calls
        user = StoreUser(chance, {name: short != "cards" for short, name in TABLES.items()})
        calls = [call for _ in range(STEPS) for call in user.step()]
        tables = new_tables()
        for operation, arguments in calls:
            started = time.process_time()
            try:
                tables.call(operation, arguments)
            except ClientError:
                operation += " refused"
            seconds[operation] += time.process_time() - started
            counts[operation] += 1
    for operation, count in counts.most_common():
        print(f"{operation:28} {count:8} calls {count / seconds[operation]:10,.0f} calls/s")
    print(f"{'all':28} {counts.total():8} calls {counts.total() / sum(seconds.values()):10,.0f} calls/s")


if __name__ == "__main__":
    main()
