"""The build: what exactly does AWS get, and does the local run get the same?

    app.py ──plan──> SAM ──merge infra/template──> SAM ──transform──> CloudFormation ──lint──> build/
                                                   infra/alarms.toml ──watch──┘

`transformed_template` is that CloudFormation, without the zip, network or credentials.
The local run, the tests and the deployment all read it: there is no second list of
what exists and of what listens to what.
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
CACHE = ROOT / "build" / "templates"
INLINE_BYTES_MAX = 51_200  # CloudFormation's limit of a template that is not read from S3
STAGES = ("local", "dev", "prod")

# On one machine nothing is uploaded, and the run itself says where it listens.
PARAMETERS_LOCAL = {"PublicUrl": "http://localhost:8080", "CodeBucket": "none", "CodeKey": "none"}
PARAMETERS_LOCAL |= dict.fromkeys(("EdgeSecret", "EdgeSecretBefore"), "nobody-stands-before-one-machine")


def transformed_template(stage: str = "local") -> dict[str, Any]:
    """The CloudFormation template of a stage, from the cache in build/ while no input has changed.

    Raises: ValueError for an unknown stage, an invalid app, or a template that does not transform.
    """
    if stage not in STAGES:
        raise ValueError(f"unknown stage {stage!r}; choose one of {', '.join(STAGES)}")
    path = CACHE / f"{stage}-{_inputs_hash()}.json"
    if path.exists():
        cached: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return cached
    template = _transform(stage)
    _write(path, minified(template))
    return template


def minified(template: dict[str, Any]) -> str:
    """One line of JSON: CloudFormation counts every blank against its 51,200 bytes."""
    return json.dumps(template, separators=(",", ":"), ensure_ascii=False)


def _inputs_hash() -> str:
    """All files that the plan may read, and the versions of what transforms it."""
    digest = hashlib.sha256(sys.version.encode())
    for package in ("chalice", "aws-sam-translator"):
        digest.update(f"{package}={version(package)}".encode())
    paths = [ROOT / "app.py", *ROOT.glob(".chalice/*.json"), *ROOT.glob("infra/template/**/*.yaml")]
    paths += [*ROOT.glob("infra/*.toml"), *ROOT.glob("infra/edge/*.js")]
    paths += [*ROOT.glob("infra/*.py"), *ROOT.glob("chalicelib/**/*.py")]
    for path in sorted(paths):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _write(path: Path, text: str) -> None:
    """Whole or not at all: several test processes build at the same moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _transform(stage: str) -> dict[str, Any]:
    # Imported here: reading a cached template takes milliseconds, these take a second.
    from infra import gateway_answers, web
    from infra.pieces import load_pieces, merge
    from infra.plan import planned_template
    from infra.transform import to_cloudformation

    ours = merge(load_pieces(stage), merge(web.piece(), gateway_answers.piece()))
    template = merge(ours, planned_template(stage))
    if stage == "local":
        for name, value in PARAMETERS_LOCAL.items():
            template["Parameters"][name]["Default"] = value
    return watched(to_cloudformation(template), stage)


def watched(template: dict[str, Any], stage: str) -> dict[str, Any]:
    """The template with an alarm for whatever of it may go wrong, and the dashboard that shows them."""
    from infra import alarms, dashboards

    added = {**alarms.resources(template, stage), **dashboards.resources(template, stage)}
    assert not added.keys() & template["Resources"].keys(), "two resources of one name"
    return {**template, "Resources": dict(sorted({**template["Resources"], **added}.items()))}


def template_errors(template: dict[str, Any]) -> list[str]:
    """What cfn-lint finds wrong, one line each; warnings and advice are left out."""
    from cfnlint.api import lint

    matches = lint(minified(template), regions=["us-east-1"])
    return [
        f"{match.rule.id} {'/'.join(map(str, match.path or []))}: {match.message}"
        for match in matches
        if match.rule.severity == "error"
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m infra.build", description="Build and lint what AWS gets."
    )
    parser.add_argument("--stage", choices=STAGES, default="dev")
    parser.add_argument("--out", type=Path, default=ROOT / "build")
    options = parser.parse_args(arguments)
    template = transformed_template(options.stage)
    errors = template_errors(template)
    if errors:
        print("\n".join(errors), file=sys.stderr)
        return 1
    path = options.out / f"template-{options.stage}.json"
    _write(path, minified(template))
    inline = "may be sent inline" if path.stat().st_size <= INLINE_BYTES_MAX else "goes by way of S3"
    print(
        f"{path}: {len(template['Resources'])} resources, {path.stat().st_size:,} bytes ({inline}), no errors"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
