"""Lost answers: whatever goes wrong on the way, nothing is called failed that may have been done."""

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from chalicelib.domain.errors import Unavailable
from chalicelib.domain.outside import Outcome
from chalicelib.gateways.counterparty import Counterparty
from chalicelib.gateways.key_ring import key_ring
from chalicelib.gateways.sandbox_channel import SandboxChannel
from chalicelib.gateways.sandbox_issuer import SandboxIssuer
from chalicelib.gateways.sandbox_payout import SandboxPayout
from tests.contract.outside import KEY, Clock, SandboxOutside, new_id
from tests.fakes.operations import Script

Call = Callable[[Counterparty], Outcome]


def channel(party: Counterparty) -> SandboxChannel:
    return SandboxChannel(party, lambda: key_ring(KEY), Clock(), "http://localhost/callbacks")


CALLS: dict[str, Call] = {
    "payment queried": lambda party: channel(party).query("ord_1"),
    "refund": lambda party: channel(party).refund("ord_1", "rfd_1", 100, "PY1"),
    "refund queried": lambda party: channel(party).query_refund("rfd_1"),
    "topup": lambda party: SandboxIssuer(party).submit("ord_1", "9001", 100),
    "topup queried": lambda party: SandboxIssuer(party).query("ord_1"),
    "closure": lambda party: SandboxIssuer(party).close_unused("ord_1", "9001"),
    "payout": lambda party: SandboxPayout(party).pay("wdr_1", {"account": "6222"}, 100),
    "payout queried": lambda party: SandboxPayout(party).query("wdr_1"),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def party_at(url: str, key: str = KEY) -> Counterparty:
    return Counterparty(url, lambda: key_ring(key), Clock(), read_seconds=0.3)


ELSEWHERE = "/elsewhere"
ALL_WELL = b'{"state": "SUCCEEDED", "payment_id": "P", "amount_fen": 1, "at": 1}'


@dataclass
class Stranger:
    """Somebody who always answers the same, whatever is asked."""

    url: str = ""
    status: int = 200
    body: bytes = b""
    location: str = ""

    def answers(self, status: int, body: bytes, location: str = "") -> str:
        """Our address, from which this comes from now on."""
        self.status, self.body, self.location = status, body, location
        return self.url


@pytest.fixture(scope="module")
def stranger() -> Iterator[Stranger]:
    found = Stranger()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            arrived = self.path == ELSEWHERE
            self.send_response(200 if arrived else found.status)
            if found.location:
                self.send_header("Location", found.location)
            self.end_headers()
            self.wfile.write(ALL_WELL if arrived else found.body)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.05,)).start()
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield found
    server.shutdown()
    server.server_close()


@every_call
def test_nobody_there_is_unknown(call: Call) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert call(party_at(f"http://127.0.0.1:{closed.getsockname()[1]}")).state == "UNKNOWN"


@every_call
def test_silence_is_unknown_after_the_time_we_wait(call: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection and never speaks
        started = time.monotonic()
        told = call(party_at(f"http://127.0.0.1:{silent.getsockname()[1]}"))
    assert (told.state, told.reason) == ("UNKNOWN", "NO_ANSWER")
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "status, body",
    [
        (500, b'{"code": "BROKEN"}'),
        (503, b"<html>busy</html>"),
        (429, b'{"code": "TOO_MANY"}'),
        (401, b'{"code": "SIGNATURE_INVALID"}'),
        (400, b'{"code": "JSON_INVALID"}'),
        (409, b'{"code": "ID_REUSED"}'),
        (200, b""),
        (200, b"not json"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"state": "EXPLODED"}'),
        (200, b'{"state": 7}'),
        (200, b'{"state": ["SUCCEEDED"]}'),
        (202, b'{"state": "SUCCEEDED"}'),
        (422, b"not json"),
        (422, b"{}"),
        (404, b"{}"),
        (404, b'{"code": "ADDRESS_UNKNOWN"}'),
        (200, b"[" * 100_000),
    ],
)
@every_call
def test_an_answer_that_does_not_say_failed_is_not_a_failure(
    stranger: Stranger, call: Call, status: int, body: bytes
) -> None:
    told = call(party_at(stranger.answers(status, body)))
    assert told.state == "UNKNOWN"
    assert not told.never_arrived


@every_call
def test_a_redirection_is_not_followed(stranger: Stranger, call: Call) -> None:
    assert call(party_at(stranger.answers(200, ALL_WELL))).state == "SUCCEEDED"
    assert call(party_at(stranger.answers(307, b"{}", location=ELSEWHERE))).state == "UNKNOWN"


