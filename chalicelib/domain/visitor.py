"""Visitors: who stands at the door, as far as that shows before anything is proved?"""

from typing import NamedTuple


class Place(NamedTuple):
    """About where somebody is: a city, and whole degrees, which are up to 110 km apart."""

    city: str
    latitude: int
    longitude: int


class Visitor(NamedTuple):
    """`device`: a secret name that the client gave itself, the same at each visit, or "". `place`: None
    where nobody knows it."""

    device: str = ""
    address: str = ""
    language: str = "zh-CN"
    captcha_id: str = ""
    captcha_answer: str = ""
    place: Place | None = None


NOBODY = Visitor()
