"""The counted program: one of our functions, or the same calls by boto3 alone. It imports nothing else.

python -m bench.icount.program JOB      JOB: a file written by jobs.py
"""

import json
import sys
from typing import Any


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123  # pathlib would be counted
        job = json.load(file)
    {"ours": _ours, "bare": _bare, "bare_behind_chalice": _bare_behind_chalice}[job["what"]](job)


def _ours(job: dict[str, Any]) -> None:
    """One of our functions handles its events, as Lambda's runtime has it done."""
    if job["note"]:
        calls = _noted()
    from importlib import import_module

    module, _, name = job["function"].rpartition(".")
    function = getattr(import_module(module), name)
    _stop_the_clock_of_looks()
    noted = []
    for event in job["events"]:
        answer = function(event, Context())
        if "statusCode" in (answer or {}) and answer["statusCode"] != 201:
            raise SystemExit(answer["body"])
        if (answer or {}).get("batchItemFailures"):
            raise SystemExit(f"{name} failed: {answer}")
        if job["note"]:
            noted.append(list(calls))
            calls.clear()
    if job["note"]:
        with open(job["note"], "w", encoding="utf-8") as file:  # noqa: PTH123
            json.dump(noted, file)


def _stop_the_clock_of_looks() -> None:
    """A process looks at the catalogue every five seconds and at a person every ten; valgrind's are fifty
    times as long."""
    from chalicelib import bootstrap

    bootstrap.elapsed_ms.instead = lambda: 0
    if "app" in sys.modules:  # no reader knows a person
        from chalicelib.usecases import authority

        authority.KEPT *= 1_000


def _noted() -> list[Any]:
    """From now on each call of AWS is noted: service, method, arguments."""
    from botocore import xform_name
    from botocore.client import BaseClient

    calls: list[Any] = []
    really = BaseClient._make_api_call

    def noting(self: Any, operation: str, arguments: dict[str, Any]) -> Any:
        given = {name: _told(argument) for name, argument in arguments.items()}
        calls.append([self.meta.service_model.service_name, xform_name(operation), given])
        return really(self, operation, arguments)

    BaseClient._make_api_call = noting
    return calls


def _told(argument: Any) -> Any:
    return {"hex": argument.hex()} if isinstance(argument, bytes) else argument


def _heard(argument: Any) -> Any:
    is_bytes = isinstance(argument, dict) and list(argument) == ["hex"]
    return bytes.fromhex(argument["hex"]) if is_bytes else argument


def _bare(job: dict[str, Any]) -> None:
    clients: dict[str, Any] = {}
    for calls in job["calls"]:
        _make(calls, clients)


def _bare_behind_chalice(job: dict[str, Any]) -> None:
    """Chalice hands each event to a view that makes the calls and nothing else."""
    from chalice.app import Chalice

    app = Chalice(app_name="bare")
    clients: dict[str, Any] = {}
    waiting = iter(job["calls"])

    @app.route("/v1/orders", methods=["POST"])
    def place_order() -> dict[str, str]:
        _make(next(waiting), clients)
        return {}

    for event in job["events"]:
        if app(event, Context())["statusCode"] != 200:
            raise SystemExit("a bare call failed")


def _make(calls: list[Any], clients: dict[str, Any]) -> None:
    import boto3

    for service, method, arguments in calls:
        if service not in clients:
            # The barest client there is: that is what ours are compared with.
            clients[service] = boto3.client(service)  # nosemgrep: call-without-time-limit
        getattr(clients[service], method)(**{name: _heard(given) for name, given in arguments.items()})


class Context:
    """What Lambda tells a function about its call."""

    function_name = "forecourt-bench"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:forecourt-bench"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 28_000


if __name__ == "__main__":
    main()
