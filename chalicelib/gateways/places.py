"""Places: where does a request come from, and whose word is taken for it?

A client may write any header. Those of CloudFront are believed only from our own distribution, which sends
a secret with every request (`X-Origin-Secret`); we know its SHA-256 alone, which lets nobody in. Then the
viewer's address is CloudFront's word, too: the gateway has seen CloudFront and nobody else.
"""

import hashlib
import hmac
import ipaddress
import math
from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.domain.visitor import Place

EDGE_SECRET = "x-origin-secret"
CITY = "cloudfront-viewer-city"
COUNTRY = "cloudfront-viewer-country"
LATITUDE = "cloudfront-viewer-latitude"
LONGITUDE = "cloudfront-viewer-longitude"
# Told by a function of ours (infra/edge/viewer.js): no policy that leaves the host out sends Amazon's own.
ADDRESS = "x-viewer-address"

EARTH_RADIUS_KM = 6371
# Addresses that nobody has in earnest: of one machine, and those of RFC 5737.
SANDBOX_PLACES = {
    "127.0.1.0/24": Place("CN/Beijing", 40, 116),
    "127.0.2.0/24": Place("CN/Shanghai", 31, 121),
    "127.0.3.0/24": Place("CN/Suzhou", 31, 121),
    "127.0.4.0/24": Place("DE/Berlin", 53, 13),
    "192.0.2.0/24": Place("CN/Beijing", 40, 116),
    "198.51.100.0/24": Place("CN/Shanghai", 31, 121),
    "203.0.113.0/24": Place("CN/Guangzhou", 23, 113),
}


@dataclass(frozen=True)
class EdgePlaces:
    """The port Places, by the word of our CloudFront. `marks`: the SHA-256 of each secret that is good."""

    marks: tuple[str, ...]

    def address_of(self, headers: Mapping[str, str], address: str) -> str:
        """The viewer's own address; the one that the gateway saw, where our CloudFront says nothing."""
        viewer = headers.get(ADDRESS, "") if self._is_ours(headers) else ""
        return viewer or address

    def place_of(self, headers: Mapping[str, str], address: str) -> Place | None:
        if not self._is_ours(headers):
            return None
        country, city = headers.get(COUNTRY, ""), headers.get(CITY, "")
        latitude = _degrees(headers.get(LATITUDE, ""), 90)
        longitude = _degrees(headers.get(LONGITUDE, ""), 180)
        if not country or not city or latitude is None or longitude is None:
            return None
        return Place(f"{country}/{city}", latitude, longitude)

    def _is_ours(self, headers: Mapping[str, str]) -> bool:
        mark = hashlib.sha256(headers.get(EDGE_SECRET, "").encode()).hexdigest()
        return any(hmac.compare_digest(mark, known) for known in self.marks)


@dataclass(frozen=True)
class SandboxPlaces:
    """The port Places, by a small table of addresses that nobody has in earnest."""

    def place_of(self, headers: Mapping[str, str], address: str) -> Place | None:
        try:
            number = ipaddress.ip_address(address)
        except ValueError:
            return None
        found = (place for net, place in SANDBOX_PLACES.items() if number in ipaddress.ip_network(net))
        return next(found, None)


def km_between(one: Place, other: Place) -> int:
    """How far two places are apart on a sphere."""
    south, north = math.radians(one.latitude), math.radians(other.latitude)
    east = math.radians(other.longitude - one.longitude)
    half = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin(east / 2) ** 2
    return round(2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half))))


def _degrees(text: str, most: int) -> int | None:
    """Whole degrees; None for what is none."""
    try:
        degrees = float(text)
    except ValueError:
        return None
    return round(degrees) if abs(degrees) <= most else None
