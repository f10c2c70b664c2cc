"""Deploying: is a change shown before it is made, refused where it loses data, and taken back whole?

On the engine's CloudFormation, with a small template in the place of the product's.
"""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.build import transformed_template
from infra.deploy import (
    ADDRESS_UNKNOWN,
    DEPLOYED,
    UNSOUND,
    UNWANTED,
    deploy_and_seed,
    new_release,
)
from infra.edge_secret import with_edge_secret
from infra.releases import ReleaseUnknown
from infra.seed import Operations, Seeding, SeedingFailed, kept_seed, main
from infra.stack import ChangeFailed, StackRefused
from local.engine_process import EngineProcess
from local.resources import client
from tests.infra.desk import BROKEN, QUEUE, TABLE, Desk, Template, queue_of, template


def test_a_first_release_is_shown_made_tried_and_told_of_as_the_stages_own(desk: Desk) -> None:
    release_id = desk.deployed(template())
    assert desk.lines[:4] == [
        "3 changes to forecourt-try:",
        "  + Things (DynamoDB::Table)",
        "  + Queue (SQS::Queue)",
        "  + Told (SSM::Parameter)",
    ]
    assert any(line.endswith("CREATE_COMPLETE              Things") for line in desk.lines)
    assert desk.tried == ["https://api.invalid/try/"]
    assert desk.deployment.stack.release_id == release_id
    kept = desk.client("s3").get_object(
        Bucket="forecourt-try-code", Key=desk.deployment.stack.parameters["CodeKey"]
    )
    assert kept["Body"].read() == b"zip"


def test_a_change_names_what_it_changes_and_keeps_what_was_there(desk: Desk) -> None:
    desk.deployed(template())
    items = desk.client("dynamodb")
    items.put_item(TableName="forecourt-try-things", Item={"pk": {"S": "kept"}})
    desk.lines.clear()
    desk.deployed(template(Queue=queue_of(60)))
    assert desk.lines[:2] == ["1 changes to forecourt-try:", "  ~ Queue (SQS::Queue): VisibilityTimeout"]
    assert desk.visibility() == "60"
    assert items.scan(TableName="forecourt-try-things")["Count"] == 1


def test_who_says_no_has_changed_nothing_and_may_say_yes_later(desk: Desk) -> None:
    desk.deployed(template())
    desk.is_agreed = False
    release = desk.release(template(Queue=queue_of(60)))
    assert desk.deployment.deploy(release) == UNWANTED
    assert desk.visibility() == "30"
    desk.is_agreed = True
    assert desk.deployment.deploy(release) == DEPLOYED
    assert desk.visibility() == "60"


@pytest.mark.parametrize("is_renamed", [True, False], ids=["replaced", "removed"])
def test_what_would_lose_data_is_refused_by_its_name_before_anybody_is_asked(
    desk: Desk, is_renamed: bool
) -> None:
    desk.deployed(template())
    changed = template(Queue=queue_of(60))
    if is_renamed:
        properties = {**TABLE["Properties"], "TableName": "forecourt-try-others"}
        changed["Resources"]["Things"] = {**TABLE, "Properties": properties}
    else:
        del changed["Resources"]["Things"]
    with pytest.raises(StackRefused, match="holds data: Things"):
        desk.deployment.deploy(desk.release(changed))
    assert desk.visibility() == "30"
    tables = desk.client("dynamodb").list_tables()["TableNames"]
    assert "forecourt-try-things" in tables


def test_a_change_that_fails_is_taken_back_and_names_what_failed(desk: Desk) -> None:
    first = desk.deployed(template())
    with pytest.raises(ChangeFailed, match="Broken"):
        desk.deployment.deploy(desk.release(template(Queue=queue_of(60), Broken=BROKEN)))
    assert desk.visibility() == "30"
    assert desk.deployment.stack.release_id == first


