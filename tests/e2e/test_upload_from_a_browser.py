"""Uploading from a page: may a browser send a batch straight to the object store?

That it may do nothing else there is the word of the template (tests/infra/test_protection.py); the engine
allows more.
"""

from urllib.parse import urlsplit

import httpx
import pytest

from chalicelib import bootstrap
from infra.web import headers_of
from local.testing import World

ORIGINS = ("http://localhost:8080", "https://shop.example")
KEY, CONTENT = "batches/bat_1.csv", b"number,secret\n"


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_page_may_send_the_form_that_it_was_given(world: World, origin: str) -> None:
    form = bootstrap.uploads().upload_url(KEY, 60, 1000)
    headers = {"Origin": origin}
    sent = httpx.post(form["url"], data=form["fields"], files={"file": CONTENT}, headers=headers)
    assert sent.status_code in (200, 204) and sent.headers["Access-Control-Allow-Origin"] in (origin, "*")
    assert bootstrap.uploads().get(KEY) == CONTENT
    # A page that shows progress is asked about first.
    asked = headers | {"Access-Control-Request-Method": "POST"}
    assert httpx.options(form["url"], headers=asked).status_code == 200


def test_the_policy_of_the_app_lets_it_connect_there_and_nowhere_else(world: World) -> None:
    url = urlsplit(bootstrap.uploads().upload_url(KEY, 60, 1000)["url"])
    policy = headers_of(world.engine.endpoint_url)["Content-Security-Policy"]
    (connected,) = [part for part in policy.split("; ") if part.startswith("connect-src ")]
    assert connected == f"connect-src 'self' {url.scheme}://{url.netloc}"
