"""Stock and cards: products, batches, the sweep, commands on cards, and what the card stream writes."""

from typing import TYPE_CHECKING

from chalicelib.bootstrap.basics import books, cards, catalog, documents, stock
from chalicelib.bootstrap.outside import imports_queue, uploads
from chalicelib.bootstrap.part import part
from chalicelib.bootstrap.purchases import make_card
from chalicelib.bootstrap.secrecy import keys

if TYPE_CHECKING:
    from chalicelib.usecases.activate_card import ActivateCard
    from chalicelib.usecases.bind_card import BindCard
    from chalicelib.usecases.change_card import ChangeCard
    from chalicelib.usecases.freeze_card import FreezeCard
    from chalicelib.usecases.import_batch import ImportBatch
    from chalicelib.usecases.project_cards import ProjectCards
    from chalicelib.usecases.prove_card import ProveCard
    from chalicelib.usecases.publish_product import PublishProduct
    from chalicelib.usecases.register_batch import RegisterBatch
    from chalicelib.usecases.replace_card import ReplaceCard
    from chalicelib.usecases.report_loss import ReportLoss
    from chalicelib.usecases.reveal_secret import RevealSecret
    from chalicelib.usecases.seed_catalogue import SeedCatalogue
    from chalicelib.usecases.sweep_stock import SweepStock


@part
def publish_product() -> "PublishProduct":
    from chalicelib.bootstrap.approvals import approvals
    from chalicelib.usecases.publish_product import PublishProduct

    return PublishProduct(books(), documents(), approvals())


@part
def seed_catalogue() -> "SeedCatalogue":
    from chalicelib.usecases.seed_catalogue import SeedCatalogue

    return SeedCatalogue(books(), documents())


@part
def register_batch() -> "RegisterBatch":
    from chalicelib.usecases.register_batch import RegisterBatch

    return RegisterBatch(books(), documents(), catalog(), uploads(), imports_queue())


@part
def import_batch() -> "ImportBatch":
    from chalicelib.usecases.import_batch import ImportBatch

    return ImportBatch(books(), documents(), cards(), catalog(), keys(), uploads(), imports_queue())


@part
def sweep_stock() -> "SweepStock":
    from chalicelib.usecases.sweep_stock import SweepStock

    return SweepStock(documents(), stock())


@part
def project_cards() -> "ProjectCards":
    from chalicelib.usecases.project_cards import ProjectCards

    return ProjectCards(documents())


@part
def _change_card() -> "ChangeCard":
    from chalicelib.usecases.change_card import ChangeCard

    return ChangeCard(books(), cards())


@part
def _prove_card() -> "ProveCard":
    from chalicelib.usecases.prove_card import ProveCard

    return ProveCard(documents(), keys())


@part
def activate_card() -> "ActivateCard":
    from chalicelib.usecases.activate_card import ActivateCard

    return ActivateCard(_change_card(), _prove_card())


@part
def freeze_card() -> "FreezeCard":
    from chalicelib.usecases.freeze_card import FreezeCard

    return FreezeCard(_change_card())


@part
def report_loss() -> "ReportLoss":
    from chalicelib.usecases.report_loss import ReportLoss

    return ReportLoss(_change_card())


@part
def replace_card() -> "ReplaceCard":
    from chalicelib.usecases.replace_card import ReplaceCard

    return ReplaceCard(_change_card(), make_card())


@part
def reveal_secret() -> "RevealSecret":
    from chalicelib.usecases.reveal_secret import RevealSecret

    return RevealSecret(_change_card(), keys())


@part
def bind_card() -> "BindCard":
    from chalicelib.usecases.bind_card import BindCard

    return BindCard(_change_card(), _prove_card(), keys())
