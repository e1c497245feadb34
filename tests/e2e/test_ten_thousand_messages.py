"""Ten thousand messages, a hundred of them poison, through bus, queue and function: none is lost, none doubled (A5)."""

from __future__ import annotations

import json
import time
from collections import Counter
from itertools import batched

import pytest

from local import dead_letters
from local.demo_school import PortalMessage, build, portal_messages
from local.deployed import local_stage_settings
from local.stage import LocalStage
from tests.e2e import crowd
from tests.e2e.crowd import Crowd, Fields, Key

APPLIED_SECONDS = 600.0


def test_the_good_are_applied_the_bad_set_aside_with_their_reasons_and_a_redrive_loses_and_doubles_none(
    stage: LocalStage, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"{time.time_ns()}"
    ended = _EndedSchool(f"ended-{name}")
    stage.publish(ended.is_over())
    _await_applied(stage)
    everything = crowd.a_crowd(f"crowd-{name}", ended.id)
    assert (len(everything.sent), len(everything.poison)) == (crowd.MESSAGES, crowd.MESSAGES // 100)
    began = time.monotonic()

    _publish(stage, everything)
    published = time.monotonic() - began
    _await_applied(stage)
    took = time.monotonic() - began

    _must_hold(stage, everything.school_id, everything.good)
    assert _letters(stage, everything) == {one.id: (one.reason, 1) for one in everything.poison.values()}

    # The Portal sends again what it has repaired, the school's contract goes on, and the dead letters are sent back.
    repaired = [one.repaired for one in everything.poison.values() if one.repaired]
    stage.publish(repaired)
    stage.publish(ended.goes_on())
    _await_applied(stage)
    dead_letters.redrive(stage, "portal")
    _await_applied(stage)

    _must_hold(stage, everything.school_id, [*everything.good, *repaired])
    of_ended = [one.message for one in everything.poison.values() if one.reason == "contract-ended"]
    _must_hold(stage, ended.id, [*ended.is_over(), *ended.goes_on(), *of_ended])
    assert {item["revision"]["N"] for item in _items(stage, ended.id) if item["sk"]["S"] == "PUPIL"} == {"1"}
    still_wrong = {one.id: (one.reason, 1) for one in everything.poison.values() if one.reason != "contract-ended"}
    assert _letters(stage, everything) == still_wrong
    with capsys.disabled():
        print(f"\n{crowd.MESSAGES:,} messages published in {published:.0f} s, all applied or refused in {took:.0f} s")


class _EndedSchool:
    """A school whose contract has ended, and then goes on."""

    def __init__(self, school_id: str) -> None:
        self.id = school_id

    def is_over(self) -> list[PortalMessage]:
        over = {"school_id": self.id, "message_id": "over", "occurred_at": "2026-09-01T08:00:00Z", "version": 2}
        return [self._announced(1), PortalMessage("SchoolContractEnded", {**over, "ended_on": "2026-08-31"})]

    def goes_on(self) -> list[PortalMessage]:
        return [self._announced(3)]

    def _announced(self, version: int) -> PortalMessage:
        return next(portal_messages(build(school_id=self.id), version=version))


def _publish(stage: LocalStage, everything: Crowd) -> None:
    bus = stage.deployed.outputs["PortalBusName"]
    for some in batched(everything.sent, 10, strict=False):
        stage.publish_entries([one.entry(bus) for one in some])


def _await_applied(stage: LocalStage) -> None:
    stage.wait_until_empty("portal", APPLIED_SECONDS)


def _must_hold(stage: LocalStage, school_id: str, messages: list[PortalMessage]) -> None:
    wanted = crowd.expected(messages)

    def differences() -> dict[Key, tuple[Fields | None, Fields | None]]:
        found = crowd.held(_items(stage, school_id), wanted)
        return {key: (wanted.get(key), found.get(key)) for key in wanted | found if wanted.get(key) != found.get(key)}

    assert dict(list(differences().items())[:5]) == {}


def _items(stage: LocalStage, school_id: str) -> list[dict[str, dict[str, str]]]:
    """Everything the People table holds of a school."""
    pages = (
        stage.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=local_stage_settings().physical("people"),
            FilterExpression="pk = :school OR begins_with(pk, :below)",
            ExpressionAttributeValues={":school": {"S": f"SCH#{school_id}"}, ":below": {"S": f"SCH#{school_id}#"}},
            ConsistentRead=True,
        )
    )
    return [item for page in pages for item in page["Items"]]


def _letters(stage: LocalStage, everything: Crowd) -> dict[str, tuple[str, int]]:
    """The dead letters of this crowd: reason and number, by message."""
    counted: Counter[tuple[str, str]] = Counter()
    for letter in dead_letters.show(stage, "portal"):
        message_id = json.loads(letter.body)["detail"].get("message_id")
        if message_id in everything.poison:
            counted[message_id, letter.reason.removeprefix("reason=")] += 1
    return {message_id: (reason, count) for (message_id, reason), count in counted.items()}
