"""Consents: what may we do with somebody's data, by which notice, and since when?

    SERVICE     necessary to serve a customer at all: told by its notice, and no consent is asked;
                a new version is accepted before the service is used again
    MARKETING   messages that advertise
    PROFILE     what is shown follows what was bought
    LOCATION    the nearest station

All but the first are optional (个人信息保护法 arts. 13–16): none is given unless it was given, each
alone, and taking one back is the same call. A consent is to one version of its notice; by
another version nothing is given. Texts stand in handlers/notices.json.

    people: pk cus_…   sk profile             notice: of SERVICE, as accepted; consents: how each stands
                       sk consent#<command>   one decision: purpose, version, given, at
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import DocumentChange, NewDocument
from chalicelib.domain.errors import Conflict, Unprocessable
from chalicelib.domain.people_items import PROFILE, TABLE
from chalicelib.domain.person import SERVICE_NOTICE

DECISION = "consent#"


class Purpose(StrEnum):
    SERVICE = "SERVICE"
    MARKETING = "MARKETING"
    PROFILE = "PROFILE"
    LOCATION = "LOCATION"


# The version of each notice that is in force. A changed text is another version.
NOTICES: Mapping[Purpose, str] = {
    Purpose.SERVICE: SERVICE_NOTICE,
    Purpose.MARKETING: "2026-11",
    Purpose.PROFILE: "2026-11",
    Purpose.LOCATION: "2026-11",
}


class NoticeReplaced(Conflict):
    code = "NOTICE_REPLACED"
    advice = "Read the notice again; the version in force is `version`."


class ServiceNecessary(Unprocessable):
    """Without these data there is no service: who does not want them held leaves."""

    code = "SERVICE_NECESSARY"
    advice = "Close the account, if these data shall not be held."


class Decision(NamedTuple):
    """What somebody said about one version of a notice."""

    purpose: Purpose
    version: str
    given: bool
    at: datetime


class Consent(NamedTuple):
    """How one purpose stands. `version` is in force; `decision` is the last one, or None."""

    purpose: Purpose
    version: str
    decision: Decision | None

    @property
    def is_necessary(self) -> bool:
        return self.purpose is Purpose.SERVICE

    @property
    def given(self) -> bool:
        return self.decision is not None and self.decision.given and self.decision.version == self.version


def checked_decision(
    purpose: Purpose, given: bool, version: str, notices: Mapping[Purpose, str], now: datetime
) -> Decision:
    """What is decided now; taking back needs no version. Raises: NoticeReplaced, ServiceNecessary."""
    if purpose is Purpose.SERVICE and not given:
        raise ServiceNecessary()
    if given and version != notices[purpose]:
        raise NoticeReplaced(version=notices[purpose])
    return Decision(purpose, notices[purpose], given, now)


def consents_of(profile: Mapping[str, Any], notices: Mapping[Purpose, str]) -> list[Consent]:
    """How every purpose stands by an item `profile`."""
    decided = {decision.purpose: decision for decision in _decisions(profile)}
    return [Consent(purpose, version, decided.get(purpose)) for purpose, version in notices.items()]


def decision_changes(
    profile: Mapping[str, Any], decision: Decision, key: str
) -> list[DocumentChange | NewDocument]:
    """The decision in the profile, if nobody decided since it was read, and as a line of its history."""
    row = {"version": decision.version, "given": decision.given, "at": to_ms(decision.at)}
    values: dict[str, Any] = {"consents": {**profile.get("consents", {}), decision.purpose.value: row}}
    if decision.purpose is Purpose.SERVICE:
        values["notice"] = decision.version
    known = {"consents_version": profile.get("consents_version")}
    history = {"purpose": decision.purpose.value, **row}
    return [
        DocumentChange(TABLE, profile["pk"], PROFILE, values, known, {"consents_version": 1}),
        NewDocument(TABLE, profile["pk"], DECISION + key, history),
    ]


def history_of(items: Iterable[Mapping[str, Any]]) -> list[Decision]:
    """The decisions that items show."""
    return [_decision(item["purpose"], item) for item in items]


def _decisions(profile: Mapping[str, Any]) -> list[Decision]:
    told = {purpose: _decision(purpose, row) for purpose, row in profile.get("consents", {}).items()}
    if profile.get("notice") and Purpose.SERVICE.value not in told:  # by registering
        at = from_ms(profile["created_at"])
        told[Purpose.SERVICE.value] = Decision(Purpose.SERVICE, profile["notice"], True, at)
    return list(told.values())


def _decision(purpose: str, row: Mapping[str, Any]) -> Decision:
    return Decision(Purpose(purpose), row["version"], row["given"], from_ms(row["at"]))
