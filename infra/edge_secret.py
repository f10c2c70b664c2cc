"""The edge secret: by what does the API know that a request came by our CloudFront?

It is made at the first deployment and given to three that must agree: the distribution, which shows it; the
firewall, which turns away whoever does not; the functions, which are told its hash alone and then believe
what CloudFront says of an address and a place (gateways/places.py). The one before stays good until it is
given as nothing, so that a new one can spread.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

NOW, BEFORE, HASHES = "EdgeSecret", "EdgeSecretBefore", "ViewerPlaces"


def with_edge_secret(template: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """The parameters with those of the secret, where the template asks for it."""
    if NOW not in template.get("Parameters", {}):
        return dict(given)
    now = _told(given, NOW) or secrets.token_hex(32)
    before = _told(given, BEFORE) or now
    marks = dict.fromkeys(hashlib.sha256(one.encode()).hexdigest() for one in (now, before))
    return {**given, NOW: now, BEFORE: before, HASHES: ",".join(marks)}


def _told(given: Mapping[str, str], name: str) -> str:
    """CloudFormation shows a secret as stars: then it is lost, and another one is made."""
    return given.get(name, "").strip("*")