@pytest.mark.parametrize("is_first", [True, False], ids=["the first", "a later one"])
def test_what_a_failed_change_made_is_in_the_way_of_no_further_try(desk: Desk, is_first: bool) -> None:
    """What prod keeps has a name; left behind by a try that failed, it would fail the next one."""
    if not is_first:
        desk.deployed(template())
    more = {
        "Type": "AWS::SQS::Queue",
        "DeletionPolicy": "Retain",
        "Properties": {"QueueName": "forecourt-more"},
    }
    broken = {**BROKEN, "DependsOn": "More"}
    with pytest.raises(ChangeFailed, match="Broken"):
        desk.deployment.deploy(desk.release(template(More=more, Broken=broken)))
    assert desk.client("sqs").list_queues(QueueNamePrefix="forecourt-more").get("QueueUrls", []) == []
    if is_first:
        with pytest.raises(StackRefused, match="delete the stack, then deploy again"):
            desk.deployment.deploy(desk.release(template(More=more)))
        desk.client("cloudformation").delete_stack(StackName="forecourt-try")
    desk.deployed(template(More=more))


@pytest.mark.parametrize(
    "told, refused",
    [
        ({}, ""),
        ({"MonthlyBackups": "yes", "BackupCopyVaultArn": "arn:vault"}, ""),
        ({"BackupCopyVaultArn": "arn:vault"}, "MonthlyBackups must be yes"),
        ({"ReplicaBucketArn": "arn:bucket", "ReplicaKeyArn": "arn:key"}, ""),
        ({"ReplicaBucketArn": "arn:bucket"}, "ReplicaKeyArn must name it"),
        ({"WebDomain": ""}, "WebDomain must name it"),
        ({"WebCertificateArn": ""}, "WebCertificateArn must name it"),
    ],
)
def test_a_copy_that_nobody_would_make_and_a_prod_without_a_domain_are_refused(
    desk: Desk, told: dict[str, str], refused: str
) -> None:
    prod = transformed_template("prod")
    one = {name: prod[name] for name in ("Rules", "Parameters")} | {"Resources": {"Queue": QUEUE}}
    parameters = {"PublicUrl": "https://a.invalid", "CodeBucket": "code", "CodeKey": "key"}
    parameters |= {"WebDomain": "shop.example", "WebCertificateArn": "arn:certificate"}
    parameters |= with_edge_secret(prod, told)
    asked = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    cloudformation = desk.client("cloudformation")
    try:
        cloudformation.create_stack(
            StackName="forecourt-rules", TemplateBody=json.dumps(one), Parameters=asked
        )
        found = ""
    except ClientError as error:
        found = error.response["Error"]["Message"]
    assert (refused in found) if refused else found == ""


def test_new_code_is_a_change_of_what_runs_it(desk: Desk) -> None:
    desk.deployed(template())
    desk.lines.clear()
    desk.package.write_bytes(b"another zip")
    desk.deployed(template())
    assert desk.lines[:2] == ["1 changes to forecourt-try:", "  ~ Told (SSM::Parameter): Value"]


@pytest.mark.parametrize("is_new", [False, True], ids=["the same", "another of the same code"])
def test_a_release_that_changes_nothing_says_so_and_is_tried_all_the_same(desk: Desk, is_new: bool) -> None:
    release = desk.release(template())
    assert desk.deployment.deploy(release) == DEPLOYED
    desk.lines.clear()
    assert desk.deployment.deploy(desk.release(template()) if is_new else release) == DEPLOYED
    assert len(desk.tried) == 2
    assert desk.lines[0] == "forecourt-try is what this release asks for: nothing to change"


def test_a_smoke_test_that_fails_says_how_to_go_back_and_going_back_does(desk: Desk) -> None:
    first = desk.deployed(template())
    desk.wrong = ["the API answers: no answer"]
    assert desk.deployment.deploy(desk.release(template(Queue=queue_of(60)))) == UNSOUND
    assert desk.lines[-1] == "`make rollback STAGE=try` brings the release before back"
    desk.wrong = []
    assert desk.deployment.before() == first
    assert desk.deployment.deploy(desk.deployment.releases.kept(first)) == DEPLOYED
    assert (desk.visibility(), desk.deployment.stack.release_id) == ("30", first)
    with pytest.raises(ReleaseUnknown, match="no release before"):
        desk.deployment.before()


