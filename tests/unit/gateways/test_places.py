"""Places: whose word is believed, and how far is it from one to another?"""

import hashlib

import pytest

from chalicelib.domain.visitor import Place
from chalicelib.gateways.places import EdgePlaces, SandboxPlaces, km_between

SECRET, NEXT_SECRET = "a-secret-of-our-cloudfront", "the-one-that-comes-next"
EDGE = EdgePlaces(tuple(hashlib.sha256(one.encode()).hexdigest() for one in (SECRET, NEXT_SECRET)))
VIEWER = {
    "cloudfront-viewer-country": "CN",
    "cloudfront-viewer-city": "Shanghai",
    "cloudfront-viewer-latitude": "31.22220",
    "cloudfront-viewer-longitude": "121.45810",
    "x-viewer-address": "198.51.100.7",
}
GATEWAY_SAW = "130.176.0.1"


@pytest.mark.parametrize("secret", [SECRET, NEXT_SECRET])
def test_our_cloudfront_is_believed(secret: str) -> None:
    told = VIEWER | {"x-origin-secret": secret}
    assert EDGE.place_of(told, GATEWAY_SAW) == Place("CN/Shanghai", 31, 121)
    assert EDGE.address_of(told, GATEWAY_SAW) == "198.51.100.7"


@pytest.mark.parametrize("secret", [None, "", "guessed", hashlib.sha256(SECRET.encode()).hexdigest()])
def test_nobody_else_is_believed(secret: str | None) -> None:
    told = VIEWER if secret is None else VIEWER | {"x-origin-secret": secret}
    assert EDGE.place_of(told, GATEWAY_SAW) is None
    assert EDGE.address_of(told, GATEWAY_SAW) == GATEWAY_SAW
    nowhere = EdgePlaces(())
    assert nowhere.place_of(told | {"x-origin-secret": ""}, GATEWAY_SAW) is None


@pytest.mark.parametrize(
    "header, text",
    [
        ("city", ""),
        ("country", ""),
        ("latitude", ""),
        ("latitude", "nan"),
        ("latitude", "91"),
        ("longitude", "-181"),
        ("longitude", "inf"),
        ("longitude", "east"),
    ],
)
def test_what_cloudfront_does_not_know_is_no_place(header: str, text: str) -> None:
    told = VIEWER | {"x-origin-secret": SECRET, f"cloudfront-viewer-{header}": text}
    assert EDGE.place_of(told, GATEWAY_SAW) is None


@pytest.mark.parametrize(
    "told, address",
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("", GATEWAY_SAW),
    ],
)
def test_the_address_of_a_viewer_is_the_one_that_our_function_saw(told: str, address: str) -> None:
    headers = {"x-origin-secret": SECRET, "x-viewer-address": told}
    assert EDGE.address_of(headers, GATEWAY_SAW) == address


def test_one_machine_knows_the_places_of_addresses_that_nobody_has() -> None:
    sandbox = SandboxPlaces()
    assert sandbox.place_of(VIEWER, "127.0.4.1") == Place("DE/Berlin", 53, 13)
    assert sandbox.place_of({}, "203.0.113.77") == Place("CN/Guangzhou", 23, 113)
    for unknown in ("127.0.0.1", "2001:db8::1", "", "somewhere"):
        assert sandbox.place_of({}, unknown) is None


@pytest.mark.parametrize(
    "one, other, km",
    [
        ((40, 116), (40, 116), 0),
        ((40, 116), (31, 121), 1_098),  # Beijing, Shanghai: 1,067 from centre to centre
        ((53, 13), (40, 116), 7_319),
        ((0, 179), (0, -179), 222),  # across the date line
        ((90, 0), (-90, 0), 20_015),
    ],
)
def test_distances_are_measured_on_a_sphere(one: tuple[int, int], other: tuple[int, int], km: int) -> None:
    assert km_between(Place("", *one), Place("", *other)) == km
    assert km_between(Place("", *other), Place("", *one)) == km
