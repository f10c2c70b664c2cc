"""The runbooks: which page does whoever is called open? The index, made from infra/alarms.toml.

python -m infra.runbooks        (make runbooks)
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from infra.alarms import RUNBOOKS, rows

INDEX = Path(__file__).parent.parent / RUNBOOKS / "README.md"

# Pages to which no alarm leads: somebody means to do something, or something went wrong as a whole.
BY_HAND = {
    "enrol": "The first administrator is let in, or somebody who was brought from another system.",
    "import-data": "Customers, cards and distributors move in from another system.",
    "upgrade": "A new version goes in beside the old one.",
    "restore": "Tables were lost, or written wrongly.",
    "region-loss": "A whole region is away.",
    "trace-money": "Somebody asks where an amount came from, or where it went.",
}

HEAD = """\
# Runbooks

For whoever is called: what an alarm means, what to look at, what to do. Every alarm's message ends with
its page. Made by `make runbooks` from `infra/alarms.toml`.

- **page**: somebody gets up now. Money or evidence is at stake, or customers cannot buy.
- **ticket**: somebody looks today. It heals by itself, or waits without harm.
- **notice**: worth knowing; nobody is called.

Each has a topic, `forecourt-<stage>-alarm-pages`, `-tickets` and `-notices`. Subscribe to be told:

    aws sns subscribe --topic-arn <topic> --protocol email --notification-endpoint <address>

A function is called by hand as its page writes it: the AWS CLI takes plain JSON only where it is told to, and
calls a second time after a minute unless it may wait for ever.

`make status` shows all of them for the run on one machine; on AWS the dashboard `forecourt-<stage>` does.
"""


def index() -> str:
    """The text of the index."""
    return "\n".join([HEAD, *_tables()])


def _tables() -> Iterator[str]:
    for group, members in groupby(rows(), key=lambda row: row.group):
        yield f"## {group}\n"
        yield "| Alarm | | It means |"
        yield "|---|---|---|"
        for row in members:
            yield f"| [{row.name}]({row.page}) | {row.severity} | {row.says} |"
        yield ""
    yield "## By hand\n"
    yield "| Page | When |"
    yield "|---|---|"
    yield from (f"| [{page}]({page}.md) | {when} |" for page, when in BY_HAND.items())
    yield ""


if __name__ == "__main__":
    INDEX.write_text(index(), encoding="utf-8")
    print(INDEX)
