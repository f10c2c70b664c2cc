"""The report: how does the day look on one page?"""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench.demo.checks import SHOWN_MAX, Check
from bench.demo.reading import Reading

WIDTH = 110
PLAIN_EVERY = 10  # lines of progress where nobody watches a bar


class Told:
    """What is shown while the day goes on: a bar on a terminal, else a line now and then."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._ended = 0
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._progress.add_task("the day", total=total)
        self._progress.start()

    def story_ended(self, name: str) -> None:
        self._ended += 1
        self._progress.update(self._task, advance=1, description=f"{name[:24]:<24}")
        if not self._console.is_terminal and self._ended % max(1, self._total // PLAIN_EVERY) == 0:
            self._console.print(f"{self._ended} of {self._total} stories told")

    def waiting(self, what: str) -> None:
        self._progress.update(self._task, description=f"waiting for {what[:80]}")
        if not self._console.is_terminal:
            self._console.print(f"waiting for {what}")

    def end(self) -> None:
        self._progress.stop()


def console() -> Console:
    """The terminal, or plain text of a fixed width."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=WIDTH, color_system=None)


def show(out: Console, numbers: Sequence[tuple[str, str]], checks: Sequence[Check]) -> None:
    """The page: the day in numbers, the checks, and every difference."""
    day = Table(title="The day", show_header=False, title_justify="left")
    day.add_column()
    day.add_column(justify="right", overflow="fold")
    for name, number in numbers:
        day.add_row(name, number)
    out.print(day)
    books = Table("", "checked from outside", "seen", title="The books", title_justify="left")
    for one in checks:
        books.add_row("ok" if one.holds else "NO", one.question, one.counted)
    out.print(books)
    for one in checks:
        for line in shown(one.differences):
            out.print(f"  {one.question}: {line}", markup=False, soft_wrap=True)
    wrong = sum(len(one.differences) for one in checks)
    out.print(f"{wrong} differences" if wrong else "The books are exact.")


def shown(differences: Sequence[str]) -> Iterable[str]:
    """The first ones; how many there are more."""
    yield from differences[:SHOWN_MAX]
    if len(differences) > SHOWN_MAX:
        yield f"… and {len(differences) - SHOWN_MAX} more"


def yuan(amount_fen: int) -> str:
    """Fen as yuan, exactly."""
    sign = "−" if amount_fen < 0 else ""
    whole, rest = divmod(abs(amount_fen), 100)
    return f"{sign}{whole:,}.{rest:02} yuan"


def numbers_of(reading: Reading) -> list[tuple[str, str]]:
    """What happened in this world, in numbers."""

    def moved_fen(*actions: str) -> int:
        return sum(
            fen
            for record in reading.records
            if record.action in actions
            for _, fen in record.lines
            if fen > 0
        )

    paid = [order for order in reading.orders if order.get("paid_at")]
    distributors = sum(item["sk"] == "self" for item in reading.tables["edges"])
    frozen_fen = -sum(fen for account, fen in reading.fold.items() if account.startswith("L:COMM_FROZEN"))
    return [
        ("orders, of which paid", f"{len(reading.orders)}, {len(paid)}"),
        ("paid by customers", yuan(sum(order["payable_fen"] for order in paid))),
        ("given back by the channel", yuan(-sum(min(0, line.amount_fen) for line in reading.bill))),
        ("promoters", str(distributors)),
        ("commission earned after refunds", yuan(reading.fold.get("E:COMMISSION", 0))),
        ("of which released, frozen", f"{yuan(moved_fen('COMMISSION_RELEASE'))}, {yuan(frozen_fen)}"),
        ("withdrawn, tax and fee included", yuan(moved_fen("WITHDRAWAL_PAID"))),
        ("alerts", str(len(reading.partition("work", "alerts#")))),
        ("records", f"{len(reading.records):,}"),
    ]
