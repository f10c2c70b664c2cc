"""The deployment: where does deploying to the engine differ from deploying to AWS?

It is the code of `make deploy` that deploys. These are all the differences there are:

    the template   without what the engine does not know (unknown.py), each told by name
    the address    the engine serves an API below its own address, not under a name of Amazon's, and keeps
                   distributions without serving them: nobody comes by CloudFront
    the question   nobody is there to be asked
    the clock      a poll every two seconds would be most of the time

After that the steps set Object Lock by the API, for the engine's CloudFormation drops it.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy import Deployment
from infra.releases import Releases, code_bucket
from infra.stack import Change, Stack, StackRefused

QUICKER = 20

_UNRECOGNIZED = re.compile(r"Unrecognized resource types: \[(.+)\]")

Client = Callable[[str], Any]


@dataclass
class EngineStack(Stack):
    """A stack of the engine's CloudFormation."""

    endpoint_url: str = ""

    @property
    def outputs(self) -> dict[str, str]:
        told = {name: value for name, value in super().outputs.items() if name != "WebURL"}
        if "RestAPIId" in told and "EndpointURL" in told:
            stage = told["EndpointURL"].rstrip("/").rpartition("/")[2]
            address = f"{self.endpoint_url}/_aws/execute-api/{told['RestAPIId']}/{stage}/"
            return {**told, "EndpointURL": address}
        return told

    def proposed(self, change_set: str, template_url: str, parameters: Mapping[str, str]) -> list[Change]:
        """As on AWS. Raises: StackRefused, with what to do about a type that the engine does not know."""
        try:
            return super().proposed(change_set, template_url, parameters)
        except ClientError as refused:
            raise StackRefused(_refusal(str(refused))) from None


def deployment_of(client: Client, endpoint_url: str, stage: str, told: Callable[[str], None]) -> Deployment:
    """A stage on the engine."""
    stack = EngineStack(
        client("cloudformation"), f"forecourt-{stage}", told, _sleep, endpoint_url=endpoint_url
    )
    s3 = client("s3")
    releases = Releases(s3, code_bucket(stage, "000000000000", s3.meta.region_name))
    return Deployment(stage, stack, releases, lambda: True, told)


def _sleep(seconds: float) -> None:
    time.sleep(seconds / QUICKER)


def _refusal(text: str) -> str:
    """What to do about resources that the engine does not know; any other refusal in its own words."""
    found = _UNRECOGNIZED.search(text)
    if not found:
        return text
    return (
        f"the engine does not know {found[1]}: "
        "name it in tests/rehearsal/unknown.py, and say what is not rehearsed without it"
    )
