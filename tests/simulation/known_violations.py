"""The known violations: which schedules of troubles still end wrongly, and why are they not mended yet?

`make faults` goes on showing each as a violation. By the name of the operation.
"""

KNOWN: dict[str, str] = {
    "import of a batch": (
        "The commit of a batch is written before its message is sent. If the process dies in between and the"
        " office never commits again, the batch waits as VALIDATING: nothing by itself sends the message."
    ),
    "refused sale of more than is in stock": (
        "The cards that were there are claimed one by one and given back one by one: the same cards are"
        " for sale afterwards, but they lie on the list of returned ones instead of in their magazine."
    ),
}
