"""Money: how are whole fen divided so that nothing is lost and everybody knows who gets the rest?

All amounts are `int` fen. Every rounding function says its direction in its name.
"""

AMOUNT_FEN_MAX = 10**12  # ten billion yuan: beyond it a number is a mistake, not money


def share_floor(amount: int, numerator: int, denominator: int) -> int:
    """amount × numerator / denominator, rounded down. All ≥ 0; the rest stays with the platform."""
    assert amount >= 0 and numerator >= 0 and denominator > 0
    return amount * numerator // denominator


def share_half_up(amount: int, numerator: int, denominator: int) -> int:
    """amount × numerator / denominator, a half rounded up. All ≥ 0."""
    assert amount >= 0 and numerator >= 0 and denominator > 0
    return (2 * amount * numerator + denominator) // (2 * denominator)


def bps_floor(amount_fen: int, rate_bps: int) -> int:
    """The share of a rate in 1/10 000, rounded down to the fen."""
    return share_floor(amount_fen, rate_bps, 10_000)


def split_largest_remainder(total: int, weights: tuple[int, ...]) -> tuple[int, ...]:
    """Split a total by weights so that the parts sum to it exactly.

    Every part is the floor of its share; the units left over go to the largest
    remainders, the earlier part first among equals. Weights that are all zero
    give everything to the first part.
    """
    assert total >= 0 and weights and min(weights) >= 0
    weight_sum = sum(weights)
    if weight_sum == 0:
        return (total, *(0 for _ in weights[1:]))
    floors = [total * weight // weight_sum for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % weight_sum), i))
    for i in order[: total - sum(floors)]:
        floors[i] += 1
    return tuple(floors)
