"""Consents: a receipt for each word, both parents apart, asked again after a change, taken back as easily (D3)."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from functions.notifications.handler import lambda_handler as notifications
from school_events.bookings import consequences, news
from school_events.bookings.consents import store
from school_events.bookings.consents.model import Receipt
from school_events.bookings.consents.store import receipts_of as consents_of_booking
from school_events.bookings.store import BookingItem, find_booking
from school_events.core.consequences import ToShow
from school_events.core.context import Actor
from school_events.events.news.store import due_news
from school_events.notifications.store import entries
from tests.support import crashes
from tests.support.booked_world import a_school_with_families
from tests.support.club_world import FIRST as FIRST_SESSION
from tests.support.club_world import SECOND, a_club, a_term
from tests.support.contexts import NOW, SCHOOL
from tests.support.http_events import LambdaContext, sqs_event
from tests.support.people import contact_told, link_told, portal_message, tell
from tests.support.tables import everything, messages, rows
from tests.unit.functions.booking_answers.asking import (
    ADMIN,
    ALLOCATED,
    ANSWERS,
    CONSENTS,
    FATHER,
    FILLED,
    GOES,
    LUNCH,
    MOTHER,
    NEIGHBOUR,
    PHOTOS,
    ROUTE,
    SECRET,
    STRANGER,
    a_trip,
    answered,
    ask,
    booked,
    changed,
    tag_of,
    values,
    version_of,
)

pytestmark = pytest.mark.usefixtures("tables")

FIRST = {"goes": "yes", "photos": "no", "lunch": "packed"}


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_school_with_families()
    with time_machine.travel(NOW, tick=False):
        yield


def _booked(**others: Any) -> tuple[Any, str]:
    event = a_trip(GOES, PHOTOS, LUNCH)
    return event, booked(event, FIRST, **others)


def _seen(booking_id: str, caller: Mapping[str, Any] = MOTHER) -> dict[str, Any]:
    status, body = ask(CONSENTS, caller, booking_id=booking_id)
    assert status == 200
    seen: dict[str, Any] = body
    return seen


def _said(consents: list[dict[str, Any]]) -> list[tuple[str, bool, int, bool]]:
    return [(one["question_id"], one["given"], one["form_version"], one["stands"]) for one in consents]


def test_a_receipt_says_who_when_to_which_words_of_which_version_yes_or_no() -> None:
    event, booking_id = _booked()
    (receipt,) = store.receipts_of(SCHOOL, booking_id)
    assert (receipt.contact_id, receipt.at, receipt.form_version) == ("contact-1", NOW, version_of(event))
    words = {str(one["id"]): hashlib.sha256(str(one["prompt"]).encode()).hexdigest() for one in (GOES, PHOTOS)}
    assert {one.question_id: one.wording for one in receipt.consents} == words
    assert {one.question_id: one.given for one in receipt.consents} == {"goes": True, "photos": False}


def test_both_parents_stand_apart_and_see_of_each_other_only_where_they_stand() -> None:
    event, booking_id = _booked()
    before = _seen(booking_id, FATHER)
    assert (before["mine"], before["my_state"], before["other_parents"]) == ([], "unanswered", ["answered"])
    assert answered(event, booking_id, FATHER, {"goes": "yes", "photos": "yes"})[0] == 200
    father, mother = _seen(booking_id, FATHER), _seen(booking_id)
    version = version_of(event)
    assert _said(father["mine"]) == [("goes", True, version, True), ("photos", True, version, True)]
    assert _said(mother["mine"]) == [("goes", True, version, True), ("photos", False, version, True)]
    assert (father["other_parents"], mother["other_parents"]) == (["answered"], ["answered"])
    assert father["contacts"] is mother["contacts"] is None
    answers = find_booking(SCHOOL, booking_id).answers
    assert answers is not None
    assert answers.given_by == "contact-1"


def test_the_school_sees_who_said_what_and_the_words_and_that_is_noted() -> None:
    event, booking_id = _booked()
    answered(event, booking_id, FATHER, {"goes": "no"})
    for caller in (ADMIN, ALLOCATED):
        contacts = _seen(booking_id, caller)["contacts"]
        assert [(one["contact_id"], one["state"]) for one in contacts] == [
            ("contact-1", "answered"),
            ("contact-2", "withheld"),
        ]
        assert contacts[1]["consents"][0]["prompt"] == GOES["prompt"]
    assert [row["action"]["S"] for row in rows("Audit")].count("consents.read") >= 2
    for caller in (STRANGER, NEIGHBOUR):
        assert ask(CONSENTS, caller, booking_id=booking_id)[0] == 404


@pytest.mark.parametrize("caller", [MOTHER, FATHER])
def test_a_consent_is_taken_back_by_saying_no_and_the_place_stays(caller: Mapping[str, Any]) -> None:
    event, booking_id = _booked()
    answers = {"goes": "no"} if caller is FATHER else FIRST | {"goes": "no"}
    status, body = answered(event, booking_id, caller, answers)
    assert (status, body["consent_withdrawn"]) == (200, True)
    booking = find_booking(SCHOOL, booking_id)
    assert (booking.state, booking.consent_withdrawn) == ("confirmed", True)
    assert _seen(booking_id, caller)["my_state"] == "withheld"
    one = f"GET {ROUTE}/bookings/{{booking_id}}"
    shown = {
        who["person"]: ask(one, who, booking_id=booking_id)[1]["consent_withdrawn"] for who in (MOTHER, ADMIN, FATHER)
    }
    assert shown == {"contact-1": True, "staff-admin": True, "contact-2": None}
    status, body = answered(event, booking_id, caller, answers | {"goes": "yes"})
    assert (status, body["consent_withdrawn"]) == (200, False)
    said = [one for one in _said(_seen(booking_id, caller)["mine"]) if one[0] == "goes"]
    assert [(given, stands) for _, given, _, stands in said][-2:] == [(False, False), (True, True)]


def test_one_that_need_not_be_given_may_be_declined_but_taking_it_back_is_seen() -> None:
    event, booking_id = _booked()
    assert find_booking(SCHOOL, booking_id).consent_withdrawn is False
    answered(event, booking_id, answers=FIRST | {"photos": "yes"})
    assert answered(event, booking_id, answers=FIRST | {"photos": "no"})[1]["consent_withdrawn"] is True


def test_one_parents_yes_does_not_undo_the_others_no() -> None:
    event, booking_id = _booked()
    answered(event, booking_id, FATHER, {"goes": "no"})
    assert answered(event, booking_id, answers=FIRST)[1]["consent_withdrawn"] is True
    assert answered(event, booking_id, FATHER, {"goes": "yes"})[1]["consent_withdrawn"] is False


def test_after_a_material_change_the_family_answers_anew_and_what_was_said_stays() -> None:
    event, booking_id = _booked()
    old = version_of(event)
    changed(event, {"location": "Paris"})
    assert (_seen(booking_id)["consent_outdated"], _seen(booking_id)["my_state"]) == (True, "outdated")
    assert answered(event, booking_id, answers=FIRST, form_version=old)[0] == 409
    assert answered(event, booking_id, answers=FIRST)[0] == 200
    seen = _seen(booking_id)
    assert (seen["consent_outdated"], seen["my_state"]) == (False, "answered")
    assert _said(seen["mine"]) == [
        ("goes", True, old, False),
        ("photos", False, old, False),
        ("goes", True, version_of(event), True),
        ("photos", False, version_of(event), True),
    ]


def _told() -> dict[str, tuple[str, str]]:
    """What families are told of the event's changes, by child."""
    for change in list(due_news(NOW + timedelta(minutes=1))):
        news.tell(change, lambda: True)
    return {one["pupil_id"]: (one["kind"], one["thing_id"]) for one in messages("notifications")}


