"""The policies: is every objection of the scanner either mended or answered, and no answer left over?"""

import re
from pathlib import Path
from typing import Any

import pytest

from infra import policies
from infra.package import STAGES
from infra.policies import Allowance, Finding, ScanFailed

ROOT = Path(__file__).parent.parent.parent

BUCKET = Finding("CKV_AWS_18", "AWS::S3::Bucket.ArchiveBucket", "dev", "access logging")
UPLOADS = Finding("CKV_AWS_18", "AWS::S3::Bucket.UploadsBucket", "prod", "access logging")
TABLE = Finding("CKV_AWS_28", "AWS::DynamoDB::Table.OrdersTable", "prod", "recovery")


def allowed(check: str, *resources: str) -> Allowance:
    return Allowance(check, resources, "because")


def test_what_nobody_weighed_is_an_objection() -> None:
    some = [allowed("CKV_AWS_18", "AWS::S3::Bucket.Archive*")]
    assert policies.judged([UPLOADS, BUCKET, TABLE], some) == ([UPLOADS, TABLE], [])
    assert policies.judged([TABLE, UPLOADS], []) == ([UPLOADS, TABLE], [])


def test_a_reason_that_nothing_needs_is_named_with_its_pattern() -> None:
    entry = allowed("CKV_AWS_18", "AWS::S3::Bucket.*", "AWS::S3::Bucket.Gone")
    other = allowed("CKV_AWS_28", "AWS::S3::Bucket.*")
    assert policies.judged([BUCKET], [entry, other]) == (
        [],
        [(entry, "AWS::S3::Bucket.Gone"), (other, "AWS::S3::Bucket.*")],
    )


def report(parsing_errors: int = 0) -> dict[str, Any]:
    failed = {
        "check_id": BUCKET.check,
        "check_name": BUCKET.says,
        "resource": BUCKET.resource,
        "file_path": "/template-dev.json",
    }
    results = {"failed_checks": [failed], "parsing_errors": ["template-dev.json"]}
    return {"summary": {"parsing_errors": parsing_errors}, "results": results}


def test_a_report_becomes_findings() -> None:
    assert policies.findings_in(report()) == [BUCKET]


def test_a_template_that_the_scanner_cannot_read_is_not_taken_for_a_good_one() -> None:
    with pytest.raises(ScanFailed, match=r"template-dev\.json"):
        policies.findings_in(report(parsing_errors=1))


def test_every_allowance_gives_a_reason_and_names_a_check_once() -> None:
    found = policies.allowances()
    assert len({(entry.check, entry.resources) for entry in found}) == len(found)
    assert all(len(entry.reason) > 30 for entry in found)
    assert all(re.fullmatch(r"CKV2?_AWS_\d+", entry.check) for entry in found)


def test_an_allowance_without_a_reason_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policies.toml"
    path.write_text('[[allowed]]\ncheck = "CKV_AWS_1"\nresources = ["*"]\nreason = " "\n', encoding="utf-8")
    with pytest.raises(ValueError, match="no reason for CKV_AWS_1"):
        policies.allowances(path)


def test_both_stages_on_aws_are_scanned_and_the_scanner_is_known_by_its_hash() -> None:
    assert STAGES == ("dev", "prod")
    blocks = re.split(r"\n(?=\S)", policies.LOCK.read_text(encoding="utf-8").strip())
    assert any(block.startswith("checkov==") for block in blocks)
    assert all(re.match(r"[a-z0-9.-]+==\S+", block) and "--hash=sha256:" in block for block in blocks)
