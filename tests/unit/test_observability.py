"""Observability: does every line of the log say of what it speaks, whoever writes it?"""

import importlib
import io
import json
import logging
from pathlib import Path

import pytest

from chalicelib.observability import logger

ROOT = Path(__file__).parents[2]
# Use cases know nothing of observability.py, and log by the standard library.
WRITERS = [
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
    for path in sorted((ROOT / "chalicelib").rglob("*.py"))
    if "logging.getLogger" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("module", WRITERS)
def test_a_line_has_the_ids_that_it_was_given_whichever_module_writes_it(module: str) -> None:
    """Under a name of its own a module would write by Lambda's root handler, which leaves them out."""
    written = io.StringIO()
    ear = logging.StreamHandler(written)
    ear.setFormatter(logger.registered_formatter)
    logging.getLogger(logger.name).addHandler(ear)
    try:
        importlib.import_module(module).logger.warning("something is in the way", extra={"order": "ord_1"})
    finally:
        logging.getLogger(logger.name).removeHandler(ear)
    line = json.loads(written.getvalue())
    assert (line["message"], line["order"]) == ("something is in the way", "ord_1")
