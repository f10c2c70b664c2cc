"""The stack: what would a release change on AWS, and how does the change go?

A change is always a change set: it is looked at before it is executed, and one that
would replace or remove what holds data is refused.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from botocore.exceptions import ClientError, WaiterError

RELEASE = "Release"  # parameter and output of the template; a tag would be a change of every resource
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
# Whoever replaces or removes one of these loses what is in it, or can no longer read it.
HOLDING_DATA = frozenset(
    {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key", "AWS::SecretsManager::Secret"}
)
POLL_SECONDS = 2.0
EMPTY = "REVIEW_IN_PROGRESS"  # a stack of which there is a change set only
BROKEN = "ROLLBACK_COMPLETE"  # its creation failed; it can only be deleted
SIGNS = {"Add": "+", "Modify": "~", "Remove": "-", "Import": "<", "Dynamic": "?"}


class StackRefused(Exception):
    """The change cannot be made; the text says why."""


class NothingToChange(Exception):
    """The stack is already what the release asks for."""


class ChangeFailed(Exception):
    """CloudFormation took the change back; the text names the first resource that failed, and its reason."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one resource. `replacement`: True, False or Conditional, as CloudFormation says it."""

    action: str
    logical_id: str
    kind: str
    replacement: str = "False"
    properties: tuple[str, ...] = ()

    @property
    def loses_data(self) -> bool:
        return self.kind in HOLDING_DATA and (self.action == "Remove" or self.replacement == "True")

    def __str__(self) -> str:
        told = f"{SIGNS.get(self.action, '?')} {self.logical_id} ({self.kind.removeprefix('AWS::')})"
        told += f": {', '.join(self.properties)}" if self.properties else ""
        replaced = {"True": " [is replaced]", "Conditional": " [may be replaced]"}
        return told + replaced.get(self.replacement, "")


@dataclass
class Stack:
    """One stack by its name. `sleep` and `told` are the caller's: a clock, and where progress is shown."""

    cloudformation: Any
    name: str
    told: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep
    _seen: set[str] = field(default_factory=set)

    def described(self) -> Mapping[str, Any]:
        """The stack as CloudFormation describes it; empty where there is none."""
        try:
            found: Mapping[str, Any] = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in error.response["Error"]["Message"]:
                return {}
            raise
        return found

    @property
    def outputs(self) -> dict[str, str]:
        return {one["OutputKey"]: one["OutputValue"] for one in self.described().get("Outputs", [])}

    @property
    def parameters(self) -> dict[str, str]:
        found = self.described().get("Parameters", [])
        return {one["ParameterKey"]: one["ParameterValue"] for one in found}

    @property
    def release_id(self) -> str:
        """The release that it was last told to be; empty before the first."""
        return self.parameters.get(RELEASE, "")

    def proposed(self, change_set: str, template_url: str, parameters: Mapping[str, str]) -> list[Change]:
        """Make a change set of this name; what it would change. Raises: StackRefused, NothingToChange."""
        status = self.described().get("StackStatus", EMPTY)
        if status == BROKEN:
            raise StackRefused(f"the creation of {self.name} failed: delete the stack, then deploy again")
        if status.endswith("_IN_PROGRESS") and status != EMPTY:
            raise StackRefused(f"{self.name} is being changed ({status}): wait until that is over")
        self.cloudformation.create_change_set(
            StackName=self.name,
            ChangeSetName=change_set,
            ChangeSetType="CREATE" if status == EMPTY else "UPDATE",
            TemplateURL=template_url,
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in sorted(parameters.items())
            ],
            Capabilities=CAPABILITIES,
        )
        self._await_set(change_set)
        return list(self._changes(change_set))

    def _await_set(self, change_set: str) -> None:
        which = {"StackName": self.name, "ChangeSetName": change_set}
        try:
            self.cloudformation.get_waiter("change_set_create_complete").wait(
                **which, WaiterConfig={"Delay": int(POLL_SECONDS), "MaxAttempts": 150}
            )
        except WaiterError as failure:
            reason = str(failure.last_response.get("StatusReason", failure))
            self.cloudformation.delete_change_set(**which)
            if "didn't contain changes" in reason or "No updates are to be performed" in reason:
                raise NothingToChange(self.name) from None
            raise StackRefused(f"CloudFormation refuses the template: {reason}") from None

    def _changes(self, change_set: str) -> Iterator[Change]:
        which = {"StackName": self.name, "ChangeSetName": change_set}
        for page in self.cloudformation.get_paginator("describe_change_set").paginate(**which):
            for change in page["Changes"]:
                yield _change_of(change["ResourceChange"])

    def give_up(self, change_set: str) -> None:
        """Delete a change set that is not wanted after all."""
        self.cloudformation.delete_change_set(StackName=self.name, ChangeSetName=change_set)

    def execute(self, change_set: str) -> None:
        """Make the change, telling each step, until it is done. Raises: ChangeFailed."""
        self._seen.update(event["EventId"] for event in self._new_events())
        # What a change made and takes back goes, whatever its policy: its name would fail the next try.
        self.cloudformation.execute_change_set(
            StackName=self.name, ChangeSetName=change_set, RetainExceptOnCreate=True
        )
        failure = ""
        while True:
            self.sleep(POLL_SECONDS)
            status = str(self.described()["StackStatus"])  # before its events, so that none is missed
            failure = self._tell_events() or failure
            if not status.endswith("_IN_PROGRESS"):
                break
        if "ROLLBACK" in status or status.endswith("_FAILED"):
            raise ChangeFailed(f"{self.name} is {status}: {failure or 'see its events'}")

    def _tell_events(self) -> str:
        """Tell what happened since; the first failure among it."""
        failure = ""
        for event in self._new_events():
            self._seen.add(event["EventId"])
            status, name = event["ResourceStatus"], event["LogicalResourceId"]
            reason = event.get("ResourceStatusReason", "")
            self.told(f"{event['Timestamp']:%H:%M:%S} {status:28} {name}{': ' + reason if reason else ''}")
            if status.endswith("_FAILED") and not failure:
                failure = f"{name}: {reason or status}"
        return failure

    def _new_events(self) -> list[dict[str, Any]]:
        """The events that were not seen before, the oldest first; none before there is a stack."""
        if not self.described():
            return []
        pages = self.cloudformation.get_paginator("describe_stack_events").paginate(StackName=self.name)
        newest_first = (event for page in pages for event in page["StackEvents"])
        # Months of events may lie behind: who reads all of them every two seconds is throttled.
        return list(takewhile(lambda event: event["EventId"] not in self._seen, newest_first))[::-1]


def _change_of(change: Mapping[str, Any]) -> Change:
    targets = [detail.get("Target", {}) for detail in change.get("Details", [])]
    names = {str(target.get("Name") or target.get("Attribute", "")) for target in targets}
    return Change(
        action=change["Action"],
        logical_id=change["LogicalResourceId"],
        kind=change["ResourceType"],
        replacement=change.get("Replacement", "False"),
        properties=tuple(sorted(names - {""})),
    )
