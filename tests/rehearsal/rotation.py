"""Rotation: does the deployed function renew a secret, asked for each step as by Secrets Manager?"""

import json

from tests.rehearsal.resources import must
from tests.rehearsal.stack import Stack

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


def rotated_twice(stack: Stack, secret: str) -> None:
    """The next key is added by the first rotation, and too young for the second. Raises when it is not so."""
    counts = [_count_of_keys(stack, secret)]
    for number in range(2):
        for step in STEPS:
            event = {"Step": step, "SecretId": secret, "ClientRequestToken": f"rehearsed-{number:032}"}
            answer = stack.client("lambda").invoke(
                FunctionName=stack.physical["RotateSigningKeys"], Payload=json.dumps(event)
            )
            must("FunctionError" not in answer, f"{step} failed: {answer['Payload'].read()[:500]!r}")
        counts.append(_count_of_keys(stack, secret))
    must(counts == [1, 2, 2], f"the secret had {counts} keys")


def _count_of_keys(stack: Stack, secret: str) -> int:
    text: str = stack.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    return len(text.split())
