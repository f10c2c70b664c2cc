"""Operations: what may stand in the records of a run, and what would keep them out of the archive?"""

import pytest
from pydantic import ValidationError

from chalicelib.handlers.moving_in import DataWish
from chalicelib.handlers.operations import Wish

PHONE = "13800138000"
DATA = {"source": "oldshop", "kind": "bank", "file": "bank.csv"}


def test_an_operator_is_called_by_a_name_and_not_by_what_the_archive_refuses() -> None:
    assert Wish(by="anna").by == "anna"
    with pytest.raises(ValidationError, match="would stand in records for ever") as refused:
        Wish(by=PHONE)
    assert PHONE not in str(refused.value)


@pytest.mark.parametrize("name, text", [("source", f"shop-{PHONE}"), ("approved_by", PHONE)])
def test_nor_is_a_source_or_who_approved_it(name: str, text: str) -> None:
    assert DataWish.model_validate(DATA).source == "oldshop"
    with pytest.raises(ValidationError, match="would stand in records for ever") as refused:
        DataWish.model_validate({**DATA, name: text})
    assert PHONE not in str(refused.value)
