"""Answers: what would API Gateway tell CloudWatch of each request?"""

import logging
import os
import threading
import time

from local.resources import client
from local.telemetry import Telemetry, datum
from local.watch import FLUSH_SECONDS

API = {"ApiName": "forecourt", "Stage": "local"}

logger = logging.getLogger("forecourt.answers")


class Answers:
    """Counts answers, and tells of them every few seconds."""

    def __init__(self, endpoint_url: str) -> None:
        self._telemetry = Telemetry()
        self._cloudwatch = client("cloudwatch", endpoint_url)
        threading.Thread(target=self._flush, name="answers", daemon=True).start()

    def __call__(self, status: int, seconds: float) -> None:
        """Count one answer."""
        told = {"Count": 1, "Latency": round(seconds * 1000), "5XXError": status >= 500}
        for metric, value in told.items():
            self._telemetry.tell(datum("AWS/ApiGateway", metric, API, value))

    def _flush(self) -> None:
        while True:
            time.sleep(FLUSH_SECONDS)
            try:
                self._telemetry.flush(self._cloudwatch)
            except Exception:
                logger.warning("the engine took no metrics; the next ones may be taken", exc_info=True)


def answers_told() -> Answers:
    """Answers of this process, told to the engine of its environment."""
    return Answers(os.environ["AWS_ENDPOINT_URL"])
