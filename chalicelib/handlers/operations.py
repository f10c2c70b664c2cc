"""Operations: what does an operator set going by hand, and what is the answer?

    aws lambda invoke --cli-binary-format raw-in-base64-out --cli-read-timeout 0 \
      --function-name forecourt-prod-redrive --payload '{"by": "anna"}' answer.json
    make redrive ARGS="by=anna"                                       the same on one machine

Dry unless told otherwise. A run that has no time left answers with a `cursor`: given
back, it goes on from there.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from chalice.app import Blueprint
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.observability import Metric, count, logger

if TYPE_CHECKING:  # app.py imports this module, and needs none of these to serve HTTP
    from chalicelib.usecases.enrol_person import Code
    from chalicelib.usecases.operator_run import OperatorRun
    from chalicelib.usecases.rebuild_balances import RebuiltBalances
    from chalicelib.usecases.redrive import Redriven
    from chalicelib.usecases.replay import Chosen, Replayed

blueprint = Blueprint(__name__)

# What one more step may take, a call of another function included, before Lambda cuts us off.
MARGIN_MS = 120_000

NAME = r"^[A-Za-z0-9_-]{0,40}$"  # how an operator is called, never a person's data


def _listed(value: Any) -> Any:
    """A single text stands for a list of it, or of its parts between commas."""
    return [part for part in value.split(",") if part] if isinstance(value, str) else value


def _nobodys_data(text: str) -> str:
    """Refuse what looks like a person's data: it stands in records, which the archive would never take."""
    from chalicelib.domain.personal_data import personal_data_in

    if personal_data_in(text):
        raise ValueError("this looks like a person's data, and would stand in records for ever")
    return text


Name = Annotated[str, AfterValidator(_nobodys_data)]
Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Wish(BaseModel):
    """What every operation may be told."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)

    by: Name = Field(default="", pattern=NAME, description="who asks; a real run needs it")
    dry_run: bool = True
    cursor: str = Field(default="", max_length=300)

    def run(self) -> "OperatorRun":
        """Raises: ValueError when nobody answers for a real run."""
        from chalicelib.usecases.operator_run import OperatorRun

        if not self.dry_run and not self.by:
            raise ValueError("a run that is not dry needs by: who asks for it?")
        now = bootstrap.now()
        return OperatorRun(self.by, bootstrap.new_key(now), now, self.dry_run)


class RebuildWish(BaseModel):
    """Nothing is asked for: everything is read, and nothing is written."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


class RedriveWish(Wish):
    functions: Names = ()


class EnrolWish(Wish):
    # A word of digits alone is a number to whoever reads it as JSON.
    phone: Annotated[str, BeforeValidator(str)] = Field(min_length=11, max_length=20, repr=False)


class SeedWish(Wish):
    """`seed`: goods, plans and values, as infra/seeds/ has them."""

    seed: dict[str, Any] = Field(repr=False)


class MigrateWish(Wish):
    """Without a step all of them are told, and where they stand."""

    step: str = Field(default="", max_length=100)


class ReplayWish(Wish):
    function: str
    ids: Names = ()
    since: datetime | None = None
    until: datetime | None = None

    def chosen(self) -> "Chosen":
        from chalicelib.usecases.replay import Chosen

        for moment in (self.since, self.until):
            if moment and moment.tzinfo is None:
                raise ValueError("since and until need their zone: 2026-11-22T10:00:00+08:00")
        return Chosen(self.function, tuple(self.ids), self.since, self.until)


