"""Rights: may each function do what it must, and no more?"""

from collections.abc import Iterator
from typing import Any

import pytest

from infra.build import transformed_template
from infra.pieces import load_pieces

# Nothing but a key's own policy may say `*`: it names the account that owns the key.
WILDCARDS_ALLOWED: set[str] = set()

Statement = dict[str, Any]


def resources(kind: str) -> dict[str, dict[str, Any]]:
    found = transformed_template("prod")["Resources"].items()
    return {name: item["Properties"] for name, item in found if item["Type"] == kind}


def statements(role: str) -> Iterator[Statement]:
    for policy in resources("AWS::IAM::Role")[role]["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def grants() -> Iterator[tuple[str, str, Any]]:
    """(role, action, resource) of everything that any function may do."""
    for role in resources("AWS::IAM::Role"):
        for statement in statements(role):
            assert statement["Effect"] == "Allow", f"{role} still has the policy that denies everything"
            for action in listed(statement["Action"]):
                yield from ((role, action, resource) for resource in listed(statement["Resource"]))


def role_of(function: str) -> str:
    role: str = resources("AWS::Lambda::Function")[function]["Role"]["Fn::GetAtt"][0]
    return role


def test_every_function_has_a_role_of_its_own_and_every_role_a_function() -> None:
    used = [role_of(function) for function in resources("AWS::Lambda::Function")]
    assert sorted(used) == sorted(resources("AWS::IAM::Role"))


def test_every_role_has_rights_written_for_it() -> None:
    written = {name for name in load_pieces("prod")["Resources"] if name.endswith("Role")}
    assert written == set(resources("AWS::IAM::Role"))


def test_no_right_is_a_wildcard() -> None:
    wide = {
        f"{role}: {action} on {resource}"
        for role, action, resource in grants()
        if "*" in action or resource == "*" or action.endswith(":*")
    }
    assert wide == WILDCARDS_ALLOWED


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


def test_who_hands_out_codes_makes_nobody() -> None:
    people = {"Fn::GetAtt": ["PeopleTable", "Arn"]}
    roles = ("EnrolAdminRole", "EnrolBroughtRole")
    held = {action for role, action, resource in grants() if role in roles and resource == people}
    assert held == {"dynamodb:GetItem", "dynamodb:Query"}


def test_whoever_may_find_an_import_without_its_message_may_send_it() -> None:
    imports = {"Fn::GetAtt": ["ImportsQueue", "Arn"]}
    senders = {
        role for role, action, resource in grants() if (action, resource) == ("sqs:SendMessage", imports)
    }
    assert senders == {"ApiHandlerRole", "ImportCardsRole", "QueryUnknownRole"}


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
