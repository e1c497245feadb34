"""Starting, stopping and working with the local stage."""

from __future__ import annotations

import io
import json
import shutil
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.assets import Asset, function_asset
from local import __main__ as command
from local import dead_letters
from local.http_client import call
from local.places import LOOPBACK, Ports, PortTakenError, RunFolder, free_ports
from local.progress import Progress
from local.redeploy import redeploy
from local.running import local_stage
from local.stage import LocalStage
from local.waiting import wait_for


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def test_a_second_stage_runs_beside_the_first_and_leaves_nothing_behind(stage: LocalStage) -> None:
    with local_stage(demo_school=False) as other:
        assert other.ports != stage.ports
        assert call("GET", f"{other.api_url}/v1/health").status == 200
        assert call("GET", f"{stage.api_url}/v1/health").status == 200

    assert not any(_answers(port) for port in other.ports.all)
    assert not other.folder.scratch.exists()
    assert (other.folder.logs / "aws.log").exists()
    assert (other.folder.logs / "function-docs.log").exists()


def test_a_taken_port_is_named_with_the_way_out() -> None:
    ports = free_ports()
    with socket.create_server((LOOPBACK, ports.stripe)), pytest.raises(PortTakenError) as refused, local_stage(ports):
        pass

    assert str(ports.stripe) in str(refused.value)
    assert "PORT=" in str(refused.value)


def test_changed_code_is_live_after_a_redeployment(
    stage: LocalStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = call("GET", f"{stage.api_url}/v1/health")

    with monkeypatch.context() as changed:
        changed.setattr("local.redeploy.function_asset", lambda name: _changed_docs(name, tmp_path))
        assert redeploy(stage, _silent()) == ["docs"]
        assert call("GET", f"{stage.api_url}/v1/health").body == b"changed"

    assert redeploy(stage, _silent()) == ["docs"]
    assert call("GET", f"{stage.api_url}/v1/health").body == before.body


def _changed_docs(name: str, folder: Path) -> Asset:
    asset = function_asset(name)
    if name != "docs":
        return asset
    changed = folder / "docs"
    shutil.rmtree(changed, ignore_errors=True)
    changed.mkdir()
    code = "def lambda_handler(event, context):\n    return {'statusCode': 200, 'body': 'changed'}\n"
    (changed / "handler.py").write_text(code)
    return Asset(changed, "changed")


def _silent() -> Progress:
    return Progress(io.StringIO())


def test_a_functions_lines_can_be_read(stage: LocalStage) -> None:
    began = datetime.now(UTC)
    call("GET", f"{stage.api_url}/v1/health")

    lines = wait_for("lines of docs", lambda: stage.function_logs("docs", began))

    assert any("START RequestId" in line.text for line in lines)


def test_commands_work_on_a_stage_of_another_process(stage: LocalStage, capsys: pytest.CaptureFixture[str]) -> None:
    port = ["--port", str(stage.ports.first)]

    assert command.main([*port, "token", "admin"]) == 0
    token = capsys.readouterr().out.strip()
    assert call("GET", f"{stage.api_url}/v1/me", token=token).status == 200

    assert command.main([*port, "token", "nobody"]) == 2
    assert "parent-of-two" in capsys.readouterr().err

    assert command.main([*port, "logs", "docs"]) == 0
    assert command.main([*port, "logs", "nothing"]) == 2
    assert command.main([*port, "dlq", "list"]) == 0
    assert "portal" in capsys.readouterr().out


def test_without_a_stage_commands_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    nobody = Ports(free_ports().first)
    RunFolder.of(nobody).deployed.unlink(missing_ok=True)

    assert command.main(["--port", str(nobody.first), "token", "admin"]) == 1
    assert "make run" in capsys.readouterr().err


def test_the_nightly_run_is_scheduled(stage: LocalStage) -> None:
    schedule = stage.client("scheduler").get_schedule(Name=stage.function_name("retention"))

    assert (schedule["State"], schedule["ScheduleExpression"]) == ("ENABLED", "cron(0 2 * * ? *)")


def test_a_dead_letter_is_shown_with_its_reason_and_can_be_sent_back(
    stage: LocalStage, capsys: pytest.CaptureFixture[str]
) -> None:
    pupil = {"school_id": "demo-school", "message_id": "broken-1", "version": "not a number"}
    bus = stage.deployed.outputs["PortalBusName"]
    entry = {"EventBusName": bus, "Source": "portal", "DetailType": "PupilChanged", "Detail": json.dumps(pupil)}
    known = dead_letters.counts(stage)["portal"]
    stage.publish_entries([entry])

    wait_for("the dead letter", lambda: dead_letters.counts(stage)["portal"] == known + 1)
    letter = next(one for one in dead_letters.show(stage, "portal") if "broken-1" in one.body)
    assert letter.kind == "PupilChanged"
    assert letter.reason.startswith("reason=")
    assert "broken-1" not in letter.reason
    assert command.main(["--port", str(stage.ports.first), "dlq", "list"]) == 0
    assert letter.reason in capsys.readouterr().out

    assert dead_letters.redrive(stage, "portal") == known + 1
    wait_for("the dead letters to come back", lambda: dead_letters.counts(stage)["portal"] == known + 1)
