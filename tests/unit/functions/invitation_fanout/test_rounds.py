"""Large audiences: invited in the background, everybody once, whatever becomes of the worker on the way (C1)."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from school_events.core.change import stamp
from school_events.events import store as events
from school_events.events.model import EventStatus
from school_events.invitations import inviting, service
from school_events.people.model import Pupil
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.people import a_small_school, portal_message, pupil_told, school_told, tell
from tests.support.rewind import bookmark_tables
from tests.support.tables import everything, messages
from tests.unit.events.things import a_trip
from tests.unit.functions.invitation_fanout.asking import (
    deliver,
    follow_up,
    invite,
    listed,
    of_kind,
)

PUPILS = tuple(f"pupil-{number}" for number in range(1, 8))


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    """Seven of Year 8, one of Year 9, and a trip that is published."""
    a_small_school()
    tell(*(pupil_told(pupil_id, f"Name{pupil_id[-1]}") for pupil_id in PUPILS[1:]))
    tell(pupil_told("pupil-9", "Cy", "Birch", "Year 9", registration_group="9A"))
    an_event("published")
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two invitations a transaction, and more than two are too many for a request."""
    monkeypatch.setattr(inviting, "AT_ONCE", 2)
    monkeypatch.setattr(service, "MOST_IN_A_REQUEST", 2)


def an_event(status: EventStatus) -> None:
    events.event_item(SCHOOL, a_trip(status), stamp(a_context(), "event.published")).save()


def asked_for() -> dict[str, Any]:
    """A round that is asked for; what the worker is handed."""
    assert invite() == {"event_id": "event_1", "matched": 7, "invited": 0, "waiting": 7}
    (message,) = follow_up("round")
    return message


def invited() -> Counter[str]:
    """How often each pupil was told of: by the stamps that new invitations carry."""
    return Counter(row["pk"]["S"].rsplit("#", 1)[1] for row in of_kind("invitation"))


def progress() -> tuple[str, int, int]:
    (shown,) = listed()["rounds"]
    return shown["state"], shown["reached"], shown["total"]


@pytest.mark.usefixtures("_small")
def test_a_large_audience_is_invited_in_the_background_and_its_progress_is_shown() -> None:
    message = asked_for()
    assert invited() == {}
    assert progress() == ("waiting", 0, 7)
    assert deliver(message) == {"batchItemFailures": []}
    assert invited() == dict.fromkeys(PUPILS, 1)
    assert progress() == ("done", 7, 7)


@pytest.mark.usefixtures("_small")
def test_a_small_audience_is_invited_at_once_and_needs_no_round() -> None:
    assert invite({"audience": {"year_groups": ["9"]}})["invited"] == 1
    assert (of_kind("round"), listed()["rounds"]) == ([], [])


@pytest.mark.usefixtures("_small")
def test_who_was_invited_before_is_not_invited_again() -> None:
    invite({"audience": {"pupils": ["pupil-3", "pupil-7"]}})
    before = of_kind("invitation")
    assert invite()["waiting"] == 5
    (message,) = follow_up("round")
    deliver(message)
    assert [row for row in of_kind("invitation") if row in before] == before
    assert invited() == dict.fromkeys(PUPILS, 1)
    assert progress() == ("done", 5, 5)


@pytest.mark.usefixtures("_small")
def test_a_message_that_comes_again_invites_nobody_again() -> None:
    message = asked_for()
    deliver(message, message)
    before = everything()
    deliver(message)
    assert everything() == before