def test_a_release_that_was_not_wanted_or_taken_back_is_none_to_roll_back_to(desk: Desk) -> None:
    first = desk.deployed(template())
    desk.is_agreed = False
    unwanted = desk.release(template(Queue=queue_of(60)))
    assert desk.deployment.deploy(unwanted) == UNWANTED
    desk.is_agreed = True
    with pytest.raises(ChangeFailed):
        desk.deployment.deploy(desk.release(template(Broken=BROKEN)))
    last = desk.deployed(template(Queue=queue_of(90)))
    assert desk.deployment.ever_deployed() == [first, last]
    with pytest.raises(ReleaseUnknown, match=f"{unwanted.release_id} was never deployed to try"):
        desk.deployment.roll_back(unwanted.release_id)
    assert desk.visibility() == "90"
    assert desk.deployment.roll_back() == DEPLOYED
    assert (desk.visibility(), desk.deployment.stack.release_id) == ("30", first)


def test_a_change_whose_maker_was_interrupted_is_listed_and_rolled_back_to_all_the_same(desk: Desk) -> None:
    first = desk.deployed(template())
    note = f"releases/{first}/deployed"
    desk.client("s3").delete_object(Bucket="forecourt-try-code", Key=note)
    assert desk.deployment.ever_deployed() == [first]
    desk.deployed(template(Queue=queue_of(60)))
    assert desk.deployment.before() == first


def test_a_first_release_learns_the_address_under_which_it_came_up(desk: Desk) -> None:
    release = desk.release(template(), public_url=ADDRESS_UNKNOWN)
    assert desk.deployment.deploy(release) == DEPLOYED
    assert desk.deployment.stack.parameters["PublicUrl"] == "https://api.invalid/try"
    kept = desk.deployment.releases.kept(release.release_id)
    assert kept.parameters["PublicUrl"] == "https://api.invalid/try"


def template_of_limits(requests_max: int, sign_ins_max: int) -> Template:
    one = template()
    one["Parameters"] = {
        **one["Parameters"],
        "RequestsMax": {"Type": "Number", "Default": requests_max},
        "SignInsMax": {"Type": "Number", "Default": sign_ins_max},
    }
    return one


def limits_after(desk: Desk, one: Template, **given: str) -> tuple[str, str]:
    """What the stack is told of both limits after a deployment."""
    release = new_release(desk.deployment, one, desk.package, given)
    release = replace(release, release_id=f"20261130T00001{desk.count}Z-abcdef01")
    release = replace(release, parameters={**release.parameters, "Release": release.release_id})
    desk.count += 1
    desk.deployment.releases.keep(release, desk.package, json.dumps(one))
    assert desk.deployment.deploy(release) == DEPLOYED
    told = desk.deployment.stack.parameters
    return told["RequestsMax"], told["SignInsMax"]


def test_a_new_default_takes_effect_and_what_was_given_once_stays(desk: Desk) -> None:
    address = "https://shop.invalid"
    assert limits_after(desk, template_of_limits(10, 20), PublicUrl=address, SignInsMax="21") == ("10", "21")
    desk.package.write_bytes(b"zip 2")
    assert limits_after(desk, template_of_limits(100, 200)) == ("100", "21")
    desk.package.write_bytes(b"zip 3")
    assert limits_after(desk, template_of_limits(1000, 2000), RequestsMax="7") == ("7", "21")
    assert desk.deployment.stack.parameters["PublicUrl"] == address


def test_where_the_release_is_lost_nothing_that_the_stack_was_told_vanishes(desk: Desk) -> None:
    limits_after(desk, template_of_limits(10, 20), PublicUrl="https://shop.invalid", SignInsMax="21")
    release_id = desk.deployment.stack.release_id
    desk.client("s3").delete_object(Bucket="forecourt-try-code", Key=f"releases/{release_id}/release.json")
    desk.package.write_bytes(b"zip 2")
    assert limits_after(desk, template_of_limits(100, 200)) == ("10", "21")


