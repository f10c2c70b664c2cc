"""The counterparties' process: callbacks until they are taken, pages, and a memory that survives."""

import csv
import io
import re
import secrets
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.business_time import business_date
from chalicelib.gateways.signatures import CallbackRefused, signed_headers
from local.counterparties.process import PROJECT, CounterpartiesFailed
from tests.contract.outside import KEY, Clock, Listener, SandboxOutside, new_id, start_process, wait_until
from tests.fakes.operations import Script

AMOUNT_FEN = 1_234_567


def started(outside: SandboxOutside, title: str = "card") -> tuple[str, str]:
    """The order, and the address of its pay page."""
    order_id = new_id("ord")
    expires_at = datetime.now(UTC) + timedelta(minutes=15)
    return order_id, outside.channel.start(order_id, AMOUNT_FEN, title, expires_at)


def test_a_callback_comes_again_until_it_is_taken(sandbox: SandboxOutside, listener: Listener) -> None:
    order_id, _ = started(sandbox)
    listener.statuses[:] = [500, 409]
    sandbox.wish(order_id, action="pay")
    assert {sandbox.channel.verify(*told).order_id for told in sandbox.told(order_id, 3)} == {order_id}
    time.sleep(0.3)
    assert len(listener.about(order_id)) == 3, "it was taken, and comes no more"


def test_a_callback_is_given_up_in_the_end(sandbox: SandboxOutside, listener: Listener) -> None:
    order_id, _ = started(sandbox)
    listener.statuses[:] = [500] * 20
    sandbox.wish(order_id, action="pay")
    sandbox.told(order_id, 4)
    time.sleep(0.5)
    listener.statuses.clear()
    assert len(listener.about(order_id)) == 4, "once, and three times again"
    assert sandbox.channel.query(order_id).state == "SUCCEEDED"


def test_a_late_callback_comes_when_its_time_is_over(sandbox: SandboxOutside, listener: Listener) -> None:
    order_id, _ = started(sandbox)
    sandbox.wish(order_id, callback="late", delay_seconds=0.5)
    assert sandbox.channel.query(order_id).state == "SUCCEEDED"
    assert not listener.about(order_id)
    ((headers, body),) = sandbox.told(order_id, 1)
    told_after = datetime.now(UTC) - sandbox.channel.verify(headers, body).paid_at
    assert told_after >= timedelta(seconds=0.4)


def test_a_wrong_signature_is_refused_and_not_repeated(sandbox: SandboxOutside, listener: Listener) -> None:
    order_id, _ = started(sandbox)
    listener.statuses[:] = [401]
    sandbox.wish(order_id, callback="wrong_signature")
    ((headers, body),) = sandbox.told(order_id, 1)
    with pytest.raises(CallbackRefused) as refused:
        sandbox.channel.verify(headers, body)
    assert refused.value.facts == {"cause": "SIGNATURE_INVALID"}
    time.sleep(0.3)
    assert len(listener.about(order_id)) == 1
    assert sandbox.channel.query(order_id).state == "SUCCEEDED"


def test_a_wrong_callback_may_be_followed_by_a_right_one(sandbox: SandboxOutside) -> None:
    order_id, _ = started(sandbox)
    sandbox.wish(order_id, callback=["wrong_amount", "normal"])
    told = {sandbox.channel.verify(*callback).amount_fen for callback in sandbox.told(order_id, 2)}
    assert told == {AMOUNT_FEN, AMOUNT_FEN + 1}


def test_parallel_callbacks_come_at_once(sandbox: SandboxOutside) -> None:
    order_id, _ = started(sandbox)
    begun = time.monotonic()
    assert len(sandbox.pay(order_id, "parallel")) == 4
    assert time.monotonic() - begun < 1


def test_a_customer_pays_once_however_often_the_button_is_pressed(sandbox: SandboxOutside) -> None:
    order_id, pay_url = started(sandbox)

    def press(_: int) -> int:
        status: int = sandbox.http.request("POST", pay_url, json={"action": "pay"}).status
        return status

    with ThreadPoolExecutor(8) as buttons:
        statuses = sorted(buttons.map(press, range(8)))
    assert statuses == [200] + [409] * 7
    assert len(sandbox.told(order_id, 1)) == 1


