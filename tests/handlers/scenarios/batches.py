"""Scenarios of batches: a call of each writing route, ready to be made."""

import hashlib
from dataclasses import replace

import urllib3

from chalicelib.domain.catalog import Form
from tests.handlers.market import VIRTUAL, Attempt, Market

FILE = b"card_number,secret\n100011112222000001,Secret000001\n"


def register_batch(market: Market) -> Attempt:
    sku_id = market.product(replace(VIRTUAL, sku_id="sku_stock", form=Form.PHYSICAL))
    body = {
        "sku_id": sku_id,
        "rows": 1,
        "face_sum_fen": VIRTUAL.face_fen,
        "sha256": hashlib.sha256(FILE).hexdigest(),
    }
    return Attempt("/v1/office/batches", body, market.staff("ops"))


def commit_batch(market: Market) -> Attempt:
    registering = register_batch(market)
    registered = registering.call(market, market.key()).body
    form = registered["upload"]
    sent = urllib3.request("POST", form["url"], fields={**form["fields"], "file": ("cards.csv", FILE)})
    assert sent.status < 300, sent.data
    path = f"/v1/office/batches/{registered['batch']['batch_id']}/commit"
    return Attempt(path, None, registering.who)


SCENARIOS = (register_batch, commit_batch)
