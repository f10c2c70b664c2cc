"""Function names: under which name is each function called, by an operator or by another function?

`forecourt-<stage>-<handler's own name>`, dashes for underscores: `forecourt-prod-pay-commission`.
The template gives every function this name (infra/plan.py).
"""

import re

_NAME = re.compile(r"forecourt-[a-z][a-z0-9]*-([a-z0-9-]+)")


def function_name(stage: str, handler: str) -> str:
    """The deployed name of a handler: `function_name("prod", "pay_commission")`."""
    return f"forecourt-{stage}-{handler.replace('_', '-')}"


def handler_of(arn: str) -> str:
    """The handler behind a function's ARN, with or without a version; "" where it is none of ours."""
    parts = arn.split(":")
    found = _NAME.fullmatch(parts[6]) if len(parts) > 6 else None
    return found.group(1).replace("-", "_") if found else ""
