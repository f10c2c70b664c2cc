"""Forecourt: everything that Lambda runs, and which version it is.

What each version changed stands in CHANGELOG.md, by semver.org. What a process makes while
it starts is there to stay, and the garbage collector would go through all of it again and
again to find that out: a sixth of the time of a cold start. The API makes some 115,000 objects
before its first answer.
"""

import gc

VERSION = "0.1.0"

gc.set_threshold(200_000)
