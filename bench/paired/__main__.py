"""`make paired`: CPU of a paid order, by turns in ours, django-hordak and SQLite; reported, never a gate."""

from contextlib import ExitStack

from bench.paired import table
from bench.paired.rounds import compare, load_average, orders_of_a_side
from bench.paired.sides import PeerMissing, hordak, ours, sqlite


def main() -> str:
    """The table, or what is missing for it."""
    with ExitStack() as stack:
        sides = [stack.enter_context(ours(orders_of_a_side()))]
        left_out = ""
        try:
            sides.append(stack.enter_context(hordak()))
        except PeerMissing as missing:
            left_out = f"django-hordak is left out: {missing}."
        sides.append(stack.enter_context(sqlite()))
        before = load_average()
        compared = compare(sides)
        return table.text(compared, f"{before} before, {load_average()} after", left_out)


if __name__ == "__main__":
    print(main())
