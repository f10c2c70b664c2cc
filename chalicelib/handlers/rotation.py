"""Rotation: which step of a rotation does Secrets Manager ask for?

It asks for four steps within seconds, each in a call of its own, and for all of them again when one
failed. What each step means stands in usecases/rotate_signing_keys.py.
"""

from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint

from chalicelib.observability import Metric, count, logger

blueprint = Blueprint(__name__)


@blueprint.lambda_function()
def rotate_signing_keys(event: Mapping[str, Any], context: Any) -> None:
    """One step of a rotation of the keys that sign tokens: docs/runbooks/rotate-secrets.md."""
    try:
        is_changed = _step(event["SecretId"], event["ClientRequestToken"], event["Step"])
    except Exception:
        count(Metric.ROTATION_FAILED)
        raise
    logger.info("a step of a rotation", step=event["Step"], changed=is_changed)


def _step(secret_id: str, version_id: str, step: str) -> bool:
    """Whether the step changed anything. Raises: ValueError for another secret, or a step that is none."""
    from chalicelib import bootstrap
    from chalicelib.bootstrap.signing_keys import rotate_signing_keys

    if secret_id != bootstrap.settings().secret_token_signing:
        raise ValueError("this function rotates the keys that sign tokens, and no other secret")
    rotate = rotate_signing_keys()
    match step:
        case "createSecret":
            return rotate.create(version_id, bootstrap.now())
        case "setSecret":
            return False
        case "testSecret":
            rotate.test(bootstrap.now())
            return False
        case "finishSecret":
            return rotate.finish(version_id, bootstrap.now())
    raise ValueError(f"{step!r} is no step of a rotation")
