"""AWS in memory for gateways, one thread at a time: what moto is good at, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from moto import mock_aws

REGION = "us-east-1"


@contextmanager
def pretended_aws() -> Iterator[Any]:
    """A maker of clients (`make("s3")`) that reach nobody."""
    with mock_aws():
        yield client_of


def client_of(service: str) -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=f"https://{service}.{REGION}.amazonaws.com",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}),
    )


class Counted:
    """A client whose calls are counted by name."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.calls: dict[str, int] = {}

    def __getattr__(self, name: str) -> Any:
        action = getattr(self.client, name)

        def counted(**arguments: Any) -> Any:
            self.calls[name] = self.calls.get(name, 0) + 1
            return action(**arguments)

        return counted
