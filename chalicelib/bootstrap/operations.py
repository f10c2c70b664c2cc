"""Operations: what an operator does by hand."""

from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import accounts, books, catalog, documents, dynamo, now, settings, sleep_ms
from chalicelib.bootstrap.outside import archive_objects, uploads
from chalicelib.bootstrap.part import part
from chalicelib.bootstrap.proof import archive_index
from chalicelib.bootstrap.secrecy import keys

if TYPE_CHECKING:
    from chalicelib.gateways.letters import S3Letters, SqsDeadLetters
    from chalicelib.usecases.import_data import ImportData
    from chalicelib.usecases.migrate import Migrate
    from chalicelib.usecases.opening_totals import OpeningTotals
    from chalicelib.usecases.ports import Functions
    from chalicelib.usecases.present_items import PresentItems, Retell
    from chalicelib.usecases.rebuild_balances import RebuildBalances
    from chalicelib.usecases.redrive import Redrive
    from chalicelib.usecases.replay import Replay


@part
def functions() -> "Functions":
    """The other functions of this stage. A run on one machine calls them in its own process."""
    from chalicelib.gateways.clients import functions_client
    from chalicelib.gateways.functions import LambdaFunctions

    return LambdaFunctions(functions_client(), settings().forecourt_stage)


@part
def letters() -> "S3Letters":
    from chalicelib.gateways.clients import client
    from chalicelib.gateways.letters import S3Letters
    from chalicelib.gateways.objects import S3Objects

    return S3Letters(S3Objects(client("s3"), settings().bucket_dead_letters))


@part
def dead_letters() -> "dict[str, SqsDeadLetters]":
    """The dead-letter queue of each worker of a queue, by its function."""
    from chalicelib.gateways.clients import client
    from chalicelib.gateways.letters import SqsDeadLetters

    urls = {
        "close_unpaid_order": settings().queue_order_timers_dead_letters_url,
        "import_cards": settings().queue_imports_dead_letters_url,
    }
    return {function: SqsDeadLetters(client("sqs"), url) for function, url in urls.items()}


@part
def redrive() -> "Redrive":
    from chalicelib.usecases.operator_run import AuditRun
    from chalicelib.usecases.redrive import Redrive

    audit = AuditRun(books())
    return Redrive(letters(), dead_letters(), functions(), _retell().of_given_up, audit, now)


@part
def replay() -> "Replay":
    from chalicelib.store.values import to_item
    from chalicelib.usecases.hand_over import HandOver
    from chalicelib.usecases.operator_run import AuditRun
    from chalicelib.usecases.replay import Replay

    return Replay(
        books(),
        documents(),
        archive_objects(),
        _present_items(),
        HandOver(functions()),
        _retell(),
        to_item,
        AuditRun(books()),
        now,
    )


@part
def rebuild_balances() -> "RebuildBalances":
    from chalicelib.store.pages import DynamoPages
    from chalicelib.usecases.rebuild_balances import RebuildBalances
    from chalicelib.usecases.standing_balances import StandingBalances

    standing = StandingBalances(documents(), DynamoPages(dynamo()))
    return RebuildBalances(archive_objects(), archive_index(), standing, sleep_ms)


@part
def import_data() -> "ImportData":
    from chalicelib.usecases.check_opening import CheckOpening
    from chalicelib.usecases.import_data import ImportData
    from chalicelib.usecases.make_opening import MakeOpening
    from chalicelib.usecases.operator_run import AuditRun

    check = CheckOpening(documents(), catalog(), keys())
    make = MakeOpening(documents(), accounts(), keys(), check)
    return ImportData(books(), uploads(), check, make, opening_totals(), AuditRun(books()), now)


@part
def migrate() -> "Migrate":
    from chalicelib.store.pages import DynamoPages
    from chalicelib.usecases.migrate import Migrate
    from chalicelib.usecases.operator_run import AuditRun

    return Migrate(documents(), DynamoPages(dynamo()), AuditRun(books()), now)


@part
def opening_totals() -> "OpeningTotals":
    from chalicelib.usecases.opening_totals import OpeningTotals

    return OpeningTotals(documents())


@part
def _present_items() -> "PresentItems":
    from chalicelib.usecases.present_items import PresentItems

    return PresentItems(documents(), now)


@part
def _retell() -> "Retell":
    from chalicelib.store.values import to_item
    from chalicelib.usecases.hand_over import HandOver
    from chalicelib.usecases.present_items import Retell

    return Retell(_present_items(), HandOver(functions()), to_item)
