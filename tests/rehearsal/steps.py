"""The steps: what is done in a rehearsal, in which order, and what must be so after each?"""

import copy
import json
import os
import platform
import shutil
import socket
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from chalicelib import VERSION
from chalicelib.domain.function_names import function_name
from infra.build import transformed_template
from infra.deploy import sound_template
from infra.package import built, stage_architecture
from infra.seed import Operations
from infra.web import ASKED_ANEW, FOR_EVER
from local.counterparties.process import CounterpartiesProcess
from local.engine_environment import HOST
from local.engine_process import EngineProcess
from local.people import Phones
from local.resources import CREDENTIALS
from local.run import prove_lock
from local.seed import seed
from tests.rehearsal.crowd import FROM_CARD_MAX, Buyer, Crowd, top_up
from tests.rehearsal.evidence import archived, failures, keep_function_logs, tables_of, wrong
from tests.rehearsal.first_day import FirstDay
from tests.rehearsal.imports import handlers, import_errors
from tests.rehearsal.next_version import NEXT, next_version
from tests.rehearsal.resources import deleted, kept_for, must, told_of_creation
from tests.rehearsal.rotation import rotated_twice
from tests.rehearsal.stack import Stack, is_there
from tests.rehearsal.trade import Trade
from tests.rehearsal.unknown import Template, without_unknown
from tests.web.dist import SCRIPT

STAGE = "dev"
API_STAGE = "dev"
# What the engine runs is what this machine runs; AWS gets the same build for the stage's architecture.
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]


@dataclass(slots=True)
class Rehearsal:
    """What the steps hand on to each other."""

    directory: Path
    template: Template = field(default_factory=dict)
    package: Path = Path()
    engine: EngineProcess | None = None
    outside_port: int = 0
    counterparties: CounterpartiesProcess | None = None
    stack: Stack = field(default_factory=lambda: Stack("", Path()))
    first_day: FirstDay | None = None
    trade: Trade | None = None
    crowd: Crowd | None = None

    @property
    def shop(self) -> Trade:
        assert self.trade is not None, "nobody trades before the address is known"
        return self.trade

    @property
    def customers(self) -> FirstDay:
        assert self.first_day is not None, "nobody comes before the address is known"
        return self.first_day

    @property
    def environment(self) -> dict[str, str]:
        """What every function is told, and where the engine is."""
        variables = self.stack.function("APIHandler")["Environment"]["Variables"]
        return {**variables, **CREDENTIALS, "AWS_ENDPOINT_URL": self.stack.endpoint_url}

    def deploy(self, given: Mapping[str, str]) -> list[str]:
        """Bring the stage to what the steps have made of template and package; what was told."""
        return self.stack.deploy(self.template, self.package, given)

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
    rehearsal.template = sound_template(STAGE)
    return f"{len(rehearsal.template['Resources'])} resources of stage {STAGE}, cfn-lint finds no error"


def make_package(rehearsal: Rehearsal) -> str:
    """The zip; each handler loads from it alone."""
    package = built(ARCHITECTURE)
    rehearsal.package = package.path
    modules = handlers(rehearsal.template)
    errors = import_errors(package.path, modules)
    must(not errors, "\n".join(errors))
    count = sum(len(names) for names in modules.values())
    return (
        f"{package.zipped_bytes:,} bytes for {ARCHITECTURE}, AWS gets {stage_architecture(STAGE)}; "
        f"{count} handlers load from the zip alone"
    )


def start_engine(rehearsal: Rehearsal) -> str:
    """An engine of our own that forgets everything."""
    places = rehearsal.directory / "tmp"
    places.mkdir()
    rehearsal.engine = EngineProcess.start(
        log=rehearsal.directory / "engine.log", environment={"TMPDIR": str(places)}
    )
    rehearsal.stack = Stack(rehearsal.engine.endpoint_url, rehearsal.directory / "deploy.log")
    return rehearsal.engine.endpoint_url


