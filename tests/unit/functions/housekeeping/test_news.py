"""Who is invited to a club is told once when a session of it changes, wherever the telling breaks off (B4, F1, F2)."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

import pytest
import time_machine

from functions.event_sessions.handler import lambda_handler as event_sessions
from functions.family.handler import lambda_handler as family
from functions.housekeeping.handler import lambda_handler
from functions.notifications.handler import lambda_handler as notifications
from school_events.bookings import cancelling, chores, gateway, news, store
from school_events.core.consequences import Telling
from school_events.core.errors import TryAgain
from school_events.events.store import find_event
from school_events.invitations import service as invitations
from school_events.invitations import store as store_of_invitations
from school_events.invitations.audience import Audience
from school_events.invitations.model import invitation_id
from tests.support.booked_world import ALL_PUPILS, UNASKED, a_school_with_families, as_parent, book
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.http_events import LambdaContext, http_event, json_of, sqs_event
from tests.support.people import link_told, portal_message, tell
from tests.support.sweeping import housekept_until
from tests.support.tables import messages, rows
from tests.unit.functions.events.asking import CALENDAR, CLUB, EVENT, call, made, published

SOON = NOW + timedelta(minutes=1)
EVERYBODY = ["contact-1", "contact-2", "contact-3", "contact-4"]
SESSIONS = f"{EVENT}/sessions"
CANCEL = f"POST {SESSIONS}/{{session_id}}/cancel"


@pytest.fixture
def club(tables: None) -> str:
    """A club with the children of two families in it, the first two of one; ``pupil-4`` has not answered."""
    a_school_with_families()
    housekept_until(NOW)
    tell(portal_message("TermCalendarUpdated", {"calendar": CALENDAR}))
    with time_machine.travel(NOW, tick=False):
        event_id = published(CLUB | {"capacity": 5})
    invitations.invite(a_context(), UNASKED, event_id, Audience.model_validate({"pupils": ALL_PUPILS}))
    event = find_event(SCHOOL, event_id)
    book(event, "pupil-1", "pupil-2")
    book(event, "pupil-3", parent=3)
    return event_id


def _change(event_id: str, route: str = CANCEL, body: object = None, session_id: str = "session_002") -> int:
    headers = {"If-Match": f'"{find_event(SCHOOL, event_id).version}"'}
    path = {"event_id": event_id} | ({"session_id": session_id} if "{session_id}" in route else {})
    with time_machine.travel(NOW, tick=False):
        answer = event_sessions(http_event(route, path, body, headers=headers), LambdaContext())
    return int(answer["statusCode"])


def _run(at: datetime = SOON, remaining_ms: int = 55_000) -> int:
    with time_machine.travel(at, tick=False):
        return lambda_handler({}, LambdaContext(remaining_ms=remaining_ms))["news"]


def _deliver() -> list[Telling]:
    """Hand what is queued to the notifications function; says what that was."""
    with time_machine.travel(SOON, tick=False):  # a queue forgets after days what was sent at the tests' moment
        queued = messages("notifications")
        for body in queued:
            assert not notifications(sqs_event(body), LambdaContext())["batchItemFailures"]
    return [Telling.model_validate(body) for body in queued]


def _told() -> list[str]:
    """Whose inboxes say that something changed, once for each entry."""
    entries = [row for row in rows("Inbox") if row["kind"]["S"] == "inbox_entry"]
    changed = [row for row in entries if json.loads(row["record"]["S"])["kind"] == "changed"]
    return sorted(row["pk"]["S"].rpartition("#")[2] for row in changed)


def _news() -> int:
    return len([row for row in rows("Events") if row["kind"]["S"] == "news"])


def test_every_family_is_told_once_whether_it_has_booked_or_not_answered(club: str) -> None:
    assert _change(club) == 200
    assert _run() == 1
    assert {(one.kind, one.thing, one.thing_id, one.pupil_id) for one in _deliver()} == {
        ("changed", "event", club, pupil_id) for pupil_id in ALL_PUPILS
    }
    assert _told() == EVERYBODY
    assert (_news(), _run(SOON + timedelta(minutes=1))) == (0, 0)


def test_moving_and_adding_are_told_too_each_change_once(club: str) -> None:
    times = {"starts_at": "15:30", "ends_at": "16:30"}
    assert _change(club, f"POST {SESSIONS}", times | {"day": "2027-05-13"}) == 201
    assert _change(club, f"PUT {SESSIONS}/{{session_id}}", times | {"day": "2027-05-14"}) == 200
    assert _run() == 2
    _deliver()
    assert _told() == sorted(2 * EVERYBODY)


def test_of_a_draft_and_of_what_was_refused_there_is_no_news(club: str) -> None:
    with time_machine.travel(NOW, tick=False):
        draft = made(CLUB)
    assert _change(draft) == 200
    assert _change(club, session_id="session_099") == 404
    assert _news() == 0


def _decline(club: str, number: int) -> None:
    invitations.decline(as_parent(number), invitation_id(club, f"pupil-{number}"))


def test_who_has_booked_without_an_invitation_is_told_too(club: str) -> None:
    store_of_invitations.delete_unchanged(next(store_of_invitations.items_of_pupil(SCHOOL, "pupil-3")))
    _change(club)
    _run()
    assert "pupil-3" in {one.pupil_id for one in _deliver()}


def test_who_declined_is_not_told_nor_who_lost_the_child_meanwhile(club: str) -> None:
    (third,) = (one for one in store.bookings_of_event(SCHOOL, club) if one.pupil_id == "pupil-3")
    cancelling.cancel(a_context(), third)
    _decline(club, 3)
    _decline(club, 4)
    _change(club)
    _run()
    tell(*(link_told("contact-2", f"pupil-{number}", restricted=True, version=2) for number in (1, 2)))
    _deliver()
    assert _told() == ["contact-1"]


def test_wherever_the_telling_is_killed_the_next_run_tells_everybody_once(club: str) -> None:
    _change(club)
    points = 0
    while _is_killed(points):
        points += 1
    assert points > 7
    assert len(_deliver()) > len(ALL_PUPILS)
    assert _told() == EVERYBODY
    assert _news() == 0


def test_a_telling_that_was_killed_goes_on_where_it_had_come_to(club: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "AT_ONCE", 1)
    _change(club)
    queued: list[str | None] = []
    point = 0
    while _is_killed(point):
        queued += [one["pupil_id"] for one in messages("notifications")]
        point += 1
    queued += [one["pupil_id"] for one in messages("notifications")]
    assert queued == sorted(queued, key=str)
    assert {queued.count(pupil_id) for pupil_id in ALL_PUPILS} <= {1, 2}
    assert _news() == 0


def test_a_run_whose_time_is_over_leaves_the_rest_to_the_next(club: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "AT_ONCE", 1)
    _change(club)
    time_for_two = iter([True, True, False])
    chores.tell_news(SOON, lambda: next(time_for_two))
    assert [one["pupil_id"] for one in messages("notifications")] == ["pupil-1", "pupil-2"]
    chores.tell_news(SOON, lambda: True)
    assert [one["pupil_id"] for one in messages("notifications")] == ["pupil-3", "pupil-4"]
    assert _news() == 0


def _is_killed(point: int) -> bool:
    """Tell what is due, killed before one of the calls, a message each; whether it came so far as to be."""
    calls, whole = Calls(stop_before=point), gateway.tell

    def one_by_one(tellings: Iterable[Telling]) -> None:
        for telling in tellings:
            calls.make("SendMessage", partial(whole, [telling]))

    try:
        with watched(calls), pytest.MonkeyPatch.context() as patch:
            patch.setattr(gateway, "tell", one_by_one)
            chores.tell_news(SOON, lambda: True)
    except Killed:
        return True
    return False


def test_a_queue_that_takes_only_a_part_gets_all_of_it_again(club: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = gateway.tell

    def only_one(tellings: Iterable[Telling]) -> None:
        whole([next(iter(tellings))])
        raise TryAgain

    _change(club)
    with monkeypatch.context() as patch:
        patch.setattr(gateway, "tell", only_one)
        assert _run() == 1
    assert _news() == 1
    assert _run(SOON + chores.PUT_OFF) == 1
    assert len(_deliver()) == 1 + len(ALL_PUPILS)
    assert _told() == EVERYBODY


def test_with_no_time_left_the_news_waits(club: str) -> None:
    _change(club)
    assert _run(remaining_ms=20_000) == 0
    assert messages("notifications") == []
    assert _run(SOON + timedelta(minutes=1)) == 1


def test_the_family_reads_what_changed_from_its_inbox(club: str) -> None:
    _change(club)
    _run()
    _deliver()
    route = "GET /v1/schools/{school_id}/me/inbox"
    with time_machine.travel(SOON, tick=False):
        answer = family(http_event(route, roles=("parent",), person="contact-3"), LambdaContext())
    (entry,) = (one for one in json_of(answer)["items"] if one["kind"] == "changed")
    assert (entry["thing"], entry["thing_id"], entry["event_title"]) == ("event", club, "Chess")


def test_an_event_is_told_of_once_when_what_it_says_changes(club: str) -> None:
    headers = {"If-Match": f'"{find_event(SCHOOL, club).version}"'}
    with time_machine.travel(NOW, tick=False):
        assert call(f"PATCH {EVENT}", club, {"location": "The hall"}, headers=headers)["statusCode"] == 200
    assert _run() == 1
    assert _run(SOON + timedelta(minutes=1)) == 0
    _deliver()
    assert _told() == EVERYBODY


def test_a_draft_that_changes_is_nobodys_news(tables: None) -> None:
    a_school_with_families()
    tell(portal_message("TermCalendarUpdated", {"calendar": CALENDAR}))
    with time_machine.travel(NOW, tick=False):
        draft = made(CLUB)
        headers = {"If-Match": '"1"'}
        assert call(f"PATCH {EVENT}", draft, {"location": "The hall"}, headers=headers)["statusCode"] == 200
    assert not [row for row in rows("Events") if row["kind"]["S"] == "news"]
