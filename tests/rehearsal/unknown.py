"""The unknown: which resources of the template does the engine not know, and what is not rehearsed?

A resource whose type stands here is left out of the rehearsed stack. One that the engine
refuses and that does not stand here fails the rehearsal: somebody has to say why first.
An alarm that computes with its metric is made of the metric alone: the engine takes no arithmetic.
"""

from collections.abc import Iterator, Mapping
from typing import Any

UNKNOWN = {
    "AWS::Backup::BackupSelection": "the engine keeps plans and vaults and backs up nothing",
    "AWS::SecretsManager::RotationSchedule": "the engine calls no function to rotate a secret",
    "AWS::WAFv2::LoggingConfiguration": "the engine's web ACLs see no requests, so they log none",
    "AWS::WAFv2::WebACLAssociation": "the engine keeps web ACLs and lets every request pass",
}

Template = dict[str, Any]


class ReferredTo(Exception):
    """A resource that is left out is needed by one that is not; the text names both."""


def without_unknown(template: Template) -> tuple[Template, dict[str, str]]:
    """The template that the engine can build, and the type of each resource that was left out.

    Raises: ReferredTo.
    """
    left_out = {
        name: resource["Type"]
        for name, resource in template["Resources"].items()
        if resource["Type"] in UNKNOWN
    }
    kept = {
        name: without_arithmetic(_without_dependencies(resource, left_out))
        for name, resource in template["Resources"].items()
        if name not in left_out
    }
    for name, resource in kept.items():
        if needed := set(references(resource)) & left_out.keys():
            raise ReferredTo(f"{name} refers to {min(needed)}, a {left_out[min(needed)]}, which is left out")
    outputs = {
        name: output
        for name, output in template.get("Outputs", {}).items()
        if not set(references(output)) & left_out.keys()
    }
    return {**template, "Resources": kept, "Outputs": outputs}, left_out


def without_arithmetic(resource: dict[str, Any]) -> dict[str, Any]:
    """An alarm as the engine takes it; anything else as it is."""
    properties = resource.get("Properties", {})
    if resource["Type"] != "AWS::CloudWatch::Alarm" or "Metrics" not in properties:
        return resource
    (measured,) = [one["MetricStat"] for one in properties["Metrics"] if "MetricStat" in one]
    plain = {member: value for member, value in properties.items() if member != "Metrics"}
    plain |= {**measured["Metric"], "Period": measured["Period"], "Statistic": measured["Stat"]}
    return {**resource, "Properties": plain}


def _without_dependencies(resource: Mapping[str, Any], left_out: Mapping[str, str]) -> dict[str, Any]:
    """To wait for what is not there would be waiting for ever."""
    named = resource.get("DependsOn", [])
    waited_for = [name for name in ([named] if isinstance(named, str) else named) if name not in left_out]
    rest = {member: value for member, value in resource.items() if member != "DependsOn"}
    return {**rest, "DependsOn": waited_for} if waited_for else rest


def references(value: Any) -> Iterator[str]:
    """The logical ids that Ref, GetAtt and Sub name, all the way down."""
    if isinstance(value, list):
        for member in value:
            yield from references(member)
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _named(name, member)
            yield from references(member)


def _named(intrinsic: str, argument: Any) -> Iterator[str]:
    if intrinsic == "Ref" and isinstance(argument, str):
        yield argument
    elif intrinsic == "Fn::GetAtt":
        yield argument.partition(".")[0] if isinstance(argument, str) else argument[0]
    elif intrinsic == "Fn::Sub":
        text = argument if isinstance(argument, str) else argument[0]
        for part in text.split("${")[1:]:
            yield part.partition("}")[0].partition(".")[0]
