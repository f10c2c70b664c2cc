"""Rights: may each function do what it must, and no more?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.build import transformed_template
from infra.pieces import load_pieces

# Actions that know no resources, and why somebody holds them. A key's own policy may say `*` as well:
# it names the account that owns the key.
WILDCARDS_ALLOWED = {
    "sns:Publish": "a phone has no ARN; topics, which have one, are excepted",
    "xray:PutTraceSegments": "X-Ray has no resource that a trace could be put into",
    "xray:PutTelemetryRecords": "nor one for what it is told of its own work",
}

# What a service asks of the key that encrypts our tables, buckets and queues, as whoever calls it.
# DynamoDB: to read and to write alike it opens the table's key; S3: a new object needs a new data key;
# SQS: a sender gets a data key and opens it, to see that it is whole.
ASKED_OF_THE_KEY = {
    "s3:GetObject": {("kms:Decrypt", "s3")},
    "s3:PutObject": {("kms:GenerateDataKey", "s3")},
    "sqs:ReceiveMessage": {("kms:Decrypt", "sqs")},
    "sqs:SendMessage": {("kms:GenerateDataKey", "sqs"), ("kms:Decrypt", "sqs")},
}

CODE = Path(__file__).parent.parent.parent / "chalicelib"

Statement = dict[str, Any]


TEMPLATE = transformed_template("prod")["Resources"]


def resources(kind: str) -> dict[str, dict[str, Any]]:
    return {name: item["Properties"] for name, item in TEMPLATE.items() if item["Type"] == kind}


def roles() -> dict[str, dict[str, Any]]:
    """The roles of functions; those of AWS's own services stand beside what they serve."""
    return {
        name: role
        for name, role in resources("AWS::IAM::Role").items()
        if "lambda.amazonaws.com" in str(role["AssumeRolePolicyDocument"])
    }