def deploy(rehearsal: Rehearsal) -> str:
    """An empty account becomes a working system by `make deploy`; what the engine does not know is named."""
    stack = rehearsal.stack
    rehearsal.outside_port = free_port()
    told = rehearsal.deploy({"CounterpartiesUrl": f"http://{HOST}:{rehearsal.outside_port}"})
    left_out = without_unknown(rehearsal.template)[1]
    created = told_of_creation(rehearsal.template, set(stack.physical), left_out)
    url = rehearsal.environment["PUBLIC_URL"]
    must(f"{len(stack.physical)} changes to {stack.name}:" in told, "the changes were not shown")
    must(any(line == f"the smoke test passed: {url}/" for line in told), "it was not tried")
    must(told[-1].startswith("the catalogue was empty"), f"it was not seeded: {told[-1]}")
    app = kept_for(stack, stack.physical["WebBucket"])
    must(
        f"{len(app)} files of the app are in {stack.physical['WebBucket']}, its pages last" in told, "no app"
    )
    must(app.get("index.html") == ASKED_ANEW and app.get(SCRIPT) == FOR_EVER, f"browsers hear {app}")
    rehearsal.first_day, rehearsal.trade = (
        FirstDay(url, phones=Phones.of_run(rehearsal.environment)),
        Trade(url),
    )
    told_of_app = (
        f"{len(app)} files of a small app, {list(app.values()).count(FOR_EVER)} of them kept for ever"
    )
    return f"{created}\n{'':18} changes shown, made, tried at {url}; {told_of_app}; {told[-1]}"


