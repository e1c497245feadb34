"""A synthesised stack is changed for the emulator where it must be, and nowhere else."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from local.aws.assembly import Stack
from local.aws.localise import DEPLOYMENT_BUCKET, LocalStack, localise


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """A function with two layers, a policy, and a resource that is none of our business."""
    for name in ("own", "first", "second"):
        (tmp_path / name).mkdir()
    (tmp_path / "own" / "handler.py").write_text("x = 1\n")
    layers = {
        name: {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": {"S3Key": f"{name}.zip"}}}
        for name in ("First", "Second")
    }
    return Stack(
        "stack",
        {"Resources": {"Function": _function(), **layers, "Role": _role(), "Queue": {"Type": "AWS::SQS::Queue"}}},
        {"own.zip": tmp_path / "own", "First.zip": tmp_path / "first", "Second.zip": tmp_path / "second"},
    )


def _function() -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "handler.lambda_handler",
            "Code": {"S3Bucket": "assets", "S3Key": "own.zip"},
            "Layers": [{"Ref": "First"}, {"Ref": "Second"}],
            "LoggingConfig": {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "LogGroup": "group"},
            "MemorySize": 512,
        },
    }


def _role() -> dict[str, Any]:
    statements = [
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:queue"},
        {"Effect": "Allow", "Action": ["sns:Publish"], "Resource": "arn:aws:sns:r:1:endpoint/GCM/app/*"},
        {"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": "arn:table"},
    ]
    return {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": {"Statement": statements}}]}}


def _bootstrap(stack: LocalStack) -> str:
    with zipfile.ZipFile(io.BytesIO(stack.functions[0].content)) as archive:
        assert "handler.py" in archive.namelist()
        return archive.read("bootstrap").decode()


def test_a_function_is_packed_for_the_runtime_api_and_keeps_its_settings(stack: Stack) -> None:
    properties = localise(stack).template["Resources"]["Function"]["Properties"]

    assert properties["Runtime"].startswith("provided")
    assert properties["Code"]["S3Bucket"] == DEPLOYMENT_BUCKET
    assert (properties["Handler"], properties["MemorySize"]) == ("handler.lambda_handler", 512)
    assert "Layers" not in properties


def test_layers_are_on_the_path_in_their_order(stack: Stack) -> None:
    bootstrap = _bootstrap(localise(stack))

    assert bootstrap.index("/first/python") < bootstrap.index("/second/python")


def test_the_runtime_is_told_how_to_log(stack: Stack) -> None:
    bootstrap = _bootstrap(localise(stack))

    assert "export AWS_LAMBDA_LOG_FORMAT='JSON'" in bootstrap
    assert "export AWS_LAMBDA_LOG_LEVEL='INFO'" in bootstrap


def test_the_same_files_make_the_same_package(stack: Stack) -> None:
    assert localise(stack).functions[0].key == localise(stack).functions[0].key


def test_another_line_of_code_makes_another_package(stack: Stack) -> None:
    before = localise(stack).functions[0].key

    (stack.assets["own.zip"] / "handler.py").write_text("x = 2\n")

    assert localise(stack).functions[0].key != before


def test_policies_allow_in_the_emulator_what_they_allow_on_aws(stack: Stack) -> None:
    role = localise(stack).template["Resources"]["Role"]
    send, push, read = role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]

    assert send["Action"] == ["sqs:SendMessage", "sqs:SendMessageBatch"]
    assert push["Resource"] == "arn:aws:sns:r:1:app/GCM/app/*"
    assert read == {"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": "arn:table"}


def test_the_synthesised_stack_itself_is_left_alone(stack: Stack) -> None:
    localise(stack)

    assert stack.resources["Function"] == _function()
    assert stack.resources["Role"] == _role()
