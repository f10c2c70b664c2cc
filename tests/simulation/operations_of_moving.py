"""Operations of moving house: files of another system are brought row by row, the first admin is let in."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain.business_time import business_date
from chalicelib.domain.enrolment import EnrolmentRefused
from chalicelib.domain.opening_file import OpeningKind
from chalicelib.domain.person import CodeRequired
from chalicelib.usecases.import_data import ImportWish
from chalicelib.usecases.operator_run import OperatorRun
from chalicelib.usecases.sign_in import Attempt
from tests.e2e.old_shop import SOURCE, OldShop, Rows, file_of, sha256_of, totals_of
from tests.simulation.one_run import Scene, Step
from tests.simulation.operation import Steps, operation

PHONE, PASSWORD = "13800000099", "vier rote ampeln"


def exported(scene: Scene, kind: OpeningKind) -> Rows:
    """The fewest rows of a kind that differ in what they become."""
    shop = OldShop(business_date(scene.now()) + timedelta(days=1), people=3)
    rows = shop.rows(kind)
    if kind is OpeningKind.COMMISSION:
        return [row for row in rows if (row["distributor"], row["state"]) != ("d0", "FROZEN")]
    return rows[:2] if kind in (OpeningKind.CUSTOMERS, OpeningKind.CARDS) else rows


def bringing(scene: Scene, kind: OpeningKind) -> Step:
    """The operator runs one file until all of it is there, always under the same key."""
    rows = exported(scene, kind)
    content = file_of(rows)
    scene.objects.contents[f"imports/{kind}.csv"] = content
    wish = ImportWish(SOURCE, kind, f"imports/{kind}.csv", sha256_of(content), totals_of(kind, rows), "ben")
    key = scene.command().key

    def bring(scene: Scene) -> Any:
        run = OperatorRun("anna", key, scene.now(), is_dry=False)
        imported = bootstrap.import_data()(run, lambda: False, wish)
        assert (imported.errors, imported.differences, imported.left) == ([], {}, 0), imported
        assert imported.written + imported.done_before == len(rows), imported

    return Step(f"the {kind}", bring)


def brought(scene: Scene, *kinds: OpeningKind) -> None:
    """These came before."""
    for kind in kinds:
        bringing(scene, kind).do(scene)
    scene.calm_down()


@operation
def import_of_a_tree(scene: Scene) -> Steps:
    return (bringing(scene, OpeningKind.DISTRIBUTORS),)


@operation
def import_of_customers(scene: Scene) -> Steps:
    brought(scene, OpeningKind.DISTRIBUTORS)
    return (bringing(scene, OpeningKind.CUSTOMERS),)


@operation
def import_of_cards_with_balances(scene: Scene) -> Steps:
    brought(scene, OpeningKind.DISTRIBUTORS, OpeningKind.CUSTOMERS)
    return (bringing(scene, OpeningKind.CARDS),)


@operation
def import_of_commission_and_debt(scene: Scene) -> Steps:
    brought(scene, OpeningKind.DISTRIBUTORS)
    return (bringing(scene, OpeningKind.COMMISSION),)


@operation
def import_of_the_banks_money(scene: Scene) -> Steps:
    return (bringing(scene, OpeningKind.BANK),)


@operation
def enrolment_of_the_first_admin(scene: Scene) -> Steps:
    run = OperatorRun("anna", scene.command().key, scene.now(), is_dry=False)
    code = bootstrap.enrol_person().first_admin(run, PHONE).text

    def enrol(scene: Scene) -> Any:
        try:
            bootstrap.enrol_person()(code, PASSWORD, None, scene.now())
        except EnrolmentRefused:
            with suppress(CodeRequired):  # the password is right: whose answer was lost is in all the same
                bootstrap.sign_in()(Attempt(PHONE, PASSWORD), None, scene.now())
                raise AssertionError("a password alone opened the office") from None

    return (Step("the enrolment", enrol),)