@blueprint.lambda_function()
def redrive(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """List what the functions gave up, or hand it to them again: docs/runbooks/redrive.md."""
    wish = RedriveWish.model_validate(event)
    redriven = bootstrap.redrive()(wish.run(), time_is_over(context), wish.functions, wish.cursor)
    count(Metric.GIVEN_UP_WAITING, sum(redriven.waiting.values()))
    if not wish.dry_run:
        count(Metric.REDRIVEN, sum(redriven.done.values()))
        count(Metric.REDRIVE_FAILED, sum(redriven.failed.values()))
    return _redriven(redriven, wish.dry_run)


@blueprint.lambda_function()
def replay(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Show operations, or a range of time, to a reader once more: docs/runbooks/replay.md."""
    wish = ReplayWish.model_validate(event)
    replayed = bootstrap.replay()(wish.run(), time_is_over(context), wish.chosen(), wish.cursor)
    if not wish.dry_run:
        count(Metric.REPLAYED, replayed.handed)
        count(Metric.REPLAY_FAILED, len(replayed.failed))
    return _replayed(replayed, wish.dry_run)


@blueprint.lambda_function()
def rebuild_balances(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """All balances from the archive alone, beside those of the tables: docs/runbooks/rebuild.md."""
    RebuildWish.model_validate(event)
    rebuilt = bootstrap.rebuild_balances()(bootstrap.now(), time_is_over(context))
    for one in rebuilt.differences:
        logger.error("a balance is not what the archive makes of it", balance=str(one))
    if rebuilt.is_complete:
        count(Metric.REBUILD_DIFFERENCES, len(rebuilt.differences) + rebuilt.finding_count)
    return _rebuilt(rebuilt)


@blueprint.lambda_function()
def migrate(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """List the steps of this version, or take one: docs/runbooks/upgrade.md."""
    wish = MigrateWish.model_validate(event)
    migrate = bootstrap.migrate()
    if not wish.step:
        return {"steps": migrate.states()}
    migrated = migrate(wish.run(), time_is_over(context), wish.step)
    if not wish.dry_run:
        count(Metric.MIGRATED, migrated.changed)
    return {"dry_run": wish.dry_run, **asdict(migrated), "done_at": _text_of(migrated.done_at)}


@blueprint.lambda_function()
def enrol_admin(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """A one-time code for the first admin of an empty account: docs/runbooks/enrol.md."""
    wish = EnrolWish.model_validate(event)
    return _enrolled(wish, bootstrap.enrol_person().first_admin(wish.run(), wish.phone))


@blueprint.lambda_function()
def enrol_brought(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """A one-time code for a person who was brought from another system: docs/runbooks/enrol.md."""
    wish = EnrolWish.model_validate(event)
    return _enrolled(wish, bootstrap.enrol_person().brought(wish.run(), wish.phone))


@blueprint.lambda_function()
def seed_catalogue(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The first goods, plans and values of an empty account: docs/deploying.md."""
    from chalicelib.domain import seed as seeds

    wish = SeedWish.model_validate(event)
    seed = seeds.from_document(wish.seed)
    state = bootstrap.seed_catalogue()(wish.run(), seed)
    return {"dry_run": wish.dry_run, "catalogue": state, **seed.counts}


@blueprint.lambda_function()
def drop_signing_keys(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Show the keys of tokens, or drop them and sign everybody out: docs/runbooks/rotate-secrets.md."""
    from chalicelib.bootstrap.signing_keys import drop_signing_keys

    wish = Wish.model_validate(event)
    shown = drop_signing_keys()(wish.run())
    keys = [{"id": one.key_id, "role": one.role, "made_at": _text_of(one.made_at)} for one in shown]
    return {"dry_run": wish.dry_run, "keys" if wish.dry_run else "dropped": keys}


def _enrolled(wish: Wish, code: "Code") -> dict[str, Any]:
    address = f"{bootstrap.settings().public_url.rstrip('/')}/v1/enrolments"
    told = {"code": code.text, "post_to": address} if code.text else {}
    return {"dry_run": wish.dry_run, **told, "expires_at": code.expires_at.isoformat()}


def _text_of(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def time_is_over(context: Any) -> Callable[[], bool]:
    """Asks whether a function has too little time left for a further step."""
    return lambda: bool(context.get_remaining_time_in_millis() < MARGIN_MS)


def _redriven(redriven: "Redriven", is_dry: bool) -> dict[str, Any]:
    now = bootstrap.now()
    rows = [one.told(now) for one in redriven.shown]
    told: dict[str, Any] = {"dry_run": is_dry, "waiting": dict(redriven.waiting)}
    if is_dry:
        told |= {"records": rows}
    else:
        told |= {"done": dict(+redriven.done), "failed": dict(+redriven.failed), "failures": rows}
    return told | {"unreadable": redriven.unreadable, "cursor": redriven.cursor}


def _replayed(replayed: "Replayed", is_dry: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "dry_run": is_dry,
        "found": replayed.found,
        "kinds": dict(replayed.kinds),
        "absent": replayed.absent,
        "cursor": replayed.cursor,
    }
    if is_dry:
        return told | {"items": replayed.shown}
    return told | {"handed": replayed.handed, "failed": replayed.failed}


def _rebuilt(rebuilt: "RebuiltBalances") -> dict[str, Any]:
    from chalicelib.usecases.rebuild_balances import SHOWN_MAX

    oldest = min(rebuilt.waiting.values(), default=None)
    return {
        "is_complete": rebuilt.is_complete,
        "records": rebuilt.records,
        "objects": rebuilt.objects,
        "findings": rebuilt.findings,
        "finding_count": rebuilt.finding_count,
        "accounts": rebuilt.accounts,
        "differences": [str(one) for one in rebuilt.differences[:SHOWN_MAX]],
        "difference_count": len(rebuilt.differences),
        "totals_fen": {kind: dict(total) for kind, total in sorted(rebuilt.totals.items())},
        "not_archived_yet": len(rebuilt.waiting),
        "oldest_not_archived_at": _text_of(oldest),
    }
