"""The office: how do cards come into stock, and what does the office say to alerts?"""

import hashlib
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx

from bench.demo.day import Day, Unexpected
from chalicelib.domain.catalog import Product
from local import demo_world as goods

SHANGHAI = timezone(timedelta(hours=8))
FINISHED = ("COMMITTED", "REFUSED")


def brings_stock(day: Day, product: Product, count: int) -> None:
    """A file of cards is uploaded by its form, checked whole, and on sale; the same file again is refused."""
    name = f"batch {product.sku_id}"
    content = _file(day.cast.day_number, product, count)
    if _imported(day, name, product, content, count) != "COMMITTED":
        raise Unexpected(f"{name} was refused")
    if _imported(day, f"{name} again", product, content, count) != "REFUSED":
        day.surprise(f"{name}: the same cards came into stock a second time")


def brings_a_bad_file(day: Day) -> None:
    """One bad row refuses the whole file, with the number of its line."""
    rows = _file(day.cast.day_number, goods.PETRO_500, 5, first=5_000).decode().splitlines()
    content = "\n".join([*rows[:3], "not a number,ABCDEF123456", *rows[4:], ""]).encode()
    name = "bad batch"
    if _imported(day, name, goods.PETRO_500, content, 5) != "REFUSED":
        day.surprise(f"{name}: a file with a bad row came into stock")
    batch = _batch(day, day.client.intents.answers[name].body["batch"]["batch_id"])
    if [error["line"] for error in batch["errors"]] != [4]:
        day.surprise(f"{name}: the bad row is told as {batch['errors']}")


def _imported(day: Day, name: str, product: Product, content: bytes, count: int) -> str:
    """The state in which the batch ends."""
    ops = day.cast["ops"]
    totals = {"rows": count, "face_sum_fen": count * product.face_fen}
    wish = {"sku_id": product.sku_id, "sha256": hashlib.sha256(content).hexdigest(), **totals}
    registered = day.done(name, ops, "/v1/office/batches", wish)
    batch_id = registered["batch"]["batch_id"]
    if f"{name}: commit" not in day.client.intents.answers:
        day.until(f"the upload of {name}", lambda: _uploaded(registered["upload"], content))
    day.done(f"{name}: commit", ops, f"/v1/office/batches/{batch_id}/commit")

    def ended() -> str | None:
        state = str(_batch(day, batch_id)["state"])
        return state if state in FINISHED else None

    return str(day.until(f"{name} in stock", ended))


def _uploaded(form: dict[str, Any], content: bytes) -> bool:
    """Whether the bucket took the file, by the form of its registration."""
    try:
        answer = httpx.post(
            form["url"], data=form["fields"], files={"file": ("cards.csv", content)}, timeout=30
        )
    except httpx.TransportError:
        return False
    return answer.status_code in (200, 201, 204)


def _batch(day: Day, batch_id: str) -> dict[str, Any]:
    return dict(day.client.read(day.cast["ops"], f"/v1/office/batches/{batch_id}"))


def _file(day_number: int, product: Product, count: int, first: int = 0) -> bytes:
    """A printer's file; ours end with a check digit (ISO/IEC 7812-1), an oil company's do not."""
    rows = ["card_number,secret"]
    for number in range(first, first + count):
        digits = f"7{day_number:05}{number:06}"
        written = _with_check_digit(f"9096{digits}") if product.mode == "ISSUER" else f"20001{digits}"
        rows.append(f"{written},{hashlib.sha256(written.encode()).hexdigest()[:12].upper()}")
    return "\n".join([*rows, ""]).encode()


def _with_check_digit(digits: str) -> str:
    doubled = [int(digit) * 2 if place % 2 == 0 else int(digit) for place, digit in enumerate(digits[::-1])]
    return digits + str(-sum(number - 9 if number > 9 else number for number in doubled) % 10)


def decides_alerts(day: Day, expected: Collection[str]) -> None:
    """Every alert about these customers gets a verdict: of three, one is fraud."""
    for alert in _alerts(day):
        if alert["customer_id"] in expected:
            _decides(day, alert["alert_id"])


def _alerts(day: Day) -> Iterator[dict[str, Any]]:
    """The alerts of yesterday and today, page by page."""
    today = datetime.now(UTC).astimezone(SHANGHAI).date()
    for date in (today - timedelta(days=1), today):
        path = f"/v1/office/alerts?day={date.isoformat()}&limit=100"
        page = day.client.read(day.cast["risk"], path)
        yield from page["items"]
        while cursor := page.get("next"):
            page = day.client.read(day.cast["risk"], f"{path}&cursor={cursor}")
            yield from page["items"]


def _decides(day: Day, alert_id: str) -> None:
    is_fraud = hashlib.sha256(alert_id.encode()).digest()[0] % 3 == 0
    wish = {"verdict": "FRAUD" if is_fraud else "NO_FRAUD", "reason": "looked into on the demo day"}
    day.done(f"verdict {alert_id}", day.cast["risk"], f"/v1/office/alerts/{alert_id}/verdict", wish)
