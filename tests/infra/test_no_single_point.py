"""No single point: does all of it stand in several zones, and is no work lost with whoever does it?"""

from collections.abc import Iterator
from typing import Any

import pytest

from infra.build import transformed_template

STAGES = ("dev", "prod")

# Each is run by AWS in several zones of a region at once. What is added is looked at before it stands here.
IN_SEVERAL_ZONES = {
    "AWS::ApiGateway": "a regional API",
    "AWS::DynamoDB": "three copies in three zones, a write answered by two",
    "AWS::Lambda": "functions without a network of their own run in every zone",
    "AWS::S3": "three zones at least, but for the one-zone classes",
    "AWS::SQS": "each message in several zones",
    "AWS::SNS": "each message in several zones",
    "AWS::KMS": "keys of a region",
    "AWS::SecretsManager": "secrets of a region",
    "AWS::Events": "rules of a region",
    "AWS::Scheduler": "schedules of a region",
    "AWS::CloudWatch": "alarms of a region",
    "AWS::Logs": "logs of a region",
    "AWS::CloudFront": "places of the edge all over the world, each of which stands in for another",
    "AWS::WAFv2": "a firewall before the regional API",
    "AWS::Backup": "vaults of a region; prod copies them into a second one",
    "AWS::IAM": "known to the whole partition",
}

# Who calls and waits for the answer: a request, and a rotation, which is begun again where it failed.
WAITING = {"apigateway.amazonaws.com", "secretsmanager.amazonaws.com"}

Properties = dict[str, Any]


def of_type(kind: str, stage: str) -> dict[str, Properties]:
    resources = transformed_template(stage)["Resources"].items()
    return {name: one.get("Properties", {}) for name, one in resources if one["Type"] == kind}


def alarmed(stage: str) -> set[tuple[str, str]]:
    """(metric, whose): what some alarm watches."""
    return {
        (alarm["MetricName"], _plain(dimension["Value"]))
        for alarm in of_type("AWS::CloudWatch::Alarm", stage).values()
        for dimension in alarm.get("Dimensions", [])
    }


def _plain(value: Any) -> str:
    return str(value["Ref"] if isinstance(value, dict) else value)


def mapped(stage: str, of_streams: bool) -> Iterator[tuple[str, Properties]]:
    for name, mapping in of_type("AWS::Lambda::EventSourceMapping", stage).items():
        if (mapping["EventSourceArn"]["Fn::GetAtt"][1] == "StreamArn") is of_streams:
            yield name, mapping


@pytest.mark.capability("S-023")
@pytest.mark.parametrize("stage", STAGES)
def test_everything_is_a_service_of_several_zones_and_nothing_is_pinned_to_one(stage: str) -> None:
    resources = transformed_template(stage)["Resources"].values()
    assert {one["Type"].rpartition("::")[0] for one in resources} <= IN_SEVERAL_ZONES.keys()
    text = str(resources)
    assert [word for word in ("VpcConfig", "ONEZONE", "AvailabilityZone", "EXPRESS") if word in text] == []


@pytest.mark.capability("S-023")
@pytest.mark.parametrize("stage", STAGES)
def test_what_a_stream_reader_gives_up_is_kept_and_alarmed_and_so_is_what_could_not_be_kept(
    stage: str,
) -> None:
    functions, watched = of_type("AWS::Lambda::Function", stage), alarmed(stage)
    found = dict(mapped(stage, of_streams=True))
    assert len(found) == 7
    for name, mapping in found.items():
        kept_in = mapping["DestinationConfig"]["OnFailure"]["Destination"]
        assert kept_in == {"Fn::GetAtt": ["DeadLettersBucket", "Arn"]}, name
        function = functions[mapping["FunctionName"]["Ref"]]["FunctionName"]
        assert ("OnFailureDestinationDeliveredEventCount", name) in watched
        assert ("DestinationDeliveryFailures", function) in watched
        assert ("IteratorAge", function) in watched


@pytest.mark.capability("S-023")
@pytest.mark.parametrize("stage", STAGES)
def test_what_a_queues_worker_cannot_do_goes_to_dead_letters_that_are_alarmed(stage: str) -> None:
    queues, watched = of_type("AWS::SQS::Queue", stage), alarmed(stage)
    found = dict(mapped(stage, of_streams=False))
    assert len(found) == 2
    for name, mapping in found.items():
        source = queues[mapping["EventSourceArn"]["Fn::GetAtt"][0]]
        dead = queues[source["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]
        assert dead["MessageRetentionPeriod"] > source["MessageRetentionPeriod"], name
        assert ("ApproximateNumberOfMessagesVisible", dead["QueueName"]) in watched
        assert ("ApproximateAgeOfOldestMessage", source["QueueName"]) in watched


@pytest.mark.capability("S-023")
@pytest.mark.parametrize("stage", STAGES)
def test_every_call_that_nobody_waits_for_leaves_its_event_when_it_fails_and_is_alarmed(stage: str) -> None:
    functions, watched = of_type("AWS::Lambda::Function", stage), alarmed(stage)
    configured = {
        one["FunctionName"]["Ref"]: one["DestinationConfig"]["OnFailure"]["Destination"]
        for one in of_type("AWS::Lambda::EventInvokeConfig", stage).values()
    }
    called_by_events = {
        permission["FunctionName"]["Ref"]
        for permission in of_type("AWS::Lambda::Permission", stage).values()
        if permission["Principal"] not in WAITING
    }
    assert set(configured) == called_by_events
    assert len(called_by_events) == len(of_type("AWS::Events::Rule", stage)) == 11
    for name, kept_in in configured.items():
        assert kept_in == {"Fn::GetAtt": ["DeadLettersBucket", "Arn"]}, name
        assert {"AsyncEventsDropped", "Invocations"} <= {
            metric for metric, whose in watched if whose == functions[name]["FunctionName"]
        }
