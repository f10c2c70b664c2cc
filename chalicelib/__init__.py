"""Forecourt: everything that Lambda runs.

What a process makes while it starts is there to stay, and the garbage collector would go
through all of it again and again to find that out: a sixth of the time of a cold start.
"""

import gc

gc.set_threshold(50_000)
