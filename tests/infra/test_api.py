"""The API: who answers, who is turned away and how, and what is written down of it?"""

import json
import re
from typing import Any

import pytest

from chalicelib.domain.errors import Refusal
from chalicelib.handlers.problems import Problem
from infra.build import STAGES, transformed_template
from infra.gateway_answers import ANSWERS
from local.api import Api

TEMPLATES = {stage: transformed_template(stage) for stage in STAGES}
PROD = TEMPLATES["prod"]
CALLBACKS = "/v1/payments/{channel}/callbacks"


def one(kind: str, stage: str = "prod") -> dict[str, Any]:
    (found,) = [item for item in TEMPLATES[stage]["Resources"].values() if item["Type"] == kind]
    properties: dict[str, Any] = found["Properties"]
    return properties


def paths() -> dict[str, dict[str, Any]]:
    described: dict[str, dict[str, Any]] = one("AWS::ApiGateway::RestApi")["Body"]["paths"]
    return described


# ---------------------------------------------------------------- who answers


def test_callbacks_alone_are_led_to_a_function_of_their_own() -> None:
    led = {
        (method, path): method_of["x-amazon-apigateway-integration"]
        for path, methods in paths().items()
        for method, method_of in methods.items()
    }
    elsewhere = {
        route: integration
        for route, integration in led.items()
        if "${APIHandler.Arn}" not in integration["uri"]["Fn::Sub"]
    }
    assert elsewhere.keys() == {("post", CALLBACKS)}
    integration = elsewhere["post", CALLBACKS]
    assert (integration["type"], integration["httpMethod"]) == ("aws_proxy", "POST")
    assert integration["uri"]["Fn::Sub"].endswith("/functions/${ReceiveCallback.Arn}/invocations")
    function = Api(PROD).function_beside("app.app", "POST", CALLBACKS)
    assert function and function.handler == "chalicelib.handlers.callbacks.receive_callback"
    assert Api(PROD).function_beside("app.app", "POST", "/v1/orders") is None


def test_only_api_gateway_and_only_that_path_may_call_the_function_of_callbacks() -> None:
    permissions = [
        item["Properties"]
        for item in PROD["Resources"].values()
        if item["Type"] == "AWS::Lambda::Permission"
        and item["Properties"]["FunctionName"] == {"Ref": "ReceiveCallback"}
    ]
    assert [
        (one["Principal"], one["SourceArn"]["Fn::Sub"].partition("${RestAPI}")[2]) for one in permissions
    ] == [("apigateway.amazonaws.com", "/*/POST/v1/payments/*/callbacks")]


def test_functions_are_kept_for_callbacks_in_prod_and_for_nothing_else() -> None:
    kept = {
        (stage, name): item["Properties"]["ReservedConcurrentExecutions"]
        for stage, template in TEMPLATES.items()
        for name, item in template["Resources"].items()
        if "ReservedConcurrentExecutions" in item.get("Properties", {})
    }
    assert kept == {("prod", "ReceiveCallback"): {"Ref": "CallbackFunctions"}}
    assert PROD["Parameters"]["CallbackFunctions"]["Default"] == 100


def test_the_api_has_a_regional_endpoint_and_everything_is_traced() -> None:
    assert one("AWS::ApiGateway::RestApi")["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert one("AWS::ApiGateway::Stage")["TracingEnabled"] is True
    functions = [
        item["Properties"] for item in PROD["Resources"].values() if item["Type"] == "AWS::Lambda::Function"
    ]
    assert all(function["TracingConfig"] == {"Mode": "Active"} for function in functions)


@pytest.mark.parametrize("stage", TEMPLATES)
def test_the_api_takes_tls_1_2_at_least_and_ciphers_with_forward_secrecy_alone(stage: str) -> None:
    """Under Amazon's own name too: the policy stands in the description of the API."""
    api = one("AWS::ApiGateway::RestApi", stage)
    policy = api["Body"]["x-amazon-apigateway-security-policy"]
    assert policy == "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
    assert api["Body"]["x-amazon-apigateway-endpoint-access-mode"] == "BASIC"  # such a policy asks for one
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}  # whose policies these are


# ---------------------------------------------------------------- who is turned away


@pytest.mark.parametrize(
    "stage, whole_api, sign_in, callbacks",
    [
        ("local", (2000, 2000), (500, 500), (2000, 2000)),
        ("dev", (100, 200), (10, 20), (100, 200)),
        ("prod", (1000, 2000), (50, 100), (2000, 4000)),
    ],
)
def test_each_stage_has_its_throttles(
    stage: str, whole_api: tuple[int, int], sign_in: tuple[int, int], callbacks: tuple[int, int]
) -> None:
    limits = Api(TEMPLATES[stage]).limits
    tighter = {"/v1/people", "/v1/enrolments", "/v1/sessions", "/v1/sessions/refresh", "/v1/card-bindings"}
    tighter |= {"/v1/sessions/by-new-password", "/v1/codes", "/v1/captchas", "/v1/cards/{card_id}/secret"}
    tighter |= {"/v1/captchas/{captcha_id}/sound"}
    expected = {("POST", path): sign_in for path in tighter} | {("PUT", "/v1/me/password"): sign_in}
    assert limits == {("*", "/*"): whole_api, ("POST", CALLBACKS): callbacks, **expected}


def test_no_throttle_is_for_a_path_that_does_not_exist() -> None:
    known = {(method.upper(), path) for path, methods in paths().items() for method in methods}
    assert set(Api(PROD).limits) - {("*", "/*")} <= known


