"""The known violations: which schedules of troubles still end wrongly, and why are they not mended yet?

`make faults` goes on showing each as a violation. By the name of the operation.
"""

KNOWN: dict[str, str] = {}
