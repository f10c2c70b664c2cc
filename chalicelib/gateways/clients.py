"""Clients of AWS: how long do we wait for a service, and how often do we ask again?

One client a service and process: making one costs tens of milliseconds, and each
keeps its own connections. Where the services are, and as whom we come, is what the
SDK reads from its own environment.
"""

from functools import cache
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config

# Two attempts at two seconds still leave a Lambda behind API Gateway time to answer. Asking again is
# harmless for every call made through these clients: S3 puts are conditional, a queue may deliver twice
# anyway, and KMS and Secrets Manager change nothing. DynamoDB has its own client in store/.
CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=32,
)

_making = Lock()  # the SDK's default session is not made for two threads at once


def client(service: str) -> Any:
    """The one client of this process for a service: `kms`, `s3`, `secretsmanager`, `sqs` …"""
    with _making:
        return _client(service)


@cache
def _client(service: str) -> Any:
    return boto3.client(service, config=CONFIG)


# A function may take its fifteen minutes, and is not called a second time because nothing was heard of it.
PATIENT = Config(connect_timeout=1, read_timeout=900, retries={"mode": "standard", "total_max_attempts": 1})


@cache
def functions_client() -> Any:
    """The client by which one function calls another."""
    with _making:
        return boto3.client("lambda", config=PATIENT)
