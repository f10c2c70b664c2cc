"""Seed: how does a stage come to its first goods, plans and values?

    make seed STAGE=dev                                  look: would the catalogue be seeded?
    make seed STAGE=prod FILE=shop.json BY=anna YES=1    seed it with goods of one's own

`make deploy` does the same at its end, where `infra/seeds/<stage>.json` is kept. An empty
catalogue is seeded once; one in use is left as it is, so there is no harm in asking again.
Exit code 0: it was looked at, or seeded, or is in use; 1: it could not be.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.function_names import function_name
from infra.build import ROOT

SEEDS = ROOT / "infra" / "seeds"
FUNCTION = "seed-catalogue"
BY = "deploy"
PATIENCE = Config(connect_timeout=5, read_timeout=60, retries={"total_max_attempts": 1})


class SeedingFailed(Exception):
    """The catalogue could not be seeded; the text says why."""


@dataclass(frozen=True)
class Operations:
    """The functions of a stage that an operator calls by hand."""

    client: Any
    stage: str

    def call(self, name: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """What a function answers. Raises: SeedingFailed with what it said instead."""
        function = function_name(self.stage, name)
        try:
            called = self.client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
        except (BotoCoreError, ClientError) as error:
            raise SeedingFailed(f"{function}: {error}") from None
        answer: dict[str, Any] = json.loads(called["Payload"].read())
        if "FunctionError" in called:
            raise SeedingFailed(f"{function}: {answer.get('errorMessage', answer)}")
        return answer


@dataclass(frozen=True)
class Seeding:
    """A stage's seed and how its functions are called. No seed: the operator brings one, or an API client."""

    call: Callable[[str, Mapping[str, Any]], dict[str, Any]]
    seed: Mapping[str, Any] | None
    told: Callable[[str], None]
    by: str = BY

    def seeded(self, is_wanted: bool = True) -> str:
        """Seed an empty catalogue, or only look; how it was found or left. Raises: SeedingFailed."""
        if self.seed is None:
            self.told(f"there is no seed for this stage in {SEEDS.name}/: `make seed` takes a FILE")
            return ""
        answer = self.call(FUNCTION, {"seed": self.seed, "by": self.by, "dry_run": not is_wanted})
        things = ", ".join(f"{answer[name]} {name}" for name in ("products", "plans", "parameters"))
        sentences = {
            "SEEDED": f"the catalogue was empty: it has {things} now",
            "EMPTY": f"the catalogue is empty: it would be given {things}; YES=1 does it",
            "IN_USE": "the catalogue is in use: it is left as it is",
        }
        state = str(answer["catalogue"])
        self.told(sentences[state])
        return state


def kept_seed(stage: str) -> Mapping[str, Any] | None:
    """The seed that is kept for a stage."""
    path = SEEDS / f"{stage}.json"
    return seed_from(path) if path.exists() else None


def seed_from(path: Path) -> Mapping[str, Any]:
    """Raises: SeedingFailed."""
    try:
        found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SeedingFailed(f"{path} cannot be read: {error}") from None
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.seed", description=__doc__.partition("\n")[0])
    parser.add_argument("--stage", choices=("dev", "prod"), default="dev")
    parser.add_argument("--file", type=Path, help="a seed; else the one that is kept for the stage")
    parser.add_argument("--by", default=BY, help="who asks")
    parser.add_argument("--yes", action="store_true", help="seed; else only look")
    options = parser.parse_args(arguments)
    try:
        seed = seed_from(options.file) if options.file else kept_seed(options.stage)
        operations = Operations(boto3.Session().client("lambda", config=PATIENCE), options.stage)
        state = Seeding(operations.call, seed, print, options.by).seeded(options.yes)
    except (SeedingFailed, BotoCoreError) as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0 if state else 1


if __name__ == "__main__":
    sys.exit(main())
