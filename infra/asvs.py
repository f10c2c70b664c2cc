"""ASVS: which demands of the OWASP ASVS 5.0 are shown, by which test, and which not? The page of the table.

python -m infra.asvs        (make asvs)

The table is `docs/asvs.toml`; the standard's text is not ours and stands in neither of them.
tests/infra/test_asvs.py fails for a number that has no row and for a test that is not there.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

DOCS = Path(__file__).parent.parent / "docs"
SOURCE = DOCS / "asvs.toml"
PAGE = DOCS / "asvs.md"

# The ways to answer for a demand, and how the page begins to tell each.
WORDS = {
    "test": "shown by",
    "page": "written in",
    "because": "does not apply:",
    "instead": "decided otherwise:",
}

# How many of each, on one line.
TOLD = {
    "test": "shown by a test",
    "page": "written down",
    "because": "do not apply",
    "instead": "decided otherwise, each with the risk that stays and the test of what stands in its place",
}

HEAD = """\
# ASVS 5.0

What of the [OWASP Application Security Verification Standard 5.0.0](https://owasp.org/asvs) is met: levels 1
and 2, and level 3 of chapters 6, 7, 8 and 16. Made by `make asvs` from `docs/asvs.toml`. The numbers are the
standard's; what each asks for is told in a few words of ours, and read there in full.
`tests/infra/test_asvs.py` fails for a number without an answer, and for a test or page that is not there.
"""


class Row(NamedTuple):
    """One demand. `word` is how it is answered for, `answer` by what, `more` what is there besides: for one
    that is decided otherwise, the test of what stands in its place."""

    number: str
    level: int
    asks: str
    word: str
    answer: str
    more: str = ""

    @property
    def place(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.number.split("."))


@cache
def rows() -> tuple[Row, ...]:
    """Every demand of the standard that counts here, in its order; one without an answer has no word."""
    told = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    levels = {number: int(level) for level, numbers in told["levels"].items() for number in numbers}
    found = [_row(number, level, told) for number, level in levels.items()]
    return tuple(sorted(found, key=lambda row: row.place))


def unknown() -> set[str]:
    """Items and reasons of the table that are for no number of the standard."""
    told = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    numbers = {row.number for row in rows()}
    apart = {begin for begin in told["apart"] if not any(one.startswith(f"{begin}.") for one in numbers)}
    return set(told["items"]) - numbers | apart


def _row(number: str, level: int, told: Mapping[str, Any]) -> Row:
    item = told["items"].get(number)
    if item is None:
        reasons = [reason for begin, reason in told["apart"].items() if number.startswith(f"{begin}.")]
        return Row(number, level, "", "because", reasons[0]) if reasons else Row(number, level, "", "", "")
    word = next((word for word in ("instead", *WORDS) if word in item), "")
    more = item.get("test", "") if word == "instead" else ""
    return Row(number, level, item["asks"], word, item.get(word, ""), more)


def page() -> str:
    """The text of the page."""
    counts = Counter(row.word for row in rows())
    told = ", ".join(f"{counts[word]} {TOLD[word]}" for word in WORDS)
    return "\n".join([HEAD, f"{len(rows())} demands: {told}.", "", *_lines(), ""])


def _lines() -> Iterator[str]:
    chapter = 0
    for row in rows():
        if row.place[0] != chapter:
            chapter = row.place[0]
            yield from (
                "",
                f"## Chapter {chapter}",
                "",
                "| Number | Level | Asks | Answer |",
                "|---|---|---|---|",
            )
        answer = f"`{row.answer}`" if row.word in ("test", "page") else row.answer
        more = f"; what stands in its place: `{row.more}`" if row.more else ""
        yield f"| {row.number} | {row.level} | {row.asks} | {WORDS[row.word]} {answer}{more} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