def test_a_family_with_a_place_is_asked_once_to_answer_anew_and_others_are_told_of_the_change() -> None:
    event, booking_id = _booked()
    changed(event, {"location": "Paris"})
    told = _told()
    assert told.pop("pupil-1") == ("consent_asked", booking_id)
    assert set(told.values()) == {("changed", event.id)}
    changed(event, {"title": "Louvre"})
    assert set(_told().values()) == {("changed", event.id)}
    changed(event, {"location": "Lyon"})
    answered(event, booking_id, answers=FIRST)
    assert _told()["pupil-1"] == ("changed", event.id), "they have answered meanwhile"


def test_a_family_with_several_places_is_asked_as_long_as_one_of_them_lacks_an_answer() -> None:
    a_term()
    event = a_club(capacity=4, form={"questions": [dict(GOES)]})
    sessions = [{"pupil_id": "pupil-1", "session_id": one} for one in (FIRST_SESSION, SECOND)]
    items = [one | {"answers": {"goes": "yes"}, "form_version": version_of(event)} for one in sessions]
    _, made = ask(f"POST {ROUTE}/bookings", MOTHER, {"event_id": event.id, "items": items})
    first, second = made["booking_ids"]
    changed(event, {"location": "Library"})
    answered(event, second, answers={"goes": "yes"})
    assert _told()["pupil-1"] == ("consent_asked", first)