def and_one_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on ``pupil-5`` leaves once it has been looked who belongs to an audience."""
    pupils_of = inviting.pupils_of

    def then_leaving(ctx: Any) -> list[Pupil]:
        found = pupils_of(ctx)
        tell(portal_message("PupilLeft", {"pupil_id": "pupil-5", "left_on": "2026-11-20"}, version=2))
        return found

    monkeypatch.setattr(inviting, "pupils_of", then_leaving)


def test_who_leaves_while_a_request_looks_is_not_invited(monkeypatch: pytest.MonkeyPatch) -> None:
    and_one_leaves(monkeypatch)
    assert invite()["invited"] == 6
    assert "pupil-5" not in invited()


@pytest.mark.usefixtures("_small")
def test_who_leaves_while_a_round_looks_is_not_invited(monkeypatch: pytest.MonkeyPatch) -> None:
    message = asked_for()
    and_one_leaves(monkeypatch)
    assert deliver(message) == {"batchItemFailures": []}
    assert invited() == dict.fromkeys([one for one in PUPILS if one != "pupil-5"], 1)
    assert progress() == ("done", 6, 7)


@pytest.mark.usefixtures("_small")
def test_the_same_request_twice_asks_for_one_round() -> None:
    headers = {"Idempotency-Key": "key-1"}
    assert invite(headers=headers) == invite(headers=headers)
    assert len(of_kind("round")) == 1


@pytest.mark.usefixtures("_small")
def test_the_invitations_name_whoever_asked_and_not_the_worker() -> None:
    deliver(asked_for())
    assert all('"actor_id":"staff-admin"' in row["change"]["S"] for row in of_kind("invitation"))


@pytest.mark.usefixtures("_small")
def test_whom_a_round_is_for_is_forgotten_when_it_is_over() -> None:
    invite({"audience": {"pupils": list(PUPILS)}})
    assert "pupil-3" in str(of_kind("round"))
    deliver(*follow_up("round"))
    assert "pupil-" not in str(of_kind("round"))


@pytest.mark.usefixtures("_small")
def test_an_event_that_is_closed_meanwhile_invites_nobody_and_says_so() -> None:
    message = asked_for()
    an_event("closed")
    assert deliver(message) == {"batchItemFailures": []}
    assert invited() == {}
    assert progress() == ("stopped", 0, 7)


@pytest.mark.usefixtures("_small")
def test_a_rule_about_data_the_school_withdraws_meanwhile_invites_nobody() -> None:
    invite({"audience": {"not": {"sen": ["K"]}}})
    (message,) = follow_up("round")
    tell(school_told(categories=["pupil_name", "year_group"], version=2))
    deliver(message)
    assert (invited(), progress()[0]) == ({}, "stopped")


@pytest.mark.usefixtures("_small")
def test_who_has_joined_since_it_was_asked_is_invited_too() -> None:
    message = asked_for()
    tell(pupil_told("pupil-8", "Di"))
    deliver(message)
    assert invited()["pupil-8"] == 1


def test_a_round_that_is_gone_is_nothing_to_do() -> None:
    before = everything()
    gone = {"school_id": SCHOOL, "event_id": "event_1", "round_id": "round_9"}
    assert deliver(gone) == {"batchItemFailures": []}
    assert everything() == before


def test_what_is_no_message_is_handed_back() -> None:
    assert deliver({"school_id": SCHOOL, "colour": "red"}) == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}


@pytest.mark.usefixtures("_small")
def test_killed_anywhere_and_delivered_again_everybody_is_invited_once() -> None:
    message = asked_for()
    rewind = bookmark_tables()
    with watched(Calls()) as whole:
        deliver(message)
    points = whole.points()
    assert len(points) > 5
    for point in points:
        rewind()
        with watched(Calls(point)), contextlib.suppress(Killed):
            deliver(message)
        at_first = {row["change"]["S"] for row in of_kind("invitation")}
        deliver(message)
        assert invited() == dict.fromkeys(PUPILS, 1), point
        assert at_first <= {row["change"]["S"] for row in of_kind("invitation")}, point
        assert progress() == ("done", 7, 7), point


@pytest.mark.usefixtures("_small")
def test_families_are_told_once_each_though_the_worker_is_killed_half_way() -> None:
    message = asked_for()
    with watched(Calls(8)), contextlib.suppress(Killed):
        deliver(message)
    assert 0 < len(of_kind("invitation")) < len(PUPILS)
    assert progress() == ("waiting", len(of_kind("invitation")), 7)
    deliver(message, message)
    follow_up("invitation")
    follow_up("invitation")
    told = messages("notifications")
    assert Counter(telling["pupil_id"] for telling in told) == dict.fromkeys(PUPILS, 2)
    assert len({telling["change_id"] for telling in told}) == len(PUPILS)
