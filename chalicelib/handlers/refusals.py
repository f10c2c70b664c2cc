"""Refusals: what may routes of several nouns answer alike?"""

from chalicelib.domain.one_time_code import CodeWrong
from chalicelib.domain.passkey import PasskeyCloned, PasskeyRefused
from chalicelib.domain.person import ProofRequired, SignInRefused, TooManyTries
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

# Of what adds a second factor: by the one that is on, or, before the first, by what proves a sign-in.
PROOF_REFUSALS = (*FACTOR_REFUSALS, ProofRequired, SignInRefused, CodeWrong)