def test_who_is_asked_anew_for_two_children_is_asked_for_each_in_a_message_of_its_own() -> None:
    event, booking_id = _booked()
    item = {"pupil_id": "pupil-2", "answers": FIRST, "form_version": version_of(event)}
    _, made = ask(f"POST {ROUTE}/bookings", MOTHER, {"event_id": event.id, "items": [item]})
    changed(event, {"location": "Paris"})
    for change in list(due_news(NOW + timedelta(minutes=1))):
        news.tell(change, lambda: True)
    for body in messages("notifications"):
        assert notifications(sqs_event(body), LambdaContext()) == {"batchItemFailures": []}
    inbox = [one for one in entries(SCHOOL, Actor("contact", "contact-1")) if one.kind == "consent_asked"]
    named = sorted((one.pupil_id, one.thing_id, one.others) for one in inbox)
    assert named == [("pupil-1", booking_id, ()), ("pupil-2", made["booking_ids"][0], ())]


def test_a_consent_taken_back_is_shown_at_once_to_who_works_at_the_event() -> None:
    event, booking_id = _booked()
    answered(event, booking_id, answers=FIRST | {"goes": "no"})
    (row,) = [row for row in rows("Bookings") if row["sk"]["S"] == "BOOKING"]
    item = BookingItem.from_raw_data(row)
    followed = consequences.of(item)
    assert followed is not None
    assert (item.change.action, followed.to_show) == ("booking.consent_withdrawn", ToShow(event.id, "changed"))
    answered(event, booking_id, answers=FIRST | {"goes": "no", "lunch": "school"})
    assert store.receipts_of(SCHOOL, booking_id)[-1].consents[0].given is False


def test_what_the_other_parent_answered_while_who_booked_was_shut_out_stays_theirs() -> None:
    event, booking_id = _booked()
    tell(link_told("contact-1", restricted=True, version=2))
    assert answered(event, booking_id, FATHER, FIRST | {"lunch": "school"})[0] == 200
    tell(link_told("contact-1", version=3))
    one = f"GET {ROUTE}/bookings/{{booking_id}}"
    seen = {who["person"]: ask(one, who, booking_id=booking_id) for who in (MOTHER, FATHER, ADMIN)}
    assert {who: (status, bool(body["answers"]), body["mine"]) for who, (status, body) in seen.items()} == {
        "contact-1": (200, False, True),
        "contact-2": (200, True, False),
        "staff-admin": (200, True, False),
    }
    assert ask(ANSWERS, MOTHER, booking_id=booking_id)[0] == 404


