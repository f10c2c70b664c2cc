"""Invoking by hand on one machine: words become an event, and cursors are followed to the end."""

import json
from pathlib import Path

import pytest

from chalicelib import bootstrap
from chalicelib.domain.given_up import LETTERS
from local.invoke import event_from, main
from local.testing import World


def test_words_become_an_event() -> None:
    words = ["by=anna", "dry_run=false", "ids=ord_1,ord_2", "since=2026-11-22T10:00:00+08:00", "cursor="]
    assert event_from(words) == {
        "by": "anna",
        "dry_run": False,
        "ids": "ord_1,ord_2",
        "since": "2026-11-22T10:00:00+08:00",
        "cursor": "",
    }
    with pytest.raises(ValueError, match="name=value"):
        event_from(["dry_run"])


def test_each_operation_is_called_in_the_environment_of_the_run(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["redrive"]) == 0
    assert json.loads(capsys.readouterr().out)["waiting"] == {}
    assert main(["rebuild_balances"]) == 0
    assert json.loads(capsys.readouterr().out)["is_complete"] is True


def test_what_is_wrong_is_an_exit_code(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    bootstrap.letters().objects.put_new(f"{LETTERS}m/s/2026/11/22/2026-11-22T08.00.00-x", b"no document")
    assert main(["redrive"]) == 1
    assert main(["redrive", "dry_run=false"]) == 2
    assert main(["redrive", "dry-run=false"]) == 2
    assert main(["replay", "function=pay_commission"]) == 2
    assert main(["restore"]) == main([]) == 2
    assert "there is no function restore" in capsys.readouterr().err


def test_a_file_of_this_machine_is_uploaded_before_it_is_imported(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bank.csv"
    path.write_text("source_id,account,amount_fen\nb1,A:BANK_OPER,900\n", encoding="utf-8")
    words = ["import_data", "source=oldshop", "kind=bank", f"file=@{path}"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["totals"] == {"rows": 1, "custody_fen": 0, "operating_fen": 900, "supplier_fen": 0}
    sure = [f"sha256={told['sha256']}", "rows=1", "by=anna", "approved_by=ben", "dry_run=false"]
    sure += ["custody_fen=0", "supplier_fen=0"]
    assert main([*words, *sure, "operating_fen=901"]) == 1
    assert main([*words, *sure, "operating_fen=900"]) == 0
    capsys.readouterr()
    assert main(["import_report", "source=oldshop", "bank_rows=1", "operating_fen=900"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["ledger"]["operating_fen"] == 900 and "cards_rows" in report["not_compared"]
    every = dict.fromkeys(report["not_compared"], 0) | {"bank_rows": 1, "operating_fen": 900}
    assert main(["import_report", "source=oldshop", *(f"{name}={sum}" for name, sum in every.items())]) == 0
    every["operating_fen"] = 901
    assert main(["import_report", "source=oldshop", *(f"{name}={sum}" for name, sum in every.items())]) == 1
    capsys.readouterr()
    assert main(["import_data", "source=oldshop", "kind=bank", f"file=@{tmp_path}/none.csv"]) == 2
    assert "none.csv cannot be read" in capsys.readouterr().err


def test_the_first_admin_is_enrolled_by_words(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["enrol_admin", "phone=13800138000", "by=anna", "dry_run=false"]
    assert main(words) == 0
    code = json.loads(capsys.readouterr().out)["code"]
    assert len(code) == 34
    bootstrap.enrol_person()(code, "vier rote ampeln", None, bootstrap.now())
    assert main(words) == 2
    assert "ADMIN_EXISTS" in capsys.readouterr().err


def test_where_nothing_runs_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BUCKET_ARCHIVE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FORECOURT_STATE", str(tmp_path))
    assert main(["redrive"]) == 2
    assert "start it with `make run`" in capsys.readouterr().err