@pytest.mark.parametrize(
    "language, words",
    [("zh-CN,zh;q=0.9", ("沙箱", "付款")), ("en-GB", ("Sandbox", "Pay")), ("", ("沙箱",)), ("de", ("沙箱",))],
)
def test_the_pay_page_speaks_the_customers_language(
    sandbox: SandboxOutside, language: str, words: tuple[str, ...]
) -> None:
    order_id, pay_url = started(sandbox, "中石化 <b>加油卡</b>")
    page = sandbox.http.request("GET", pay_url, headers={"Accept-Language": language})
    text = page.data.decode()
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert all(word in text for word in (*words, "¥12,345.67", order_id, "&lt;b&gt;加油卡&lt;/b&gt;"))
    assert "<b>" not in text
    assert "$" not in text


def press_button(sandbox: SandboxOutside, pay_url: str, button: str) -> str:
    """What the page says after a person pressed a button of it."""
    pressed = sandbox.http.request(
        "POST", f"{pay_url}?language=en", fields={"button": button}, encode_multipart=False, redirect=False
    )
    assert pressed.status == 303, pressed.data
    page = sandbox.http.request("GET", sandbox.process.url + pressed.headers["Location"]).data.decode()
    found = re.search(r'data-state="(\w+)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize(
    "button, state, callbacks",
    [("pay", "SUCCEEDED", 1), ("lost", "SUCCEEDED", 0), ("late", "SUCCEEDED", 0), ("cancel", "CANCELLED", 1)],
)
def test_every_button_of_the_page_does_what_it_says(
    sandbox: SandboxOutside, button: str, state: str, callbacks: int
) -> None:
    order_id, pay_url = started(sandbox)
    assert f'value="{button}"' in sandbox.http.request("GET", pay_url).data.decode()
    assert press_button(sandbox, pay_url, button) == state
    assert press_button(sandbox, pay_url, "pay") == state, "a second press changes nothing"
    assert "<button" not in sandbox.http.request("GET", pay_url).data.decode()
    sandbox.told(order_id, callbacks)


def test_an_expired_payment_takes_no_money(sandbox: SandboxOutside) -> None:
    order_id = new_id("ord")
    pay_url = sandbox.channel.start(order_id, 100, "card", datetime.now(UTC) + timedelta(milliseconds=100))
    wait_until(lambda: sandbox.channel.query(order_id).state == "FAILED")
    refused = sandbox.http.request("POST", pay_url, json={"action": "pay"})
    assert (refused.status, refused.json()) == (409, {"code": "EXPIRED"})


def signed_text(sandbox: SandboxOutside, path: str) -> str:
    party = sandbox.channel.party
    headers = signed_headers(party.keys(), "GET", path, b"", datetime.now(UTC))
    answer = sandbox.http.request("GET", party.base_url + path, headers=headers)
    assert answer.status == 200
    return str(answer.data.decode())


def test_an_accountant_sees_what_came_and_what_went_back_so_far(sandbox: SandboxOutside) -> None:
    order_id, _ = started(sandbox)
    ((headers, body),) = sandbox.pay(order_id)
    payment_id = sandbox.channel.verify(headers, body).payment_id
    sandbox.channel.refund(order_id, f"{order_id}#1", 1_000, payment_id)
    sandbox.script("refund", Script("FAILED"))
    sandbox.channel.refund(order_id, f"{order_id}#2", 2_000, payment_id)
    started(sandbox)  # never paid
    today = business_date(datetime.now(UTC))
    rows = list(csv.DictReader(io.StringIO(signed_text(sandbox, f"/channel/movements/{today}"))))
    ours = [(row["kind"], row["id"], row["amount_fen"]) for row in rows if row["reference"] == order_id]
    assert ours == [("PAYMENT", payment_id, str(AMOUNT_FEN)), ("REFUND", f"{order_id}#1", "-1000")]
    tomorrow = today + timedelta(days=1)
    assert signed_text(sandbox, f"/channel/movements/{tomorrow}") == "at,kind,reference,id,amount_fen\n"