def test_what_the_other_parent_says_is_in_the_refresh_of_who_has_taken_over_from_who_booked() -> None:
    event, booking_id = _booked()
    content = {"contact_id": "contact-1", "merged_into": "contact-5"}
    merged = portal_message("ContactRemoved", content, version=2)
    tell(contact_told("contact-5"), link_told("contact-5", "pupil-1"), merged)
    earlier = [row["sk"] for row in rows("Inbox")]
    assert answered(event, booking_id, FATHER, {"goes": "yes"})[0] == 200
    new = [row["pk"]["S"].rsplit("#", 1)[1] for row in rows("Inbox") if row["sk"] not in earlier]
    assert sorted(new) == ["contact-2", "contact-5"]


def test_what_staff_read_of_a_booking_s_answers_is_noted_there_too() -> None:
    _, booking_id = _booked()
    one = f"GET {ROUTE}/bookings/{{booking_id}}"
    for caller in (MOTHER, FATHER, ALLOCATED):
        assert ask(one, caller, booking_id=booking_id)[0] == 200
    (line,) = [row for row in rows("Audit") if row["action"]["S"] == "answers.read"]
    assert (line["subject"]["S"], line["actor_kind"]["S"]) == (booking_id, "staff")


def test_the_school_cannot_consent_for_a_family_which_is_asked_afterwards() -> None:
    event = a_trip(GOES, PHOTOS, LUNCH)
    item = {"pupil_id": "pupil-1", "answers": FIRST, "form_version": version_of(event)}
    body = {"event_id": event.id, "items": [item], "on_behalf_of": "contact-1"}
    status, problem = ask(f"POST {ROUTE}/bookings", ADMIN, body)
    assert (status, [one["field"] for one in problem["errors"]]) == (
        422,
        ["items.0.answers.goes", "items.0.answers.photos"],
    )
    item = {"pupil_id": "pupil-1", "answers": {"lunch": "packed"}}
    status, made = ask(f"POST {ROUTE}/bookings", ADMIN, body | {"items": [item]})
    assert status == 201
    booking_id = made["booking_ids"][0]
    assert (_seen(booking_id)["consent_outdated"], _seen(booking_id)["my_state"]) == (True, "unanswered")
    assert answered(event, booking_id, answers=FIRST)[0] == 200
    assert _seen(booking_id)["consent_outdated"] is False


def test_the_other_parent_answers_nothing_but_consents() -> None:
    event, booking_id = _booked()
    before = everything()
    status, problem = answered(event, booking_id, FATHER, {"goes": "yes", "lunch": "school"}, tag='"1"')
    assert (status, [one["field"] for one in problem["errors"]]) == (422, ["answers.lunch"])
    status, problem = answered(event, booking_id, FATHER, {}, tag='"1"')
    assert (status, [one["field"] for one in problem["errors"]]) == (422, ["answers"])
    status, problem = answered(event, booking_id, FATHER, {"goes": ["yes"]}, tag='"1"')
    assert (status, [one["field"] for one in problem["errors"]]) == (422, ["answers.goes"])
    assert [row for table in ("Bookings", "Inbox") for row in everything()[table]] == [
        row for table in ("Bookings", "Inbox") for row in before[table]
    ]


def test_when_who_booked_may_not_see_the_child_any_more_the_booking_is_the_other_parents_to_answer() -> None:
    event = a_trip()
    booking_id = booked(event)
    tell(link_told("contact-1", "pupil-1", restricted=True, version=2))
    assert answered(event, booking_id, MOTHER)[0] == 404
    assert ask(ANSWERS, FATHER, booking_id=booking_id)[0] == 404
    assert answered(event, booking_id, FATHER, {**FILLED, "which": "Nothing much"})[0] == 200
    assert values(ask(ANSWERS, FATHER, booking_id=booking_id)[1])["which"] == "Nothing much"
    assert ask(ANSWERS, MOTHER, booking_id=booking_id)[0] == 404


def test_who_answers_an_older_state_of_the_booking_is_told_and_nothing_is_lost() -> None:
    event, booking_id = _booked()
    seen_by_both = tag_of(booking_id)
    assert answered(event, booking_id, FATHER, {"goes": "no"}, tag=seen_by_both)[0] == 200
    assert answered(event, booking_id, answers=FIRST, tag=seen_by_both)[0] == 412
    assert find_booking(SCHOOL, booking_id).consent_withdrawn is True


