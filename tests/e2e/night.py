"""The night: the fold of the night in a test's world, what it found, and how differences are planted."""

from datetime import timedelta

from chalicelib import bootstrap
from chalicelib.domain.finding import TABLE, Kind, partition_of
from chalicelib.domain.order import Order
from chalicelib.domain.platform_books import CLOSES_AFTER
from chalicelib.domain.record import canonical
from chalicelib.usecases.fold_balances import FoldBalances, Folded
from local.testing import World
from tests.e2e.tree import DAY
from tests.e2e.vector_world import VectorWorld

NIGHT = DAY + CLOSES_AFTER + timedelta(hours=1)  # after it today is closed, whatever the hour is now
VIEWS = {"project_accounts", "project_cards", "project_journal", "pay_commission"}


def sold(vectors: VectorWorld, price_fen: int = 100_000, chain: list[str] | None = None) -> Order:
    return vectors.sold(vectors.card(price_fen), chain or vectors.chain())


def read_streams(vectors: VectorWorld) -> None:
    vectors.world.drain(only=VIEWS)


def folded(vectors: VectorWorld, after: timedelta = NIGHT, fold: FoldBalances | None = None) -> Folded:
    """The fold of the night so long after; it is over at once."""
    found = (fold or bootstrap.fold_balances())(vectors.tree.now + after)
    assert found.is_done
    return found


def findings(kind: Kind) -> dict[str, str]:
    return {i["sk"]: i["detail"] for i in bootstrap.documents().query(TABLE, partition_of(kind))}


def set_number(world: World, table: str, key: dict[str, str], name: str, number: int) -> None:
    world.client("dynamodb").update_item(
        TableName=world.table_name(table),
        Key={part: {"S": text} for part, text in key.items()},
        UpdateExpression="SET #n = :v",
        ExpressionAttributeNames={"#n": name},
        ExpressionAttributeValues={":v": {"N": str(number)}},
    )


def everything(world: World) -> list[str]:
    names = ("accounts", "cards", "journal", "orders", "views")
    return [canonical(sorted(map(repr, world.items(name)))).decode() for name in names]
