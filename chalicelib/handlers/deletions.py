"""Deletions: what does a run tell about the accounts that were to be deleted?"""

from datetime import datetime

from chalicelib import bootstrap
from chalicelib.observability import logger


def delete_people(now: datetime) -> None:
    """Delete whose grace is over. A run that left somebody fails: its alarm calls for the runbook."""
    done = bootstrap.delete_people()(now)
    if done.deleted or done.waiting or done.failed:
        logger.info("people were deleted", deleted=done.deleted, waiting=done.waiting, failed=done.failed)
    assert not done.failed, "somebody could not be deleted: the log says who"
