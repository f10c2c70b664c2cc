"""The archive for the office: how far is it sealed, was it verified, and what did that find?"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.verification import Verification, VerificationRuns, VerificationUnknown
from chalicelib.handlers.fields import Listing, Page, PageQuery, Path, View
from chalicelib.handlers.http import Routes
from chalicelib.usecases.ports import Command

routes = Routes(__name__)

READERS = ("auditor", "finance", "risk")
VerificationId = Annotated[
    str,
    Field(pattern=r"^ver_[0-7][0-9A-HJKMNP-TV-Z]{25}$", examples=["ver_01JD3Q8Z6N5W4V3T2S1R0QPAMK"]),
]


class VerificationPath(Path):
    verification_id: VerificationId


class VerificationView(View):
    """One check of the archive. `records` and `objects` tell how far it has come."""

    verification_id: VerificationId
    state: Literal["WAITING", "RUNNING", "DONE"]
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    objects: int
    records: int
    sealed_day: str = Field(description="the newest finished day whose seal was checked; empty for none")
    newest_root: str
    is_intact: bool | None = Field(description="whether nothing was wrong; once it is done")
    finding_count: int
    findings: list[str] = Field(description="the first hundred")


class ArchiveStateView(View):
    """How far the archive goes and is sealed, and its newest checks.

    `progress_bps`: how many of the records that there are now the running one has checked.
    """

    records: int = Field(description="in the chain")
    sealed_day: str = Field(description="the newest finished day that is sealed; empty for none")
    seal_digest: str = Field(description="the SHA-256 of its seal")
    last: VerificationView | None = Field(description="the newest one that is done")
    running: VerificationView | None
    progress_bps: int | None


@routes.get(
    "/v1/office/archive",
    roles=READERS,
    answers=ArchiveStateView,
    summary="How far the archive is sealed, and when it was verified with which result",
)
def archive_state() -> ArchiveStateView:
    head, ask = bootstrap.archive_index().head(), bootstrap.ask_verification()
    current = ask.current()
    newest = [one for one in ask.page("", 2) if one.verification_id != current]
    running = ask.read(current) if current else None
    return ArchiveStateView(
        records=head.sequence,
        sealed_day=head.sealed_day,
        seal_digest=head.sealed_digest,
        last=VerificationView.model_validate(newest[0]) if newest else None,
        running=VerificationView.model_validate(running) if running else None,
        progress_bps=running.records * 10_000 // max(1, head.sequence) if running else None,
    )


@routes.post(
    "/v1/office/archive/verifications",
    roles=READERS,
    answers=VerificationView,
    status=201,
    records=("archive.verify",),
    refusals=(VerificationRuns,),
    summary="Ask that the whole archive is verified; it begins within a minute",
)
def ask_verification(command: Command) -> Verification:
    """Every version of every object, each link and seal, and each record against the store.

    It goes on in slices until it is done, and there is one at a time. What the store holds and the archive
    does not is looked for by `make verify-archive`, which reads all of the store.
    """
    return bootstrap.ask_verification()(command)


@routes.get(
    "/v1/office/archive/verifications",
    roles=READERS,
    query=PageQuery,
    answers=Page[VerificationView],
    summary="All checks of the archive, the newest first",
)
def verifications(query: PageQuery) -> Listing:
    found = bootstrap.ask_verification().page(query.cursor, query.limit)
    return Listing(found, found[-1].verification_id if len(found) == query.limit else None)


@routes.get(
    "/v1/office/archive/verifications/{verification_id}",
    roles=READERS,
    path=VerificationPath,
    answers=VerificationView,
    refusals=(VerificationUnknown,),
    summary="How far a check of the archive is, and what it found",
)
def one_verification(path: VerificationPath) -> Verification:
    return bootstrap.ask_verification().read(path.verification_id)