@pytest.mark.parametrize("kind", ANSWERS)
def test_what_never_gets_to_a_function_is_answered_in_our_own_words(kind: str) -> None:
    refusal: Refusal = ANSWERS[kind]
    status, told, body = Api(PROD).answer(kind, "the-request-id")
    headers = dict(told)
    problem = Problem.model_validate_json(body)
    assert (status, problem.status, problem.code) == (refusal.status, refusal.status, refusal.code)
    assert problem.request_id == headers["X-Request-Id"] == "the-request-id"
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Retry-After" in headers["Access-Control-Expose-Headers"]
    assert ("Retry-After" in headers) == (status in (429, 503))


@pytest.mark.parametrize("kind, seconds", [("THROTTLED", "1"), ("QUOTA_EXCEEDED", "3600")])
def test_a_client_over_its_quota_is_told_when_to_come_back(kind: str, seconds: str) -> None:
    assert dict(Api(PROD).answer(kind, "")[1])["Retry-After"] == seconds


def test_partners_have_a_plan_whose_key_is_off_until_somebody_has_it() -> None:
    plan = one("AWS::ApiGateway::UsagePlan")
    assert plan["Throttle"] == {"RateLimit": 20, "BurstLimit": 40}
    assert plan["Quota"] == {"Limit": 100_000, "Period": "DAY"}
    assert one("AWS::ApiGateway::ApiKey")["Enabled"] is False
    asked = [method.get("security") for methods in paths().values() for method in methods.values()]
    assert asked == [None] * len(asked)


def test_the_firewall_stands_before_the_stage_with_the_rules_of_aws_and_a_limit_for_one_client() -> None:
    association = one("AWS::WAFv2::WebACLAssociation")
    assert association["WebACLArn"] == {"Fn::GetAtt": ["Firewall", "Arn"]}
    statements = {
        rule["Name"]: next(iter(rule["Statement"].values())) for rule in one("AWS::WAFv2::WebACL")["Rules"]
    }
    managed = {statement["Name"] for statement in statements.values() if "VendorName" in statement}
    assert managed == {"AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"}
    limits = {
        name: PROD["Parameters"][statement["Limit"]["Ref"]]["Default"]
        for name, statement in statements.items()
        if "Limit" in statement
    }
    assert limits == {"one-client": 10_000, "one-client-signing-in": 300, "one-client-calling-back": 60_000}
    assert sorted(rule["Priority"] for rule in one("AWS::WAFv2::WebACL")["Rules"]) == list(range(6))


def test_every_request_is_counted_for_its_client_and_a_callback_apart() -> None:
    counted = {rule["Name"]: rule["Statement"] for rule in one("AWS::WAFv2::WebACL")["Rules"]}
    scopes = {
        name: counted[name]["RateBasedStatement"]["ScopeDownStatement"]
        for name in ("one-client", "one-client-calling-back")
    }
    assert scopes["one-client"] == {"NotStatement": {"Statement": scopes["one-client-calling-back"]}}
    assert scopes["one-client-calling-back"]["ByteMatchStatement"]["SearchString"] in CALLBACKS
    assert PROD["Parameters"]["ClientCallbacksMax"]["Default"] <= 300 * 5 * 100 // 2, "half of 100 functions"


def test_whatever_stands_before_a_session_is_counted_as_an_attempt_of_its_client() -> None:
    rules = {rule["Name"]: rule["Statement"] for rule in one("AWS::WAFv2::WebACL")["Rules"]}
    scope = rules["one-client-signing-in"]["RateBasedStatement"]["ScopeDownStatement"]
    pattern = scope["RegexMatchStatement"]["RegexString"]
    throttled = {path for (_, path), limit in Api(PROD).limits.items() if limit == (50, 100)}
    signed_in = {"/v1/me/password", "/v1/card-bindings", "/v1/cards/{card_id}/secret", "/v1/sessions/refresh"}
    counted = {path for path in paths() if re.search(pattern, "/prod" + path)}
    assert counted == throttled - signed_in


def test_a_client_that_the_firewall_holds_is_told_when_to_come_back() -> None:
    held = [rule for rule in one("AWS::WAFv2::WebACL")["Rules"] if "RateBasedStatement" in rule["Statement"]]
    assert len(held) == 3
    for rule in held:
        answer = rule["Action"]["Block"]["CustomResponse"]
        headers = {header["Name"]: header["Value"] for header in answer["ResponseHeaders"]}
        assert answer["ResponseCode"] == 429
        assert headers["Retry-After"] == str(rule["Statement"]["RateBasedStatement"]["EvaluationWindowSec"])
        assert headers["Access-Control-Allow-Origin"] == "*"


# ---------------------------------------------------------------- what is written down


def test_the_access_log_holds_nothing_personal() -> None:
    log = one("AWS::ApiGateway::Stage")["AccessLogSetting"]
    assert log["DestinationArn"] == {"Fn::GetAtt": ["ApiAccessLogGroup", "Arn"]}
    assert json.loads(log["Format"]) == {
        "request_id": "$context.requestId",
        "trace_id": "$context.xrayTraceId",
        "at": "$context.requestTimeEpoch",
        "method": "$context.httpMethod",
        "route": "$context.resourcePath",  # with its variables, not what stood in their places
        "status": "$context.status",
        "latency_ms": "$context.responseLatency",
        "function_latency_ms": "$context.integrationLatency",
        "bytes": "$context.responseLength",
        "refused_by": "$context.error.responseType",
    }
