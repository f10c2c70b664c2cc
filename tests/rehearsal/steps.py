"""The steps: what is done in a rehearsal, in which order, and what must be so after each?"""

import copy
import json
import os
import platform
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from infra.build import template_errors, transformed_template
from infra.package import Package, built, stage_architecture
from local.counterparties.process import CounterpartiesProcess
from local.engine_process import EngineProcess
from local.resources import CREDENTIALS
from local.run import prove_lock
from local.seed import seed
from tests.rehearsal.evidence import archived, failures, keep_function_logs, wrong
from tests.rehearsal.imports import handlers, import_errors
from tests.rehearsal.stack import CODE_BUCKET, PROBED, Stack, is_there
from tests.rehearsal.trade import Trade
from tests.rehearsal.unknown import UNKNOWN, Template, without_arithmetic, without_unknown

STAGE = "dev"
API_STAGE = "dev"
# What the engine runs is what this machine runs; AWS gets the same build for the stage's architecture.
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
RETAINED = ("Retain", "RetainExceptOnCreate")
FUNCTION = "AWS::Lambda::Function"


class NotSo(Exception):
    """What a step found is not as it should be; the text says what."""


@dataclass(slots=True)
class Rehearsal:
    """What the steps hand on to each other."""

    directory: Path
    template: Template = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    package: Package | None = None
    engine: EngineProcess | None = None
    counterparties: CounterpartiesProcess | None = None
    stack: Stack = field(default_factory=lambda: Stack(""))
    left_out: dict[str, str] = field(default_factory=dict)
    trade: Trade | None = None

    @property
    def shop(self) -> Trade:
        assert self.trade is not None, "nobody trades before the address is known"
        return self.trade

    @property
    def environment(self) -> dict[str, str]:
        """What every function is told, and where the engine is."""
        variables = self.stack.function("APIHandler")["Environment"]["Variables"]
        return {**variables, **CREDENTIALS, "AWS_ENDPOINT_URL": self.stack.endpoint_url}

    def end(self, with_logs: bool) -> None:
        """Leave nothing running; keep what the functions wrote, where somebody will read it."""
        if with_logs and self.engine is not None and self.engine.child.process.poll() is None:
            with suppress(Exception):  # a rehearsal that failed may have left no logs
                keep_function_logs(self.stack, self.directory / "functions")
        for process in (self.counterparties, self.engine):
            if process is not None:
                process.stop()
        # Each function's process has unpacked the zip there.
        shutil.rmtree(self.directory / "tmp", ignore_errors=True)


def make_template(rehearsal: Rehearsal) -> str:
    """The template of the stage, transformed, without an error of the linter."""
    rehearsal.template = transformed_template(STAGE)
    errors = template_errors(rehearsal.template)
    _must(not errors, "\n".join(errors))
    return f"{len(rehearsal.template['Resources'])} resources of stage {STAGE}, cfn-lint finds no error"


def make_package(rehearsal: Rehearsal) -> str:
    """The zip; each handler loads from it alone."""
    rehearsal.package = built(ARCHITECTURE)
    modules = handlers(rehearsal.template)
    errors = import_errors(rehearsal.package.path, modules)
    _must(not errors, "\n".join(errors))
    count = sum(len(names) for names in modules.values())
    return (
        f"{rehearsal.package.zipped_bytes:,} bytes for {ARCHITECTURE}, AWS gets {stage_architecture(STAGE)}; "
        f"{count} handlers load from the zip alone"
    )


def start_engine(rehearsal: Rehearsal) -> str:
    """An engine of our own that forgets everything."""
    places = rehearsal.directory / "tmp"
    places.mkdir()
    rehearsal.engine = EngineProcess.start(
        log=rehearsal.directory / "engine.log", environment={"TMPDIR": str(places)}
    )
    rehearsal.stack = Stack(rehearsal.engine.endpoint_url)
    return rehearsal.engine.endpoint_url


