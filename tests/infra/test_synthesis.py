"""Synthesis needs neither account nor network, finds nothing to complain about, and makes the stacks it lists."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack, aws_s3

from infra.app import add_checks
from infra.stages import LOCAL_STACKS, PROJECT, STACKS, Stage, context_file, stage_from
from tests.infra.assembly import Assembly, text


def test_production_has_all_stacks_and_the_local_stage_those_an_emulator_takes(prod: Assembly, local: Assembly) -> None:
    assert set(prod.templates) == {stack.capitalize() for stack in STACKS}
    assert set(local.templates) == {stack.capitalize() for stack in LOCAL_STACKS}


def test_everything_is_in_london(prod: Assembly) -> None:
    manifest = json.loads((prod.folder / "manifest.json").read_text())
    stacks = [one for one in manifest["artifacts"].values() if one["type"] == "aws:cloudformation:stack"]
    assert {one["environment"] for one in stacks} == {"aws://unknown-account/eu-west-2"}
    for template in prod.templates.values():
        assert not {region for region in ("us-east-1", "eu-west-1", "eu-central-1") if region in text(template)}


def test_stacks_carry_the_stages_name(prod: Assembly) -> None:
    manifest = json.loads((prod.folder / "manifest.json").read_text())
    names = {one["properties"].get("stackName") for one in manifest["artifacts"].values() if "properties" in one}
    assert {"school-events-prod-stateful", "school-events-prod-application", "school-events-prod-monitoring"} <= names


def test_everything_is_tagged(prod: Assembly) -> None:
    for kind in ("AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::Lambda::Function"):
        for properties in prod.properties(kind):
            tags = {tag["Key"]: tag["Value"] for tag in properties["Tags"]}
            assert tags.items() >= {"application": "school-events", "stage": "prod"}.items()


def test_cfn_lint_finds_nothing(prod: Assembly) -> None:
    templates = [str(path) for path in sorted(prod.folder.glob("*.template.json"))]
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--template", *templates]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stdout) == (0, "")


def test_a_finding_of_cdk_nag_stops_the_synthesis(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    aws_s3.Bucket(Stack(app, "Careless"), "Bucket")
    add_checks(app)
    with pytest.raises(RuntimeError, match="AwsSolutions-S1"):
        app.synth()


def test_production_has_no_finding_that_is_not_acknowledged(prod: Assembly) -> None:
    report = json.loads((prod.folder / "validation-report.json").read_text())
    assert [one for one in report["pluginReports"] if one.get("violations")] == []


def test_an_unknown_stage_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="Unknown stage 'moon'"):
        _stage({"stage": "moon"})


def test_a_value_given_on_the_command_line_overrides_the_stages_own() -> None:
    assert _stage({"stage": "local", "issuer": "http://127.0.0.1:7"}).issuer == "http://127.0.0.1:7"
    assert _stage({"stage": "local", "origins": "http://a,http://b"}).origins == ("http://a", "http://b")


def test_data_is_kept_and_tls_required_whatever_is_given_on_the_command_line() -> None:
    stage = _stage({"stage": "prod", "keep_data": False, "require_tls": False})
    assert stage.keep_data
    assert stage.require_tls


@pytest.mark.parametrize("name", ["local", "dev", "prod"])
def test_every_stage_is_complete(name: str) -> None:
    stage = _stage({"stage": name})
    assert stage.name == name
    assert stage.architecture == "arm64" or name == "local"


def _stage(given: dict[str, Any]) -> Stage:
    return stage_from((context_file() | given).get)
