"""Clients of AWS: how long do we wait for a service, and how often do we ask again?

One client a service and process: making one costs tens of milliseconds, and each
keeps its own connections. All are made by one session, DynamoDB's too, for it reads
what it knows of AWS once; and by botocore alone, for of boto3 nothing is used but its
time to start. Where the services are, and as whom we come, is what the SDK reads from
its own environment.
"""

from functools import cache
from threading import Lock
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

# Two attempts at two seconds still leave a Lambda behind API Gateway time to answer. Asking again is
# harmless for every call made through these clients: S3 puts are conditional, a queue may deliver twice
# anyway, and KMS and Secrets Manager change nothing. DynamoDB has its own client in store/.
CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=32,
)

# S3 takes what a key of KMS encrypts only under the fourth version of signatures, which forms do not get by
# themselves; and a browser must be sent to the bucket's own region, for it does not follow S3 to another one.
OF_SERVICE = {"s3": Config(signature_version="s3v4", s3={"addressing_style": "virtual"})}

making = Lock()  # a session is not made for two threads at once


@cache
def session() -> Session:
    """The one session of this process; who makes a client of it holds `making`."""
    return get_session()


def client(service: str) -> Any:
    """The one client of this process for a service: `kms`, `s3`, `secretsmanager`, `sqs` …"""
    with making:
        return _client(service)


@cache
def _client(service: str) -> Any:
    return session().create_client(service, config=config_of(service))


def config_of(service: str) -> Config:
    """How a service is spoken to."""
    own = OF_SERVICE.get(service)
    return CONFIG.merge(own) if own else CONFIG


# A function may take its fifteen minutes, and is not called a second time because nothing was heard of it.
PATIENT = Config(connect_timeout=1, read_timeout=900, retries={"mode": "standard", "total_max_attempts": 1})


@cache
def functions_client() -> Any:
    """The client by which one function calls another."""
    with making:
        return session().create_client("lambda", config=PATIENT)