@pytest.mark.parametrize(
    "method, path, document, status",
    [
        ("POST", "/channel/payments", {}, 401),
        ("POST", "/payout/payments", {"payout_id": "wdr_1"}, 401),
        ("GET", "/issuer/operations/ord_1", {}, 401),
        ("GET", "/nowhere", {}, 404),
        ("GET", "/pay/PYnobody", {}, 404),
        ("POST", "/pay/PYnobody", {"action": "steal"}, 400),
        ("POST", "/pay/PYnobody", {"callback": "shouted"}, 400),
        ("POST", "/pay/PYnobody", {"delay_seconds": -1}, 400),
        ("POST", "/control/scripts", {"party": "nobody"}, 400),
        ("POST", "/control/scripts", {"party": "issuer", "state": "EXPLODED"}, 400),
        ("POST", "/control/used-cards", {}, 400),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    sandbox: SandboxOutside, method: str, path: str, document: dict[str, Any], status: int
) -> None:
    answer = sandbox.http.request(method, sandbox.process.url + path, json=document)
    assert answer.status == status
    assert set(answer.json()) == {"code"}


def test_a_form_of_a_foreign_page_reaches_no_control(sandbox: SandboxOutside) -> None:
    url = f"{sandbox.process.url}/control/scripts"
    answer = sandbox.http.request(
        "POST", url, body=b'{"party": "payout"}', headers={"Content-Type": "text/plain"}
    )
    assert answer.status == 415


def test_callbacks_go_to_this_machine_alone(sandbox: SandboxOutside) -> None:
    asked = {"reference": new_id("ord"), "amount_fen": 100, "title": "card", "expires_at": 2**41}
    reply = sandbox.channel.party.post("/channel/payments", asked | {"notify_url": "http://example.com/"})
    assert (reply.status, reply.reason) == (422, "ADDRESS_NOT_LOCAL")


def test_a_killed_process_forgets_nothing_that_it_said(tmp_path: Path, listener: Listener) -> None:
    process = start_process(tmp_path)
    outside = SandboxOutside(process, listener, Clock())
    (order_id, pay_url), topup_id = started(outside), new_id("ord")
    outside.script("issuer", Script("FAILED", "BLOCKED", operation_id="another"))
    outside.issuer.submit(topup_id, "9001", 100)
    outside.wish(order_id, callback="late", delay_seconds=0.7)
    process.kill()
    again = start_process(tmp_path, process.port)
    try:
        outside = SandboxOutside(again, listener, Clock())
        assert outside.channel.query(order_id).state == "SUCCEEDED"
        assert outside.issuer.query(topup_id).state == "SUCCEEDED"
        assert outside.issuer.submit("another", "9001", 100).reason == "BLOCKED"
        assert outside.channel.verify(*outside.told(order_id, 1)[0]).amount_fen == AMOUNT_FEN
        assert outside.http.request("GET", pay_url).status == 200
    finally:
        again.stop()


def test_it_serves_within_a_second_and_stops_in_order(tmp_path: Path) -> None:
    begun = time.monotonic()
    process = start_process(tmp_path)
    assert time.monotonic() - begun < 1
    process.stop()
    assert process.process.returncode == 0


def test_it_ends_when_its_starter_is_gone(tmp_path: Path) -> None:
    process = start_process(tmp_path)
    assert process.process.stdin is not None
    process.process.stdin.close()
    assert process.process.wait(5) == 0


def test_a_busy_port_is_named(tmp_path: Path, sandbox: SandboxOutside) -> None:
    with pytest.raises(CounterpartiesFailed, match=f"cannot start on port {sandbox.process.port}"):
        start_process(tmp_path, sandbox.process.port)


def test_without_a_key_nobody_is_served(tmp_path: Path) -> None:
    tried = subprocess.run(
        [sys.executable, "-m", "local.counterparties", "--data", tmp_path],
        cwd=PROJECT,
        env={"SANDBOX_CHANNEL_KEY": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.returncode == 1
    assert "a signing key has 16 characters or more" in tried.stderr


def test_no_personal_data_and_no_key_are_kept(tmp_path: Path, listener: Listener) -> None:
    process = start_process(tmp_path)
    outside = SandboxOutside(process, listener, Clock())
    account, number = secrets.token_hex(9), secrets.token_hex(9)
    outside.payout.pay(new_id("wdr"), {"name": "王小明", "account": account}, 100)
    outside.issuer.submit(new_id("ord"), number, 100)
    process.stop()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert kept
    for secret in (account, number, "王小明", KEY):
        assert secret.encode() not in kept
