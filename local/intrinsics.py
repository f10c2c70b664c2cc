"""Intrinsics: what does a CloudFormation value mean once every resource has its physical name?"""

import re
from collections.abc import Callable
from typing import Any

from local.engine_environment import ACCOUNT_ID, REGION

PSEUDO_PARAMETERS = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT_ID,
    "AWS::Partition": "aws",
    "AWS::StackName": "forecourt",
    "AWS::URLSuffix": "amazonaws.com",
}

Attribute = Callable[[str, str | None], str]


def resolve(value: Any, attribute: Attribute) -> Any:
    """Replace intrinsics all the way down; `attribute(logical_id, name or None)` answers GetAtt and Ref.

    Raises:
        ValueError: an intrinsic that one machine does not know.
    """
    if isinstance(value, list):
        return [resolve(member, attribute) for member in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name == "Ref" or name.startswith("Fn::"):
            return _intrinsic(name, argument, attribute)
    return {key: resolve(member, attribute) for key, member in value.items()}


def _intrinsic(name: str, argument: Any, attribute: Attribute) -> Any:
    if name == "Ref":
        return PSEUDO_PARAMETERS.get(argument) or attribute(argument, None)
    if name == "Fn::GetAtt":
        logical_id, member = argument.split(".", 1) if isinstance(argument, str) else argument
        return attribute(logical_id, member)
    if name == "Fn::Join":
        separator, members = argument
        return str(separator).join(str(member) for member in resolve(members, attribute))
    if name == "Fn::Sub":
        return _substitute(argument, attribute)
    raise ValueError(f"{name} is not known on one machine: use Ref, GetAtt, Join or Sub")


def _substitute(argument: Any, attribute: Attribute) -> str:
    text, variables = (argument, {}) if isinstance(argument, str) else argument
    known = {key: resolve(member, attribute) for key, member in variables.items()}

    def replacement(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in known:
            return str(known[name])
        return str(_intrinsic("Fn::GetAtt" if "." in name else "Ref", name, attribute))

    return re.sub(r"\$\{([^!}][^}]*)\}", replacement, text)
