"""The worked number of the proof: a record is altered in the store, and the verifier names it."""

import json
from collections.abc import Callable

import pytest

from chalicelib import bootstrap
from chalicelib.domain.record import canonical
from local.testing import World
from local.verify_archive import main as verify_archive
from tests.e2e.vector_world import VectorWorld


def lower_the_price(body: dict[str, object]) -> None:
    lines = body["lines"]
    assert isinstance(lines, list)
    body["lines"] = [[account, fen // 2] for account, fen in lines]


@pytest.mark.parametrize("harm", [lower_the_price, lambda body: body.update(actor="cus_EEEEEEEEEEEE")])
def test_v30_a_record_that_is_altered_in_the_store_is_named_with_its_first_broken_link(
    world: World,
    harm: Callable[[dict[str, object]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    vectors = VectorWorld(world)
    vectors.plan()
    orders = [vectors.sold(vectors.card(100_000), vectors.chain()) for _ in range(3)]
    vectors.follow()
    world.drain(only={"archive_journal", "archive_edges"})
    assert verify_archive(["--grace-seconds", "0"]) == 0
    (record,) = bootstrap.books().records(f"pay_sandbox_{orders[1].payment_id}")
    key = (record.partition, record.entry_id)
    intact = bootstrap.dynamo().get("journal", key, consistent=True)
    assert intact is not None
    body = json.loads(intact["body"])
    harm(body)
    kept = {name: content for name, content in intact.items() if name not in ("pk", "sk")}
    bootstrap.dynamo().put("journal", key, kept | {"body": canonical(body).decode()})
    capsys.readouterr()
    assert verify_archive(["--grace-seconds", "0"]) == 1
    printed = capsys.readouterr().out
    assert f"journal record {record.record_id}: changed" in printed
    assert "first broken link: archive sequence" in printed
