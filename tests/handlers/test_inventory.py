"""The inventory of personal data: does it know every field there is, and is every row of it needed?"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from chalicelib.handlers.api.every import DECLARED
from infra.personal_data import PAGE, PROTECTIONS, inventory, page
from tests.handlers.lively import Lived, known_as, models, names_kept

SHIPPED = Path(__file__).parents[2] / "chalicelib"
LOGS = {"info", "warning", "error", "exception", "debug"}
WORDS_OF_A_LOGGER = {"extra", "exc_info"}


def names_of_api() -> Iterator[tuple[str, str]]:
    """Each field of each model: by its model, and as the inventory may call it."""
    known = {*inventory().personal(), *inventory().free}
    parts = [part for route in DECLARED for part in (route.body, route.path, route.query, route.answers)]
    for model in {one for part in parts if part for one in models(part)}:
        for name in model.model_fields:
            yield f"api.{model.__name__}.{name}", known_as(model, name, known)


def names_of_logs() -> set[str]:
    """Each field that a line of the log is given."""
    calls = [
        node
        for path in SHIPPED.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOGS
    ]
    words = {word.arg or "" for call in calls for word in call.keywords} - WORDS_OF_A_LOGGER
    extras = [word.value for call in calls for word in call.keywords if word.arg == "extra"]
    keys = [key for extra in extras if isinstance(extra, ast.Dict) for key in extra.keys]
    texts = {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    return {f"log.{name}" for name in words | texts}


@pytest.mark.capability("S-095")
def test_every_field_of_the_api_is_in_the_inventory_or_free_of_personal_data() -> None:
    _none(sorted(field for field, known in names_of_api() if not known))


@pytest.mark.capability("S-095")
def test_every_attribute_that_a_lively_world_writes_is_in_the_inventory_or_free(lived: Lived) -> None:
    known = {*inventory().personal(), *inventory().free}
    _none(sorted(names_kept(lived) - known))


def test_a_new_field_is_in_neither() -> None:
    class NewBody(BaseModel):
        nickname: str

    assert known_as(NewBody, "nickname", {*inventory().personal(), *inventory().free}) == ""


def test_every_field_of_a_log_line_is_in_the_inventory_or_free() -> None:
    _none(sorted(names_of_logs() - {*inventory().personal(), *inventory().free}))


def test_nothing_stands_in_the_inventory_that_is_nowhere_else(lived: Lived) -> None:
    there = {known for _, known in names_of_api()} | names_kept(lived) | names_of_logs()
    named = [*inventory().personal(), *inventory().free]
    _none(sorted(set(named) - there))
    _none(sorted(name for name in set(named) if named.count(name) > 1))


def test_a_name_that_is_personal_in_one_model_is_told_model_by_model() -> None:
    """Else the same name in a new model would pass as free, unseen."""
    named = [
        name.split(".") for name in (*inventory().personal(), *inventory().free) if name.startswith("api.")
    ]
    of_one_model = {parts[2] for parts in named if len(parts) == 3}
    _none(sorted(of_one_model & {parts[1] for parts in named if len(parts) == 2}))


@pytest.mark.parametrize("row", inventory().rows, ids=lambda row: row.name)
def test_a_row_says_why_by_which_article_for_how_long_and_who_sees_it(row) -> None:  # type: ignore[no-untyped-def]
    assert all(text.strip() for text in (row.purpose, row.retention, row.seen_by))
    assert "art. " in row.basis
    assert row.fields
    assert set(row.fields) <= set(PROTECTIONS)


def test_the_page_is_as_the_inventory_makes_it() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make personal-data"


def _none(names: list[str]) -> None:
    """Nothing is left over; else the whole list is told, and what to do."""
    assert not names, f"docs/personal-data.toml: {' '.join(names)}"
