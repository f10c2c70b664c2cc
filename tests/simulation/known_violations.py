"""The known violations: which schedules of troubles still end wrongly, and why are they not mended yet?

`make faults` goes on showing each as a violation. By the name of the operation.
"""

KNOWN: dict[str, str] = {
    "refund of a revealed card of an oil company": (
        "The oil company closes the card before anything of the refund is written. If the client is cut off"
        " there and never asks again, the card is closed and not refunded: the wish to refund needs a record"
        " and a due row of its own, written before the oil company is asked."
    ),
}