def create(rehearsal: Rehearsal) -> str:
    """The whole stack; what the engine does not know is named, and nothing else is missing."""
    assert rehearsal.package is not None
    stack = rehearsal.stack
    stack.upload(rehearsal.package)
    known, rehearsal.left_out = without_unknown(rehearsal.template)
    rehearsal.parameters = {
        "PublicUrl": "http://not-known-yet.invalid",  # the API has its address only when it is there
        "CodeBucket": CODE_BUCKET,
        "CodeKey": rehearsal.package.key,
    }
    stack.create(known, rehearsal.parameters)
    return told_of_creation(rehearsal.template, set(stack.physical), rehearsal.left_out)


def told_of_creation(template: Template, created: set[str], left_out: dict[str, str]) -> str:
    """How many of how many, and the names of the others. Raises: NotSo when one is silently missing."""
    resources = template["Resources"]
    unconditional = {name for name, resource in resources.items() if "Condition" not in resource}
    missing = unconditional - created - left_out.keys()
    _must(not missing, f"nobody created {', '.join(sorted(missing))}")
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


def lock_archive(rehearsal: Rehearsal) -> str:
    """The engine's CloudFormation drops Object Lock: it is set by the API, and proven."""
    bucket = rehearsal.stack.physical["ArchiveBucket"]
    properties = rehearsal.template["Resources"]["ArchiveBucket"]["Properties"]
    configuration = copy.deepcopy(properties["ObjectLockConfiguration"])
    retention = configuration["Rule"]["DefaultRetention"]
    parameters = rehearsal.template.get("Parameters", {})
    for name, value in retention.items():
        told = parameters[value["Ref"]]["Default"] if isinstance(value, dict) else value
        retention[name] = told if name == "Mode" else int(told)
    s3 = rehearsal.stack.client("s3")
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=configuration)
    prove_lock(rehearsal.stack, bucket)
    return f"set by the API, since the engine's CloudFormation drops it: {retention}; nothing can be deleted"


def give_address(rehearsal: Rehearsal) -> str:
    """An update of two parameters: where customers reach the API, and where the sandbox outside answers."""
    stack = rehearsal.stack
    secret = stack.physical["SandboxChannelSecret"]
    key = stack.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    with (rehearsal.directory / "counterparties.log").open("a") as log:
        outside = CounterpartiesProcess.start(0, rehearsal.directory / "outside", key, log=log)
    rehearsal.counterparties = outside
    url = f"{stack.endpoint_url}/_aws/execute-api/{stack.physical['RestAPI']}/{API_STAGE}"
    rehearsal.parameters |= {"PublicUrl": url, "CounterpartiesUrl": outside.url}
    stack.update(without_unknown(rehearsal.template)[0], rehearsal.parameters)
    told = rehearsal.environment
    _must(told["PUBLIC_URL"] == url, f"the functions are told {told['PUBLIC_URL']}")
    rehearsal.trade = Trade(url)
    rehearsal.shop.refused_without_a_token()
    return url


def make_world(rehearsal: Rehearsal) -> str:
    """Staff, goods, plans, a tree and a stock, which the queue's function imports."""
    environment = rehearsal.environment
    os.environ.update(environment)
    seed(environment["PUBLIC_URL"], environment)
    return f"{len(rehearsal.stack.items(environment['TABLE_PEOPLE']))} items of people"


def trade(rehearsal: Rehearsal) -> str:
    """Signed in over HTTP: orders from a card account, and one by the channel."""
    shop = rehearsal.shop
    shop.sign_in("customer", "chuncheng", "root", "risk")
    shop.buy_from_card()
    shop.buy_by_channel()
    return f"{len(shop.order_ids)} orders paid and delivered"


def see_what_streams_bring(rehearsal: Rehearsal) -> str:
    """Commission on two levels, the fraud check and the archive, by the engine's own mappings."""
    found = [rehearsal.shop.check_commission(), rehearsal.shop.check_alert()]
    stack = rehearsal.stack
    rehearsal.shop.wait("the archive", lambda: archived(stack) > 0)
    return "; ".join([*found, f"{archived(stack)} locked objects in the archive"])


