"""The seed: what does a new machine's world begin with, and whom can a newcomer sign in as?"""

from collections.abc import Mapping


def seed(base_url: str, environment: Mapping[str, str]) -> list[str]:
    """Make the demo world; return the lines that tell a newcomer whom to sign in as.

    The API answers at `base_url`; `environment` is the functions' own and is set in
    this process. Called when the state is new, and again when an earlier call was
    cut short: whatever is there already must be left as it is.
    """
    return []
