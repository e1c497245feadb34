"""Presigned links carry their maker's permissions and die; what is pushed to phones can be seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import boto3
import pytest
import time_machine
from botocore.config import Config

from local.aws.emulator import REGION
from local.aws.observe import pushes
from local.http_client import call
from tests.integration.conformance.conftest import Toy
from tests.integration.conformance.toy.template import PUSH

TEXT = b"a,b\r\n1,2\r\n"


@pytest.fixture
def link(toy: Toy) -> str:
    """A link to a file, signed by the function's role, good for a minute."""
    toy.client("s3").put_object(Bucket=toy.physical["Files"], Key="report.csv", Body=TEXT)
    _, signed = toy.invoke("Api", {"task": "presign", "bucket": toy.physical["Files"], "key": "report.csv"})
    url: str = signed["url"]
    return url


def test_a_presigned_link_of_a_functions_role_gives_the_file(link: str) -> None:
    answer = call("GET", link)

    assert (answer.status, answer.body) == (200, TEXT)


def test_a_presigned_link_is_good_for_that_file_only(link: str) -> None:
    assert call("GET", link.replace("report.csv", "other.csv")).status == 403


def test_a_presigned_link_dies(toy: Toy) -> None:
    toy.client("s3").put_object(Bucket=toy.physical["Files"], Key="report.csv", Body=TEXT)
    file = {"Bucket": toy.physical["Files"], "Key": "report.csv"}

    with time_machine.travel(datetime.now(UTC) - timedelta(minutes=6)):
        url = toy.client("s3").generate_presigned_url("get_object", Params=file, ExpiresIn=300)

    answer = call("GET", url)
    assert answer.status == 403
    assert b"expired" in answer.body


def test_without_a_signature_a_file_is_closed(toy: Toy, link: str) -> None:
    assert call("GET", link.partition("?")[0]).status == 403


def test_an_unknown_key_is_nobody(toy: Toy) -> None:
    stranger = boto3.client(
        "s3",
        endpoint_url=toy.clients.endpoint,
        region_name=REGION,
        aws_access_key_id="AKIASTRANGER00000000",
        aws_secret_access_key="x",
        config=Config(s3={"addressing_style": "path"}),
    )

    with pytest.raises(stranger.exceptions.ClientError, match=r"InvalidAccessKeyId|AccessDenied"):
        stranger.list_buckets()


def test_a_push_by_a_function_that_may_can_be_seen_with_what_it_said(toy: Toy) -> None:
    before = datetime.now(UTC)
    endpoint = _phone(toy, PUSH)

    toy.as_function("sns", "publish", TargetArn=endpoint, Message='{"GCM": "new"}', MessageStructure="json")

    [push] = pushes(toy.clients, before)
    assert (push.endpoint_arn, push.message, push.structure) == (endpoint, '{"GCM": "new"}', "json")
    assert push.at >= before


def test_a_function_can_register_and_forget_a_phone(toy: Toy) -> None:
    platform, name = PUSH.split("/")
    made = toy.client("sns").create_platform_application(
        Name=name, Platform=platform, Attributes={"PlatformCredential": "x"}
    )

    arn = made["PlatformApplicationArn"]
    phone = toy.as_function("sns", "create_platform_endpoint", PlatformApplicationArn=arn, Token="another-token")
    endpoint = phone["answer"]["EndpointArn"]
    forgotten = toy.as_function("sns", "delete_endpoint", EndpointArn=endpoint)

    assert endpoint.startswith(f"{arn}/")
    assert "answer" in forgotten


def test_a_push_to_another_applications_phone_is_denied_and_not_seen(toy: Toy) -> None:
    before = datetime.now(UTC)
    endpoint = _phone(toy, "GCM/other")

    refusal = toy.as_function("sns", "publish", TargetArn=endpoint, Message="x")

    assert refusal["error"] == "AuthorizationError"
    assert pushes(toy.clients, before) == []


def _phone(toy: Toy, application: str) -> str:
    platform, name = application.split("/")
    sns = toy.client("sns")
    made = sns.create_platform_application(Name=name, Platform=platform, Attributes={"PlatformCredential": "x"})
    endpoint: str = sns.create_platform_endpoint(
        PlatformApplicationArn=made["PlatformApplicationArn"], Token="device-token"
    )["EndpointArn"]
    return endpoint