def run_schedules(rehearsal: Rehearsal) -> str:
    """Every rule's target is called as by its rule: under our launcher the engine keeps no clock."""
    stack = rehearsal.stack
    resources = rehearsal.template["Resources"]
    rules = [resource for resource in resources.values() if resource["Type"] == "AWS::Events::Rule"]
    targets = sorted(
        target["Arn"]["Fn::GetAtt"][0] for rule in rules for target in rule["Properties"]["Targets"]
    )
    event = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}, "resources": []}
    for target in targets:
        answer = stack.client("lambda").invoke(
            FunctionName=stack.physical[target], Payload=json.dumps(event | SCHEDULED)
        )
        _must("FunctionError" not in answer, f"{target} failed: {answer['Payload'].read()[:500]!r}")
    return f"{len(targets)} scheduled functions called, since the engine's own clock is not running"


SCHEDULED = {
    "version": "0", "id": "rehearsal", "account": "000000000000", "region": "us-east-1",
    "time": "2026-01-01T00:00:00Z",
}  # fmt: skip


def rotate(rehearsal: Rehearsal) -> str:
    """Two rotations, each step asked of the deployed function as by Secrets Manager; a session goes on."""
    stack = rehearsal.stack
    secret = rehearsal.environment["SECRET_TOKEN_SIGNING"]
    counts = [_count_of_keys(stack, secret)]
    for number in range(2):
        for step in ROTATION_STEPS:
            event = {"Step": step, "SecretId": secret, "ClientRequestToken": f"rehearsed-{number:032}"}
            answer = stack.client("lambda").invoke(
                FunctionName=stack.physical["RotateSigningKeys"], Payload=json.dumps(event)
            )
            _must("FunctionError" not in answer, f"{step} failed: {answer['Payload'].read()[:500]!r}")
        counts.append(_count_of_keys(stack, secret))
    _must(counts == [1, 2, 2], f"the secret had {counts} keys")
    rehearsal.shop.read("customer", "/v1/me")
    return "the next key is added once, and waits; asked by us, since the engine calls no function for it"


ROTATION_STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


def _count_of_keys(stack: Stack, secret: str) -> int:
    text: str = stack.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    return len(text.split())