def free_port() -> int:
    """One that nobody listens on."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


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


def let_in(rehearsal: Rehearsal) -> str:
    """The first admin, by an operator and no route."""
    rehearsal.shop.refused_without_a_token()
    return rehearsal.customers.open(Operations(rehearsal.stack.client("lambda"), STAGE).call)


def open_shop(rehearsal: Rehearsal) -> str:
    """With the key that the deployment made, the sandbox outside answers, and the stage sells."""
    stack = rehearsal.stack
    secret = stack.physical["SandboxChannelSecret"]
    key = stack.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    port, place = rehearsal.outside_port, rehearsal.directory / "outside"
    with (rehearsal.directory / "counterparties.log").open("a") as log:
        rehearsal.counterparties = CounterpartiesProcess.start(port, place, key, CALL_AGAIN, log)
    return rehearsal.customers.buy()


# Outside, a callback that was not answered comes again after so many seconds.
CALL_AGAIN = "0.5,0.5,1,1,2,2,5,5,10,10"


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
        must("FunctionError" not in answer, f"{target} failed: {answer['Payload'].read()[:500]!r}")
    return f"{len(targets)} scheduled functions called, since the engine's own clock is not running"


SCHEDULED = {
    "version": "0", "id": "rehearsal", "account": "000000000000", "region": "us-east-1",
    "time": "2026-01-01T00:00:00Z",
}  # fmt: skip


def rotate(rehearsal: Rehearsal) -> str:
    """Two rotations of the key that signs tokens; a session goes on."""
    rotated_twice(rehearsal.stack, rehearsal.environment["SECRET_TOKEN_SIGNING"])
    rehearsal.shop.read("customer", "/v1/me")
    return "the next key is added once, and waits; asked by us, since the engine calls no function for it"


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
    must(not missing, f"there are no alarms {', '.join(sorted(missing))}")
    counted = Counter(states[name] for name in wanted)
    must(set(counted) <= {"OK", "ALARM", "INSUFFICIENT_DATA"}, f"alarms are {counted}")
    told = ", ".join(f"{count} {state}" for state, count in sorted(counted.items()))
    loud = sorted(name for name in wanted if states[name] == "ALARM")
    return f"{len(wanted)} alarms: {told or 'none in the template'}" + (
        f" ({', '.join(loud)})" if loud else ""
    )


CHANGED = "PayCommission"
NEW = "RehearsedQueue"
NEW_NAME = f"forecourt-{STAGE}-rehearsed"
IN_USE = "the catalogue is in use: it is left as it is"
AROUND = 3  # orders of each buyer before the update, and after it
SECOND_PHONE = "13700000004"


def update(rehearsal: Rehearsal) -> str:
    """New code, a changed setting and a new resource, while customers go on trading: no order is lost."""
    stack, shop = rehearsal.stack, rehearsal.shop
    before = stack.function(CHANGED)["MemorySize"]
    _change(rehearsal, before + 64)
    crowd = rehearsal.crowd = _crowd(rehearsal)
    crowd.start()
    try:
        shop.wait("trade before the update", crowd.have_each_bought(AROUND))
        done = crowd.done()
        told = rehearsal.deploy({})
        meanwhile = crowd.done() - done
        shop.wait("trade after the update", crowd.have_each_bought(AROUND))
    finally:
        crowd.end()
    now = stack.function(CHANGED)["MemorySize"]
    must(now == before + 64, f"{CHANGED} has {now} MB")
    must(is_there(stack, "AWS::SQS::Queue", stack.physical[NEW]), f"{NEW} was not created")
    must(told[-1] == IN_USE, f"deployed again: {told[-1]}")
    must(shop.version() == NEXT, f"version {shop.version()} answers")
    must(not crowd.failed(), "; ".join(crowd.failed()))
    must(meanwhile > 0, "nobody bought while it was changed")
    shop.buy_from_card(1)
    shop.check_commission()
    return (
        f"{told[0].split()[0]} resources changed, all code from {VERSION} to {NEXT}; "
        f"{crowd.tried()} orders tried, {meanwhile} of them ended meanwhile, {len(crowd.failed())} failed; "
        f"sent again after: {crowd.again()}"
    )


def _change(rehearsal: Rehearsal, memory_mb: int) -> None:
    """The next version, and a changed template."""
    changed = copy.deepcopy(rehearsal.template)
    changed["Resources"][CHANGED]["Properties"]["MemorySize"] = memory_mb
    changed["Resources"][NEW] = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": NEW_NAME}}
    rehearsal.template = changed
    rehearsal.package = next_version(rehearsal.package, rehearsal.directory)


def _crowd(rehearsal: Rehearsal) -> Crowd:
    """Two customers who pay at the channel, and one who pays from a card."""
    shop, customers = rehearsal.shop, rehearsal.customers
    customers.register("second", SECOND_PHONE)
    account = shop.account()
    top_up(shop, "customer", account)
    channel = {"method": "CHANNEL", "channel": "sandbox"}
    return Crowd(
        [
            Buyer(customers, "buyer", channel),
            Buyer(customers, "second", channel),
            Buyer(shop, "customer", {"method": "CARD", "card_id": account}, FROM_CARD_MAX),
        ]
    )


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
    must(not found, "; ".join(found[:20]))
    failed = failures(rehearsal.stack)
    failed.pop(ENROL, None)  # it refused a second first admin, as it was asked to
    must(not failed, f"functions failed: {failed}")
    assert rehearsal.crowd is not None
    orders = tables_of(rehearsal.stack, environment).all_orders
    lost = rehearsal.crowd.not_once({order.order_id: order.card_ids for order in orders})
    must(not lost, f"not exactly one order: {lost}")
    return "; ".join([*told, f"each of the {rehearsal.crowd.tried()} orders of the update is there once"])


ENROL = function_name(STAGE, "enrol_admin")


def delete(rehearsal: Rehearsal) -> str:
    """What must stay stays, and the rest is gone."""
    return deleted(rehearsal.stack, rehearsal.template)


def keep_in_prod(rehearsal: Rehearsal) -> str:
    """The template of prod is created and deleted, empty: the same, for what must outlive its stack there."""
    template = transformed_template("prod")
    stack = Stack(rehearsal.stack.endpoint_url, rehearsal.directory / "deploy.log", "prod")
    domain = {
        "WebDomain": "shop.example",
        "WebCertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/1",
    }
    stack.deploy(template, rehearsal.package, domain)
    told_of_creation(template, set(stack.physical), without_unknown(template)[1])
    return f"{len(stack.physical)} resources of stage prod created; {deleted(stack, template)}"


STEPS: tuple[tuple[str, Callable[[Rehearsal], str]], ...] = (
    ("template", make_template),
    ("package", make_package),
    ("engine", start_engine),
    ("deploy", deploy),
    ("lock", lock_archive),
    ("admin", let_in),
    ("shop", open_shop),
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