def test_the_same_request_again_gives_the_same_answer_and_leaves_one_receipt() -> None:
    event, booking_id = _booked()
    tag = tag_of(booking_id)
    answers = FIRST | {"photos": "yes"}
    first = answered(event, booking_id, answers=answers, tag=tag, key="key-1")
    again = answered(event, booking_id, answers=answers, tag=tag, key="key-1")
    assert first == again
    assert len(store.receipts_of(SCHOOL, booking_id)) == 2
    assert answered(event, booking_id, answers=FIRST, tag=tag, key="key-1")[0] == 422
    assert answered(event, booking_id, answers=answers)[0] == 200
    assert len(store.receipts_of(SCHOOL, booking_id)) == 2, "nothing new was said"


def test_killed_anywhere_an_answer_is_kept_with_its_receipt_or_not_at_all() -> None:
    event = a_trip()
    booking_id = booked(event)
    calls = crashes.Calls()
    with crashes.watched(calls):
        answered(event, booking_id, answers={**FILLED, "photos": "yes"}, tag='"1"')
    for turn, point in enumerate(calls.points()):
        photos = ("no", "yes")[turn % 2]
        tag, before = tag_of(booking_id), len(store.receipts_of(SCHOOL, booking_id))
        answers = {**FILLED, "photos": photos, "which": f"Cough {turn}"}
        with crashes.watched(crashes.Calls(stop_before=point)), pytest.raises(crashes.Killed):
            answered(event, booking_id, answers=answers, tag=tag, key=f"key-{turn}")
        status, _ = answered(event, booking_id, answers=answers, tag=tag, key=f"key-{turn}")
        assert status == 200
        assert values(ask(ANSWERS, MOTHER, booking_id=booking_id)[1])["which"] == f"Cough {turn}"
        assert len(store.receipts_of(SCHOOL, booking_id)) == before + 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"form_version": None}, "form_version"),
        ({"answers": {"goes": 1}}, "answers.goes"),
        ({"answers": {"other": "x"} | FIRST}, "answers.other"),
        ({"answers": {"goes": "yes"}}, "answers.lunch"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_by_field(body: dict[str, Any], field: str) -> None:
    event, booking_id = _booked()
    asked = {"form_version": version_of(event), "answers": FIRST} | body
    before = everything()
    status, problem = ask(
        f"PUT {ROUTE}/bookings/{{booking_id}}/answers",
        MOTHER,
        asked,
        booking_id=booking_id,
        headers={"If-Match": '"1"'},
    )
    assert (status, [one["field"] for one in problem["errors"]]) == (422, [field])
    assert everything() == before
    assert SECRET not in str(problem)


def test_a_booking_that_has_ended_is_not_answered() -> None:
    event, booking_id = _booked()
    assert ask(f"POST {ROUTE}/bookings/{{booking_id}}/cancel", MOTHER, booking_id=booking_id)[0] == 200
    before = everything()
    assert answered(event, booking_id, answers=FIRST, tag='"2"')[0] == 409
    assert everything() == before


def test_a_link_cut_in_the_midst_of_an_answer_keeps_it_from_being_written(monkeypatch: pytest.MonkeyPatch) -> None:
    event, booking_id = _booked()
    find, tag = consents_of_booking, tag_of(booking_id)
    before = [row for row in rows("Bookings") if row["pk"]["S"].endswith(booking_id)]

    def cut_and_find(*named: str) -> list[Receipt]:
        tell(link_told("contact-2", "pupil-1", restricted=True, version=2))
        return find(*named)

    monkeypatch.setattr(store, "receipts_of", cut_and_find)
    assert answered(event, booking_id, FATHER, {"goes": "no"}, tag=tag)[0] == 404
    assert [row for row in rows("Bookings") if row["pk"]["S"].endswith(booking_id)] == before