def statements(role: str) -> Iterator[Statement]:
    for policy in roles()[role]["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def grants() -> Iterator[tuple[str, str, Any]]:
    """(role, action, resource) of everything that any function may do."""
    for role in roles():
        for statement in statements(role):
            assert statement["Effect"] == "Allow", f"{role} still has the policy that denies everything"
            for action in listed(statement["Action"]):
                yield from ((role, action, resource) for resource in listed(statement.get("Resource", "*")))


def role_of(function: str) -> str:
    role: str = resources("AWS::Lambda::Function")[function]["Role"]["Fn::GetAtt"][0]
    return role


def test_every_function_has_a_role_of_its_own_and_every_role_a_function() -> None:
    used = [role_of(function) for function in resources("AWS::Lambda::Function")]
    assert sorted(used) == sorted(roles())


def test_every_role_has_rights_written_for_it() -> None:
    written = {name for name in load_pieces("prod")["Resources"] if name in roles()}
    assert written == set(roles())


def test_no_right_is_a_wildcard_but_those_with_a_reason() -> None:
    grants_of_all = list(grants())
    assert [(role, action) for role, action, _ in grants_of_all if "*" in action] == []
    assert {action for _, action, resource in grants_of_all if resource == "*"} == set(WILDCARDS_ALLOWED)


LAMBDA = "Lambda itself, as the function's role"
X_RAY = "the tracing of Lambda"

# Who makes the call behind each action: a module, and the words that call it; or AWS in the function's name.
CALLED_BY = {
    "dynamodb:BatchGetItem": ("store/dynamo.py", "connection.batch_get_item"),
    "dynamodb:BatchWriteItem": ("store/dynamo.py", "connection.batch_write_item"),
    "dynamodb:ConditionCheckItem": ("store/dynamo.py", '"ConditionCheck"'),
    "dynamodb:DeleteItem": ("store/dynamo.py", "connection.delete_item"),
    "dynamodb:DescribeStream": LAMBDA,
    "dynamodb:GetItem": ("store/dynamo.py", "connection.get_item"),
    "dynamodb:GetRecords": LAMBDA,
    "dynamodb:GetShardIterator": LAMBDA,
    "dynamodb:ListStreams": LAMBDA,
    "dynamodb:PutItem": ("store/dynamo.py", "connection.put_item"),
    "dynamodb:Query": ("store/dynamo.py", "connection.query"),
    "dynamodb:Scan": ("store/dynamo.py", "connection.scan"),
    "dynamodb:UpdateItem": ("store/dynamo.py", "connection.update_item"),
    "kms:Decrypt": ("gateways/keys.py", "kms.decrypt"),
    "kms:GenerateDataKey": ("gateways/keys.py", "kms.generate_data_key"),
    "lambda:InvokeFunction": ("gateways/functions.py", "client.invoke"),
    "logs:CreateLogStream": LAMBDA,
    "logs:PutLogEvents": LAMBDA,
    "s3:GetObject": ("gateways/objects.py", "client.get_object"),
    "s3:ListBucket": ("gateways/objects.py", "list_objects_v2"),
    "s3:ListBucketVersions": ("gateways/objects.py", "list_object_versions"),
    "s3:PutObject": ("gateways/objects.py", "client.put_object"),
    "secretsmanager:GetSecretValue": ("gateways/secrets.py", "client.get_secret_value"),
    "secretsmanager:PutSecretValue": ("gateways/secret_versions.py", "client.put_secret_value"),
    "secretsmanager:UpdateSecretVersionStage": (
        "gateways/secret_versions.py",
        "client.update_secret_version_stage",
    ),
    "sqs:ChangeMessageVisibility": ("gateways/letters.py", "client.change_message_visibility"),
    "sqs:DeleteMessage": ("gateways/letters.py", "client.delete_message"),
    "sqs:GetQueueAttributes": LAMBDA,
    "sqs:ReceiveMessage": ("gateways/letters.py", "client.receive_message"),
    "sns:Publish": ("gateways/text_messages.py", "client.publish"),
    "sqs:SendMessage": ("gateways/queues.py", "client.send_message"),
    "xray:PutTelemetryRecords": X_RAY,
    "xray:PutTraceSegments": X_RAY,
}


def test_behind_every_action_that_is_granted_stands_a_call() -> None:
    assert {action for _, action, _ in grants()} == set(CALLED_BY)
    silent = [
        action
        for action, caller in CALLED_BY.items()
        if isinstance(caller, tuple) and caller[1] not in (CODE / caller[0]).read_text("utf-8")
    ]
    assert silent == []


def test_only_who_takes_messages_from_a_queue_by_lambda_is_asked_for_its_attributes() -> None:
    asked = {role for role, action, _ in grants() if action == "sqs:GetQueueAttributes"}
    assert asked == {"CloseUnpaidOrderRole", "ImportCardsRole"}


def test_every_function_may_use_the_key_of_what_it_reads_and_writes_and_only_through_there() -> None:
    key = {"Fn::GetAtt": ["DataKey", "Arn"]}
    for role in roles():
        held, asked = set(), {("kms:Decrypt", "dynamodb")}
        for statement in statements(role):
            if statement.get("Resource") == key:
                service = statement["Condition"]["StringEquals"]["kms:ViaService"]["Fn::Sub"]
                held |= {(action, service.partition(".")[0]) for action in statement["Action"]}
                assert service.partition(".")[2] == "${AWS::Region}.amazonaws.com"
            asked |= {pair for action in statement["Action"] for pair in ASKED_OF_THE_KEY.get(action, set())}
        assert held == asked, role


def test_whoever_reads_objects_may_list_their_bucket_or_a_missing_one_would_be_a_refusal() -> None:
    """S3 answers 404 only to whoever may list; to all others it says 403, which nobody expects of a key."""
    held = {(role, action, str(resource)) for role, action, resource in grants()}
    for role, action, resource in grants():
        if action == "s3:GetObject":
            bucket = resource["Fn::Sub"].removeprefix("${").removesuffix(".Arn}/*")
            assert (role, "s3:ListBucket", str({"Fn::GetAtt": [bucket, "Arn"]})) in held, role


def test_what_every_function_may_do_is_the_same_for_all() -> None:
    first, *others = [roles()[role]["Policies"][0] for role in roles()]
    assert first["PolicyName"] == "every"
    assert all(other == first for other in others)


@pytest.mark.capability("S-018")
def test_only_the_repair_jobs_may_scan_and_only_what_they_go_through() -> None:
    scans = ("dynamodb:Scan", "dynamodb:PartiQLSelect")
    held = {(role, resource["Fn::GetAtt"][0]) for role, action, resource in grants() if action in scans}
    ledger = {("FoldBalancesRole", table) for table in ("JournalTable", "CardsTable", "AccountsTable")}
    from_archive = {("RebuildBalancesRole", table) for table in ("CardsTable", "AccountsTable")}
    assert held <= {("ReconcileCommissionRole", "OrdersTable"), *ledger, *from_archive}


def test_nobody_may_change_or_remove_a_journal_record() -> None:
    journal = {"Fn::GetAtt": ["JournalTable", "Arn"]}
    forbidden = ("dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem")
    assert [role for role, action, resource in grants() if resource == journal and action in forbidden] == []


def test_operators_may_have_called_every_reader_and_worker_and_nothing_else() -> None:
    consumers = {
        properties["FunctionName"]["Ref"]
        for properties in resources("AWS::Lambda::EventSourceMapping").values()
    }
    called: dict[str, set[str]] = {}
    for role, action, resource in grants():
        if action == "lambda:InvokeFunction":
            called.setdefault(role, set()).add(resource["Fn::GetAtt"][0])
    workers = {"CloseUnpaidOrder", "ImportCards"}
    assert called == {"RedriveRole": consumers, "ReplayRole": consumers - workers}


def test_who_compares_the_balances_cannot_change_one() -> None:
    money = [{"Fn::GetAtt": [f"{name}Table", "Arn"]} for name in ("Accounts", "Cards", "Orders", "Journal")]
    held = {action for role, action, resource in grants() if role == "FoldBalancesRole" and resource in money}
    assert held == {"dynamodb:Scan", "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}


def test_who_brings_data_from_another_system_puts_and_changes_no_card_and_no_person() -> None:
    tables = [
        {"Fn::GetAtt": [f"{name}Table", "Arn"]} for name in ("Cards", "People", "Edges", "Work", "Orders")
    ]
    writes = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
    held = {
        (role, resource["Fn::GetAtt"][0], action.removeprefix("dynamodb:"))
        for role, action, resource in grants()
        if role in ("ImportDataRole", "ImportReportRole") and resource in tables
    }
    written = {(role, table, action) for role, table, action in held if action in writes}
    assert written == {
        ("ImportDataRole", f"{name}Table", "PutItem") for name in ("Cards", "People", "Edges", "Work")
    }


def test_only_the_api_and_who_erases_change_a_person_and_the_keys_of_their_passkeys() -> None:
    people = {"Fn::GetAtt": ["PeopleTable", "Arn"]}
    changes = [f"dynamodb:{name}" for name in ("UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate")]
    held = {role for role, action, resource in grants() if resource == people and action in changes}
    assert held == {role_of("APIHandler"), "DeletePeopleRole"}


def test_who_hands_out_codes_makes_nobody() -> None:
    people = {"Fn::GetAtt": ["PeopleTable", "Arn"]}
    roles = ("EnrolAdminRole", "EnrolBroughtRole")
    held = {action for role, action, resource in grants() if role in roles and resource == people}
    assert held == {"dynamodb:GetItem", "dynamodb:Query"}


def test_who_seeds_the_catalogue_touches_no_money_and_nobody() -> None:
    held = {
        (resource["Fn::GetAtt"][0], action.removeprefix("dynamodb:"))
        for role, action, resource in grants()
        if role == "SeedCatalogueRole" and action.startswith("dynamodb:")
    }
    actions = ("GetItem", "PutItem", "UpdateItem", "DeleteItem")
    assert held == {("CatalogTable", action) for action in actions} | {
        ("WorkTable", "PutItem"),
        ("JournalTable", "PutItem"),
    }


def test_whoever_may_find_an_import_without_its_message_may_send_it() -> None:
    imports = {"Fn::GetAtt": ["ImportsQueue", "Arn"]}
    senders = {
        role for role, action, resource in grants() if (action, resource) == ("sqs:SendMessage", imports)
    }
    assert senders == {"ApiHandlerRole", "ImportCardsRole", "QueryUnknownRole"}


def test_only_who_rotates_or_drops_the_signing_keys_may_change_a_secret_and_no_other_secret() -> None:
    writes = ("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage")
    held = {(role, action, str(resource)) for role, action, resource in grants() if action in writes}
    signing = str({"Ref": "TokenSigningSecret"})
    roles = ("RotateSigningKeysRole", "DropSigningKeysRole")
    assert held == {(role, action, signing) for role in roles for action in writes}


def test_who_rotates_reads_the_secret_that_it_rotates_and_no_table() -> None:
    held = {(action, str(resource)) for role, action, resource in grants() if role == "RotateSigningKeysRole"}
    asked = {one for one in held if not one[0].startswith(("logs:", "xray:", "kms:"))}
    assert {action for action, _ in asked} == {
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
    }
    assert {resource for _, resource in asked} == {str({"Ref": "TokenSigningSecret"})}


def test_nobody_may_break_the_lock_of_the_archive() -> None:
    forbidden = {"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"}
    forbidden |= {"s3:PutBucketObjectLockConfiguration", "s3:PutLifecycleConfiguration"}
    assert [role for role, action, _ in grants() if action in forbidden] == []


@pytest.mark.parametrize("action, resource", [("s3:PutObject", {"Fn::Sub": "${DeadLettersBucket.Arn}/*"})])
def test_every_stream_reader_may_read_its_stream_and_lay_down_what_it_cannot_handle(
    action: str, resource: Any
) -> None:
    held = {(role, action, str(resource)) for role, action, resource in grants()}
    for properties in resources("AWS::Lambda::EventSourceMapping").values():
        role, source = role_of(properties["FunctionName"]["Ref"]), properties["EventSourceArn"]
        if source["Fn::GetAtt"][1] == "StreamArn":
            assert (role, "dynamodb:GetRecords", str(source)) in held
            assert (role, action, str(resource)) in held
        else:
            assert (role, "sqs:DeleteMessage", str(source)) in held
