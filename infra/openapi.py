"""The API document: what does /v1 promise, as a file that a change can be compared with?

`python -m infra.openapi` asks the routes themselves and writes docs/openapi.json;
with `--check` it writes nothing and fails when the file says something else.
"""

import argparse
import difflib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from chalice.test import Client

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "openapi.json"
ADDRESS = "/v1/openapi.json"


def served() -> str:
    """The document as the API answers it, spread over lines. Raises: RuntimeError unless it does."""
    from app import app

    with Client(app) as client:
        answer = client.http.get(ADDRESS)
    if answer.status_code != 200:
        raise RuntimeError(f"GET {ADDRESS} answers {answer.status_code}")
    return json.dumps(json.loads(answer.body), indent=1, ensure_ascii=False) + "\n"


def differences(kept: str, now: str) -> list[str]:
    """What the routes say and the file does not, and the other way round."""
    return list(
        difflib.unified_diff(kept.splitlines(), now.splitlines(), PAGE.name, ADDRESS, lineterm="", n=2)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.openapi", description="Write docs/openapi.json.")
    parser.add_argument("--check", action="store_true", help="compare only")
    options = parser.parse_args(arguments)
    now = served()
    kept = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if not options.check:
        PAGE.write_text(now, encoding="utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}")
        return 0
    if kept != now:
        print("\n".join(differences(kept, now)[:200]), file=sys.stderr)
        print("The routes have changed: run `make openapi` and read the difference.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