# ---------------------------------------------------------------- the seed


@dataclass
class Catalogue:
    """The function of a stage that seeds its catalogue."""

    state: str = "EMPTY"
    events: list[Any] = field(default_factory=list)

    def call(self, name: str, event: Any) -> dict[str, Any]:
        assert name == "seed-catalogue"
        self.events.append(event)
        if self.state == "BROKEN":
            raise SeedingFailed("forecourt-try-seed-catalogue: UNAVAILABLE")
        found, wanted = self.state, not event["dry_run"]
        if found == "EMPTY" and wanted:
            found, self.state = "SEEDED", "IN_USE"
        return {"catalogue": found, "products": 8, "plans": 1, "parameters": 2}


def deployed_and_seeded(desk: Desk, catalogue: Catalogue, seed: Any) -> int:
    told = desk.deployment.told
    seeding = Seeding(catalogue.call, seed, told)
    given = {"PublicUrl": "https://shop.invalid"}
    return deploy_and_seed(desk.deployment, template(), desk.package, given, seeding)


def test_an_empty_account_is_seeded_at_the_end_and_only_once(desk: Desk) -> None:
    catalogue, seed = Catalogue(), kept_seed("dev")
    assert deployed_and_seeded(desk, catalogue, seed) == DEPLOYED
    assert desk.lines[-1] == "the catalogue was empty: it has 8 products, 1 plans, 2 parameters now"
    assert deployed_and_seeded(desk, catalogue, seed) == DEPLOYED
    assert desk.lines[-1] == "the catalogue is in use: it is left as it is"
    assert catalogue.events == [{"seed": seed, "by": "deploy", "dry_run": False}] * 2


def test_what_is_not_sound_or_not_wanted_is_not_seeded(desk: Desk) -> None:
    catalogue = Catalogue()
    desk.is_agreed = False
    assert deployed_and_seeded(desk, catalogue, kept_seed("dev")) == UNWANTED
    desk.is_agreed, desk.wrong = True, ["the API answers: no answer"]
    assert deployed_and_seeded(desk, catalogue, kept_seed("dev")) == UNSOUND
    assert catalogue.events == []


def test_a_seeding_that_fails_is_told_and_makes_the_deployment_unsound(desk: Desk) -> None:
    assert deployed_and_seeded(desk, Catalogue("BROKEN"), kept_seed("dev")) == UNSOUND
    assert desk.lines[-1] == "NOT SEEDED: forecourt-try-seed-catalogue: UNAVAILABLE"
    assert desk.deployment.stack.release_id


def test_a_stage_without_a_seed_is_left_alone(desk: Desk) -> None:
    catalogue = Catalogue()
    assert deployed_and_seeded(desk, catalogue, kept_seed("prod")) == DEPLOYED
    assert (catalogue.events, desk.lines[-1]) == (
        [],
        "there is no seed for this stage in seeds/: `make seed` takes a FILE",
    )


def test_to_look_is_not_to_seed() -> None:
    catalogue, lines = Catalogue(), list[str]()
    assert Seeding(catalogue.call, kept_seed("dev"), lines.append, "anna").seeded(is_wanted=False) == "EMPTY"
    assert catalogue.events[0]["dry_run"] is True and catalogue.events[0]["by"] == "anna"
    assert lines == [
        "the catalogue is empty: it would be given 8 products, 1 plans, 2 parameters; YES=1 does it"
    ]


def test_a_function_that_is_not_there_is_named(own_engine: EngineProcess) -> None:
    operations = Operations(client("lambda", own_engine.endpoint_url), "try")
    with pytest.raises(SeedingFailed, match="forecourt-try-seed-catalogue: .*not found"):
        operations.call("seed_catalogue", {})


def test_a_file_that_is_no_seed_is_refused_before_anything_is_called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "shop.json"
    path.write_text("{", encoding="utf-8")
    assert main(["--file", str(path)]) == 1
    assert "shop.json cannot be read" in capsys.readouterr().err
