"""Audit: which record does a command leave, and was this command given before?

The record of a command that moves no money stands in its actor's own partition
under the command's key: the same key sent twice is the same record.
"""

from chalicelib.domain.change import Replayed
from chalicelib.domain.errors import KeyReused
from chalicelib.domain.record import Plain, Record
from chalicelib.usecases.ports import Command


def audit_record(command: Command, action: str, **about: Plain) -> Record:
    """The audit record of a command: who, what, when, why, from where."""
    return Record(
        partition=command.actor.person_id,
        entry_id=command.key,
        action=action,
        at=command.now,
        actor=command.actor.person_id,
        about=about,
        reason=command.reason,
        request_hash=command.request_hash,
        client=command.actor.client,
    )


def check_same(replayed: Replayed, command: Command) -> None:
    """The operation key was used for this very request. Raises: KeyReused."""
    if replayed.request_hash != command.request_hash:
        raise KeyReused()
