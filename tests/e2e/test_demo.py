"""The demo day: exact books after a day of trade, after a power cut in the middle of it, and no blind eye."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from bench.demo.reading import Auditor, NothingToRead
from local.children import PROJECT
from tests.e2e.private_run import PrivateRun

QUICK = ("--quick", "--quiet-seconds", "100")
EVERY_STORY_ONCE = ("--customers", "25", "--promoters", "6", "--quiet-seconds", "100")


def demo(run: PrivateRun, *options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "bench.demo", "--url", run.url, "--state", str(run.state), *options]
    return subprocess.Popen(command, cwd=PROJECT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    said, _ = process.communicate(timeout=300)
    return process.returncode, said


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRun]:
    started = PrivateRun(tmp_path_factory.mktemp("demo") / "state")
    yield started
    started.stop()


def test_the_sale_of_the_readme_works_as_it_is_printed(run: PrivateRun) -> None:
    readme = (PROJECT / "README.md").read_text()
    commands = readme.split("```sh\n")[1].split("```")[0]
    printed = readme.split("```json\n")[1].split("```")[0]
    script = commands.replace("http://localhost:8080", run.url)
    ran = subprocess.run(
        ["bash", "-eu", "-c", script], cwd=PROJECT, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    told = {line.strip().rstrip(",") for line in ran.stdout.splitlines()}
    missing = {line.strip().rstrip(",") for line in printed.splitlines()} - told
    assert not missing, ran.stdout


def test_after_a_day_of_trade_the_books_are_exact(run: PrivateRun) -> None:
    code, said = ended(demo(run, *QUICK))
    assert code == 0, said
    assert "The books are exact." in said
    assert "NO" not in said.split("The books")[1]


def test_a_planted_difference_is_found_and_named(run: PrivateRun) -> None:
    """One fen more on one leg of one record: the record, its digest, its account and the archive all tell."""
    environment = json.loads((run.state / "environment.json").read_text())
    dynamodb = boto3.client(
        "dynamodb",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_DEFAULT_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    table = environment["TABLE_JOURNAL"]
    items = dynamodb.get_paginator("scan").paginate(TableName=table).search("Items[]")
    item = next(item for item in items if '"action":"SALE_ISSUER"' in item["body"]["S"])
    body = json.loads(item["body"]["S"])
    body["lines"][0][1] += 1
    item["body"]["S"] = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    dynamodb.put_item(TableName=table, Item=item)

    code, said = ended(demo(run, "--check-only", "--quiet-seconds", "30"))
    record_id = f"{item['pk']['S']}/{item['sk']['S']}"
    assert code == 1, said
    assert f"the sum of {record_id} is 1, should be 0" in said
    assert f"the digest of {record_id}" in said
    assert f"journal record {record_id}" in said.split("the store agrees with it:")[1]


def test_after_kill_9_of_everything_in_the_middle_the_day_ends_with_exact_books(tmp_path: Path) -> None:
    """First the run is killed while the day goes on; later the day itself, which is resumed.

    Gone on with once more after its end, the day finds everything as far as it came, verdicts included.
    """
    intents = tmp_path / "intents.jsonl"
    run = PrivateRun(tmp_path / "state")
    try:
        day = demo(run, *EVERY_STORY_ONCE, "--resume", str(intents))
        wait_for_answers(intents, 90, day)
        run.kill_everything()
        run.start()
        wait_for_answers(intents, 150, day)
        day.kill()
        day.communicate()
        for _ in range(2):
            code, said = ended(demo(run, *EVERY_STORY_ONCE, "--resume", str(intents)))
            assert code == 0, said
            assert "The books are exact." in said
    finally:
        run.stop()


def wait_for_answers(intents: Path, count: int, day: "subprocess.Popen[str]") -> None:
    """Text messages are lost with the engine; whoever waits for one asks again after a minute."""
    deadline = time.monotonic() + 200
    while not intents.exists() or intents.read_text().count('"status"') < count:
        assert day.poll() is None, day.communicate()[0]
        assert time.monotonic() < deadline, "the day does not go on"
        time.sleep(0.05)


def test_when_the_system_is_gone_its_books_cannot_be_read_and_that_is_said(tmp_path: Path) -> None:
    environment = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "SECRET_SANDBOX_CHANNEL"), "x")
    environment |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    (tmp_path / "environment.json").write_text(json.dumps(environment))
    with pytest.raises(NothingToRead, match="make run"):
        Auditor.of_run(tmp_path)


def test_without_a_running_system_the_demo_says_what_to_start(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.demo", "--url", "http://localhost:9"]
    ran = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=30)
    assert ran.returncode == 2
    assert "make run" in ran.stderr