@pytest.mark.parametrize("amount_fen", ['"100"', "1.5", "null", "true"])
def test_a_payment_without_a_whole_amount_cannot_be_booked(stranger: Stranger, amount_fen: str) -> None:
    body = f'{{"state": "SUCCEEDED", "payment_id": "P", "amount_fen": {amount_fen}, "at": 1000}}'
    url = stranger.answers(200, body.encode())
    assert channel(party_at(url)).query("ord_1").state == "UNKNOWN"


@pytest.mark.parametrize("at", ["-1", "0", "1e400", "9" * 30, '"now"'])
def test_a_time_that_is_none_is_not_believed(stranger: Stranger, at: str) -> None:
    url = stranger.answers(200, f'{{"state": "SUCCEEDED", "at": {at}}}'.encode())
    assert SandboxIssuer(party_at(url)).query("ord_1") == Outcome("SUCCEEDED")


@pytest.mark.parametrize("status, body", [(500, b"{}"), (200, b"{}"), (401, b"{}"), (200, b'{"pay_url": 7}')])
def test_a_start_without_an_address_may_be_made_again(stranger: Stranger, status: int, body: bytes) -> None:
    party = party_at(stranger.answers(status, body))
    with pytest.raises(Unavailable):
        channel(party).start("ord_1", 100, "card", datetime.now(UTC) + timedelta(minutes=15))


def test_a_real_time_out_is_unknown_and_the_truth_comes_by_query(sandbox: SandboxOutside) -> None:
    operation_id = new_id("ord")
    script = {"party": "issuer", "reference": operation_id, "answer": "lost", "silence_seconds": 1.5}
    sandbox.ask("POST", "/control/scripts", script)
    hasty = SandboxIssuer(party_at(sandbox.process.url))
    started = time.monotonic()
    assert hasty.submit(operation_id, new_id("9001"), 100).state == "UNKNOWN"
    assert time.monotonic() - started < 1
    assert hasty.query(operation_id).state == "SUCCEEDED"


def test_a_request_with_a_wrong_key_is_not_carried_out(sandbox: SandboxOutside) -> None:
    operation_id = new_id("ord")
    stranger = SandboxIssuer(party_at(sandbox.process.url, key="x" * 32))
    told = stranger.submit(operation_id, "9001", 100)
    assert (told.state, told.reason) == ("UNKNOWN", "KEY_UNKNOWN")
    assert sandbox.issuer.query(operation_id).never_arrived


def test_a_request_of_another_time_is_not_carried_out(sandbox: SandboxOutside) -> None:
    late = Counterparty(sandbox.process.url, lambda: key_ring(KEY), Clock(timedelta(minutes=6)))
    told = SandboxIssuer(late).submit(new_id("ord"), "9001", 100)
    assert (told.state, told.reason) == ("UNKNOWN", "TIMESTAMP_INVALID")


def test_connections_are_kept(sandbox: SandboxOutside) -> None:
    """Forty calls one after another take less than one stall of Nagle's algorithm each."""
    sandbox.issuer.query("ord_1")
    started = time.monotonic()
    for _ in range(40):
        sandbox.issuer.query("ord_1")
    assert time.monotonic() - started < 40 * 0.03


def test_scripts_match_a_card_an_amount_and_so_many_times(sandbox: SandboxOutside) -> None:
    number = new_id("9001")
    script = {"party": "issuer", "ends_with": number[-6:], "amount_fen": 777, "state": "FAILED", "times": 2}
    sandbox.ask("POST", "/control/scripts", script)
    assert sandbox.issuer.submit(new_id("ord"), number, 778).state == "SUCCEEDED"
    assert sandbox.issuer.submit(new_id("ord"), new_id("9001"), 777).state == "SUCCEEDED"
    states = [sandbox.issuer.submit(new_id("ord"), number, 777).state for _ in range(3)]
    assert states == ["FAILED", "FAILED", "SUCCEEDED"]


def test_a_script_without_an_end_stays_until_it_is_forgotten(sandbox: SandboxOutside) -> None:
    sandbox.ask("POST", "/control/scripts", {"party": "payout", "state": "FAILED", "times": 0})
    for _ in range(3):
        assert sandbox.payout.pay(new_id("wdr"), {"account": "6222"}, 100).state == "FAILED"
    sandbox.ask("DELETE", "/control/scripts")
    assert sandbox.payout.pay(new_id("wdr"), {"account": "6222"}, 100).state == "SUCCEEDED"


def test_a_scripted_state_is_what_the_gateway_tells(sandbox: SandboxOutside) -> None:
    sandbox.script("payout", Script("FAILED", "CLOSED_FOR_TODAY"))
    told = sandbox.payout.pay(new_id("wdr"), {"account": "6222"}, 100)
    assert (told.state, told.reason) == ("FAILED", "CLOSED_FOR_TODAY")
