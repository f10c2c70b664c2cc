"""Refusals: what may routes of several nouns answer alike?"""

from chalicelib.domain.passkey import PasskeyCloned, PasskeyRefused
from chalicelib.domain.person import TooManyTries
from chalicelib.domain.second_factor import (
    SecondFactorOff,
    SecondFactorRequired,
    SecondFactorUsed,
    SecondFactorWrong,
)

# Of every route that takes a second factor; where it must be shown at once, all but the first.
FACTOR_REFUSALS = (
    SecondFactorRequired,
    SecondFactorOff,
    SecondFactorWrong,
    SecondFactorUsed,
    PasskeyRefused,
    PasskeyCloned,
    TooManyTries,
)
