"""The engine's environment: which switches make the embedded engine safe before it is imported?

ministack reads its switches at import time, so they are set first and here alone.
Its defaults bind every address and open an MQTT listener: neither is wanted.
"""

import os
from pathlib import Path

ACCOUNT_ID = "000000000000"
REGION = "us-east-1"
HOST = "127.0.0.1"

# Queue addresses inside the engine carry this port whatever port it listens on, so that
# queues found again after a restart keep their names; callers see their own host instead.
_CANONICAL_PORT = "4566"


def prepare(state_directory: Path | None, port: int = int(_CANONICAL_PORT)) -> None:
    """Set every switch. With no state directory nothing touches the disk."""
    os.environ.update(
        AWS_ENDPOINT_URL=f"http://{HOST}:{port}",  # functions that the engine runs find it there
        BIND_HOST=HOST,
        GATEWAY_PORT=_CANONICAL_PORT,
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        MINISTACK_REGION=REGION,
        MINISTACK_ACCOUNT_ID=ACCOUNT_ID,
        PERSIST_STATE="0",  # its own snapshots are written at a clean stop only; the journal replaces them
        S3_PERSIST="1" if state_directory else "0",
        LOG_LEVEL="WARNING",
    )
    for switch in ("MINISTACK_HOST", "USE_SSL", "AUTH", "LOCALSTACK_PERSISTENCE", "SERVICES"):
        os.environ.pop(switch, None)
    if state_directory:
        os.environ["STATE_DIR"] = str(state_directory / "ministack")
        os.environ["S3_DATA_DIR"] = str(state_directory / "objects")
