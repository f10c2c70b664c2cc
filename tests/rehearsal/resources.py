"""The resources: which of a template were created, what is in them, and which stay when it is deleted?"""

from tests.rehearsal.stack import PROBED, Stack, is_there
from tests.rehearsal.unknown import UNKNOWN, Template, without_arithmetic

RETAINED = ("Retain", "RetainExceptOnCreate")


class NotSo(Exception):
    """What a step found is not as it should be; the text says what."""


def must(holds: bool, otherwise: str) -> None:
    """Raises: NotSo."""
    if not holds:
        raise NotSo(otherwise)


def told_of_creation(template: Template, created: set[str], left_out: dict[str, str]) -> str:
    """How many of how many, and the names of the others. Raises: NotSo when one is silently missing."""
    resources = template["Resources"]
    unconditional = {name for name, resource in resources.items() if "Condition" not in resource}
    missing = unconditional - created - left_out.keys()
    must(not missing, f"nobody created {', '.join(sorted(missing))}")
    optional = resources.keys() - unconditional - created - left_out.keys()
    told = f"created {len(created)} of {len(resources)} resources"
    computing = [name for name, one in resources.items() if without_arithmetic(one) is not one]
    if computing:
        told += f"; without their arithmetic {', '.join(sorted(computing))}"
    if optional:
        told += f"; by their conditions without {', '.join(sorted(optional))}"
    for name, kind in sorted(left_out.items()):
        told += f"\n{'':18} not known to the engine: {name}, {kind}: {UNKNOWN[kind]}"
    return told


def deleted(stack: Stack, template: Template) -> str:
    """What stayed and what went, asked of each service and not of CloudFormation. Raises: NotSo."""
    physical = dict(stack.physical)
    resources = template["Resources"]
    kept = {name for name in physical if resources[name].get("DeletionPolicy") in RETAINED}
    last = stack.delete()
    skipped = {name for name, status in last.items() if status == "DELETE_SKIPPED"}
    must(skipped == kept, f"kept {sorted(skipped)} instead of {sorted(kept)}")
    probed = {name: resources[name]["Type"] for name in physical if resources[name]["Type"] in PROBED}
    there = {name for name, kind in probed.items() if is_there(stack, kind, physical[name])}
    stayed, gone = there & kept, probed.keys() - there
    must(there <= kept, f"still there: {', '.join(sorted(there - kept))}")
    must(kept & probed.keys() <= there, f"lost: {', '.join(sorted(kept & probed.keys() - there))}")
    told = f"{len(kept)} resources kept as the template asks, {len(stayed)} of them seen"
    return f"{told}; {len(gone)} seen to be gone"


def kept_for(stack: Stack, bucket: str) -> dict[str, str]:
    """For how long a browser keeps each file of the app, as S3 says it."""
    s3 = stack.client("s3")
    names = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return {name: s3.head_object(Bucket=bucket, Key=name)["CacheControl"] for name in names}