def evaluate_alarms(rehearsal: Rehearsal) -> str:
    """Every alarm of the template exists and has a state after one evaluation."""
    cloudwatch = rehearsal.stack.client("cloudwatch")
    # The engine evaluates all of them whenever a metric arrives.
    metric = {"MetricName": "rehearsed", "Value": 1.0}
    cloudwatch.put_metric_data(Namespace="Forecourt/Rehearsal", MetricData=[metric])
    pages = cloudwatch.get_paginator("describe_alarms").paginate()
    states = {alarm["AlarmName"]: alarm["StateValue"] for page in pages for alarm in page["MetricAlarms"]}
    wanted = {
        rehearsal.stack.physical[name]
        for name, resource in rehearsal.template["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm" and name in rehearsal.stack.physical
    }
    missing = wanted - states.keys()
    _must(not missing, f"there are no alarms {', '.join(sorted(missing))}")
    counted = Counter(states[name] for name in wanted)
    _must(set(counted) <= {"OK", "ALARM", "INSUFFICIENT_DATA"}, f"alarms are {counted}")
    told = ", ".join(f"{count} {state}" for state, count in sorted(counted.items()))
    loud = sorted(name for name in wanted if states[name] == "ALARM")
    return f"{len(wanted)} alarms: {told or 'none in the template'}" + (
        f" ({', '.join(loud)})" if loud else ""
    )


CHANGED = "PayCommission"
NEW = "RehearsedQueue"
NEW_NAME = f"forecourt-{STAGE}-rehearsed"


def update(rehearsal: Rehearsal) -> str:
    """A changed setting and a new resource take effect; what was there is still there, and still answers."""
    stack = rehearsal.stack
    environment = rehearsal.environment
    before = stack.function(CHANGED)["MemorySize"]
    orders = _keys(stack, environment["TABLE_ORDERS"])
    changed = copy.deepcopy(rehearsal.template)
    changed["Resources"][CHANGED]["Properties"]["MemorySize"] = before + 64
    changed["Resources"][NEW] = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": NEW_NAME}}
    rehearsal.template = changed
    stack.update(without_unknown(changed)[0], rehearsal.parameters)
    now = stack.function(CHANGED)["MemorySize"]
    _must(now == before + 64, f"{CHANGED} has {now} MB")
    _must(is_there(stack, "AWS::SQS::Queue", stack.physical[NEW]), f"{NEW} was not created")
    _must(_keys(stack, environment["TABLE_ORDERS"]) >= orders, "orders were lost")
    rehearsal.shop.buy_from_card(1)
    rehearsal.shop.check_commission()
    return (
        f"{CHANGED} from {before} to {now} MB, {NEW} created; {len(orders)} orders still there, trade goes on"
    )


def _keys(stack: Stack, table: str) -> set[str]:
    return {f"{item['pk']['S']}/{item.get('sk', {}).get('S', '')}" for item in stack.items(table)}


def check_books(rehearsal: Rehearsal) -> str:
    """The laws of the books and of the archive, once the streams are read to their ends."""
    environment = rehearsal.environment
    found: list[str] = ["not looked at"]
    told: list[str] = []

    def hold() -> bool:
        found[:], told[:] = wrong(rehearsal.stack, environment)
        return not found

    with suppress(Exception):
        rehearsal.shop.wait("the end of the streams", hold)
    _must(not found, "; ".join(found[:20]))
    failed = failures(rehearsal.stack)
    _must(not failed, f"functions failed: {failed}")
    return "; ".join(told)


def delete(rehearsal: Rehearsal) -> str:
    """What must stay stays, and the rest is gone."""
    return deleted(rehearsal.stack, rehearsal.template)


def keep_in_prod(rehearsal: Rehearsal) -> str:
    """The template of prod is created and deleted, empty: the same, for what must outlive its stack there."""
    template = transformed_template("prod")
    stack = Stack(rehearsal.stack.endpoint_url, "forecourt-prod")
    known, left_out = without_unknown(template)
    stack.create(known, rehearsal.parameters)
    told_of_creation(template, set(stack.physical), left_out)
    return f"{len(stack.physical)} resources of stage prod created; {deleted(stack, template)}"


def deleted(stack: Stack, template: Template) -> str:
    """What stayed and what went, asked of each service and not of CloudFormation. Raises: NotSo."""
    physical = dict(stack.physical)
    resources = template["Resources"]
    kept = {name for name in physical if resources[name].get("DeletionPolicy") in RETAINED}
    last = stack.delete()
    skipped = {name for name, status in last.items() if status == "DELETE_SKIPPED"}
    _must(skipped == kept, f"kept {sorted(skipped)} instead of {sorted(kept)}")
    probed = {name: resources[name]["Type"] for name in physical if resources[name]["Type"] in PROBED}
    there = {name for name, kind in probed.items() if is_there(stack, kind, physical[name])}
    stayed, gone = there & kept, probed.keys() - there
    _must(there <= kept, f"still there: {', '.join(sorted(there - kept))}")
    _must(kept & probed.keys() <= there, f"lost: {', '.join(sorted(kept & probed.keys() - there))}")
    told = f"{len(kept)} resources kept as the template asks, {len(stayed)} of them seen"
    return f"{told}; {len(gone)} seen to be gone"


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotSo(otherwise)


STEPS: tuple[tuple[str, Callable[[Rehearsal], str]], ...] = (
    ("template", make_template),
    ("package", make_package),
    ("engine", start_engine),
    ("create", create),
    ("lock", lock_archive),
    ("address", give_address),
    ("world", make_world),
    ("trade", trade),
    ("streams", see_what_streams_bring),
    ("schedules", run_schedules),
    ("rotation", rotate),
    ("alarms", evaluate_alarms),
    ("update", update),
    ("books", check_books),
    ("delete", delete),
    ("prod", keep_in_prod),
)
