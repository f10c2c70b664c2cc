"""The web on AWS: is the app kept near the user, private at its origin, and like on one machine?"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from infra.build import STAGES, transformed_template
from infra.web import FOR_EVER, HASHED, PAGE, UPLOADS, cache_control, headers_of, script
from local.web import Web
from tests.web.dist import FILES, SCRIPT, built

CACHED_AS_FILES_ASK = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ALL_BUT_THE_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
SECURITY = {
    "ContentTypeOptions": "X-Content-Type-Options",
    "ReferrerPolicy": "Referrer-Policy",
    "StrictTransportSecurity": "Strict-Transport-Security",
    "ContentSecurityPolicy": "Content-Security-Policy",
}
PATHS = (
    "/ /sign-in /join/7K3M9PQRS2TV /join/7K. /orders/ord_1 /office/security /v1x /%E6%B2%B9 /a%2eb /a/b.c/d"
    " /v1 /v1/ /v1/orders /%761/orders //v1/orders /local/messages /assets /assets/x"
    " /index.html /sw.js /a.tar.gz /%2e%2e/secret.txt /v1%0A /a%0A /%F0%9F%98%80 /%FF"
).split()


def properties(logical_id: str, stage: str = "prod") -> dict[str, Any]:
    found: dict[str, Any] = transformed_template(stage)["Resources"][logical_id]["Properties"]
    return found


def distribution(stage: str = "prod") -> dict[str, Any]:
    found: dict[str, Any] = properties("Web", stage)["DistributionConfig"]
    return found


# ---------------------------------------------------------------- files


@pytest.mark.capability("S-034")
@pytest.mark.parametrize("stage", STAGES)
def test_files_are_kept_near_the_user_as_long_as_each_of_them_asks(stage: str) -> None:
    files = distribution(stage)["DefaultCacheBehavior"]
    assert (files["TargetOriginId"], files["CachePolicyId"], files["Compress"]) == (
        "files",
        CACHED_AS_FILES_ASK,
        True,
    )
    assert distribution(stage)["Enabled"] is True
    assert cache_control(SCRIPT) == FOR_EVER == "public, max-age=31536000, immutable"
    assert [name for name in FILES if re.fullmatch(HASHED, name)] == [SCRIPT, "assets/index-B8f-_z1Q.css"]


def test_the_bucket_is_read_by_our_distribution_alone() -> None:
    origin = next(one for one in distribution()["Origins"] if one["Id"] == "files")
    assert origin["OriginAccessControlId"] == {"Fn::GetAtt": ["WebAccess", "Id"]}
    signed = properties("WebAccess")["OriginAccessControlConfig"]
    assert (signed["SigningBehavior"], signed["SigningProtocol"]) == ("always", "sigv4")
    assert set(properties("WebBucket")["PublicAccessBlockConfiguration"].values()) == {True}
    denied, *allowed = properties("WebBucketPolicy")["PolicyDocument"]["Statement"]
    assert denied["Effect"] == "Deny"
    assert {one["Action"] for one in allowed} == {"s3:GetObject", "s3:ListBucket"}
    for one in allowed:
        assert one["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        source = one["Condition"]["StringEquals"]["aws:SourceArn"]["Fn::Sub"]
        assert source.endswith(":distribution/${Web}")


def heard_of_cloudfront() -> dict[str, str]:
    """What CloudFront says with each file."""
    told = properties("WebHeaders")["ResponseHeadersPolicyConfig"]
    heard = {one["Header"]: one["Value"] for one in told["CustomHeadersConfig"]["Items"]}
    for kind, said in told["SecurityHeadersConfig"].items():
        assert said.pop("Override") is True
        age = said.pop("AccessControlMaxAgeSec", 0)
        if age:
            assert said.pop("IncludeSubdomains") is True
            heard[SECURITY[kind]] = f"max-age={age}; includeSubDomains"
        else:
            heard[SECURITY[kind]] = next(iter(said.values()), "nosniff")
    policy = heard["Content-Security-Policy"]
    return heard | {"Content-Security-Policy": policy["Fn::Sub"]}


def test_a_browser_hears_the_same_on_aws_and_on_one_machine(tmp_path: Path) -> None:
    web = Web(UPLOADS, built(tmp_path))
    for name in FILES:
        answer = web.answer({"REQUEST_METHOD": "GET", "PATH_INFO": f"/{name}"})
        assert answer is not None
        here = {header: value for header, value in answer[1] if header not in ("ETag", "Vary")}
        kept = {header: here.pop(header) for header in ("Cache-Control", "Content-Type")}
        assert here == heard_of_cloudfront() == headers_of(UPLOADS)
        assert kept["Cache-Control"] == cache_control(name)  # that S3 says so: test_publish.py
    assert distribution()["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] == {"Ref": "WebHeaders"}


# ---------------------------------------------------------------- pages and the API


def run(code: str, paths: list[str]) -> list[Any]:
    """Where a function of CloudFront leads requests, run by Node.js of this environment."""
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    assert node, "Node.js is a part of requirements-dev.txt"
    asked = (
        "const told = JSON.parse(process.argv[1]).map(uri => handler({viewer: {ip: '192.0.2.1'}, request: "
    )
    asked += "{uri, headers: {'x-viewer-address': {value: 'forged'}}}})); console.log(JSON.stringify(told))"
    ran = subprocess.run([node, "-e", f"{code}\n{asked}", json.dumps(paths)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    found: list[Any] = json.loads(ran.stdout)
    return found


def test_cloudfront_shows_the_app_where_one_machine_does(tmp_path: Path) -> None:
    code = properties("WebNavigation")["FunctionCode"]
    assert code == script("navigation.js", page=PAGE.replace("/", r"\/"), index="index.html")
    led = {path: told["uri"] for path, told in zip(PATHS, run(code, PATHS), strict=True)}
    web = Web(UPLOADS, built(tmp_path))
    for path, uri in led.items():
        assert uri in (path, "/index.html")
        decoded = unquote(path, errors="surrogateescape")
        shown = web.answer(
            {
                "REQUEST_METHOD": "GET",
                "PATH_INFO": decoded.encode("utf-8", "surrogateescape").decode("latin-1"),
            }
        )
        is_app = shown is not None and shown[2] == FILES["index.html"]
        assert is_app == (uri == "/index.html"), path
    assert led["/v1"] == "/v1" and led["/v1/orders"] == "/v1/orders" and led["/%761/orders"] == "/%761/orders"
    assert run(code, ["/%E0%A4%A"])[0]["uri"] == "/%E0%A4%A"


def test_the_api_is_asked_by_all_methods_keeps_nothing_and_no_page_stands_in_for_its_errors() -> None:
    (api,) = distribution()["CacheBehaviors"]
    assert (api["PathPattern"], api["TargetOriginId"], api["ViewerProtocolPolicy"]) == (
        "/v1/*",
        "api",
        "https-only",
    )
    assert set(api["AllowedMethods"]) == {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}
    assert api["OriginRequestPolicyId"] == ALL_BUT_THE_HOST
    assert "ResponseHeadersPolicyId" not in api
    errors = distribution()["CustomErrorResponses"]
    assert {one["ErrorCode"] for one in errors} == {400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504}
    assert [
        one
        for one in errors
        if one.keys() != {"ErrorCode", "ErrorCachingMinTTL"} or one["ErrorCachingMinTTL"]
    ] == []
    cached = properties("WebApiCache")["CachePolicyConfig"]
    assert (cached["MinTTL"], cached["DefaultTTL"], cached["MaxTTL"]) == (0, 0, 1)
    key = cached["ParametersInCacheKeyAndForwardedToOrigin"]
    assert "Authorization" in key["HeadersConfig"]["Headers"]
    assert key["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
    assert distribution()["DefaultCacheBehavior"]["AllowedMethods"] == ["GET", "HEAD"]


def test_the_api_hears_whom_cloudfront_saw_whatever_the_client_says_of_itself() -> None:
    (told,) = run(properties("WebViewer")["FunctionCode"], ["/v1/orders"])
    assert told["headers"] == {"x-viewer-address": {"value": "192.0.2.1"}}
    assert told["uri"] == "/v1/orders"
    (api,) = distribution()["CacheBehaviors"]
    (function,) = api["FunctionAssociations"]
    assert function == {
        "EventType": "viewer-request",
        "FunctionARN": {"Fn::GetAtt": ["WebViewer", "FunctionARN"]},
    }
    counted = [rule for rule in properties("Firewall")["Rules"] if "RateBasedStatement" in rule["Statement"]]
    for rule in counted:
        assert rule["Statement"]["RateBasedStatement"]["AggregateKeyType"] == "FORWARDED_IP"
        named = rule["Statement"]["RateBasedStatement"]["ForwardedIPConfig"]
        assert named == {"HeaderName": "X-Viewer-Address", "FallbackBehavior": "MATCH"}
    assert len(counted) == 3


def test_who_comes_past_the_distribution_is_turned_away_before_all_else() -> None:
    rule = next(one for one in properties("Firewall")["Rules"] if one["Priority"] == 0)
    good = rule["Statement"]["NotStatement"]["Statement"]["OrStatement"]["Statements"]
    asked = [
        (one["ByteMatchStatement"]["SearchString"], one["ByteMatchStatement"]["FieldToMatch"]) for one in good
    ]
    header = {"SingleHeader": {"Name": "x-origin-secret"}}
    assert asked == [({"Ref": "EdgeSecret"}, header), ({"Ref": "EdgeSecretBefore"}, header)]
    assert rule["Action"] == {"Block": {}}
    origin = next(one for one in distribution()["Origins"] if one["Id"] == "api")
    assert origin["OriginCustomHeaders"] == [
        {"HeaderName": "X-Origin-Secret", "HeaderValue": {"Ref": "EdgeSecret"}}
    ]
    assert origin["OriginPath"]["Fn::Sub"].startswith("/${RestAPI") and origin["CustomOriginConfig"] == {
        "OriginProtocolPolicy": "https-only",
        "OriginSSLProtocols": ["TLSv1.2"],
        "OriginReadTimeout": 30,
    }


def test_cloudfront_agrees_to_send_every_header_that_it_is_told_to() -> None:
    sent = [
        one["HeaderName"]
        for origin in distribution()["Origins"]
        for one in origin.get("OriginCustomHeaders", [])
    ]
    assert sent == ["X-Origin-Secret"]
    assert not [name for name in sent if name.lower().startswith(("x-amz-", "x-edge-", "x-real-ip"))]


def test_a_domain_of_ones_own_takes_nothing_older_than_tls_1_2_and_prod_has_one() -> None:
    """TLSv1.2_2021 has ciphers with forward secrecy and authenticated encryption alone."""
    own, amazons = distribution()["ViewerCertificate"]["Fn::If"][1:]
    assert own["MinimumProtocolVersion"] == "TLSv1.2_2021"
    asserted = transformed_template("prod")["Rules"]["DomainOfItsOwn"]["Assertions"]
    assert [one["Assert"] for one in asserted] == [
        {"Fn::Not": [{"Fn::Equals": [{"Ref": name}, ""]}]} for name in ("WebDomain", "WebCertificateArn")
    ]
    assert amazons == {"CloudFrontDefaultCertificate": True}
    assert distribution()["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
