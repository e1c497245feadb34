"""Who may see who is booked and who is expected, how lists are paged, and what of it is in the audit log."""

from collections.abc import Mapping
from typing import Any

import pytest

from school_events.bookings import cancelling, store
from school_events.core.change import stamp
from school_events.core.dynamodb import Transaction
from school_events.events.model import SchoolEvent
from tests.support.booked_world import an_event, as_parent, book, booking_of
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, watched
from tests.support.http_events import json_of
from tests.support.people import contact_told, portal_message, pupil_told, school_told, tell
from tests.support.tables import everything, rows
from tests.unit.functions.registers.asking import (
    ADMIN,
    ALLOCATED,
    ATTENDEES,
    COLLECTORS,
    FINANCE,
    MARK,
    PARENT,
    REGISTER,
    STRANGER,
    a_mark,
    ask,
    read,
    send,
)

ROUTES = pytest.mark.parametrize("route", [ATTENDEES, REGISTER, COLLECTORS, MARK])


@ROUTES
@pytest.mark.parametrize(
    ("caller", "status"), [(PARENT, 403), (FINANCE, 403), (STRANGER, 404), (ALLOCATED, 200), (ADMIN, 200)]
)
def test_children_are_for_the_staff_of_the_event(
    event: SchoolEvent, route: str, caller: Mapping[str, Any], status: int
) -> None:
    body = {"marks": [a_mark("m1")]} if route == MARK else None
    before = everything()
    assert ask(route, event, caller, body)["statusCode"] == status
    if status != 200:
        assert everything() == before


def test_the_list_has_holds_too_and_the_register_only_who_is_coming(event: SchoolEvent) -> None:
    paid = an_event()
    book(paid, "pupil-2", "pupil-1", now=NOW)
    listed = read(ATTENDEES, paid)[1]["items"]
    assert [(one["first_name"], one["state"]) for one in listed] == [("Name2", "pending"), ("Name1", "pending")]
    assert read(REGISTER, paid)[1]["expected"] == []
    assert [one["pupil_id"] for one in read(REGISTER, event)[1]["expected"]] == ["pupil-1", "pupil-2", "pupil-3"]


def test_who_booked_is_for_administrators_and_what_it_costs_for_neither(event: SchoolEvent) -> None:
    (seen, *_), (also, *_) = (read(ATTENDEES, event, caller)[1]["items"] for caller in (ALLOCATED, ADMIN))
    assert (seen["booked_by"], also["booked_by"]) == (None, "contact-1")
    assert {name: value for name, value in also.items() if name != "booked_by"} == {
        name: value for name, value in seen.items() if name != "booked_by"
    }
    assert not {"price", "payment_id", "due_later", "answers"} & set(also)
    assert (seen["session_id"], seen["slot_id"], seen["over_capacity"]) == (None, None, False)


def test_who_has_taken_a_consent_back_is_shown_as_such(event: SchoolEvent) -> None:
    (booking,) = [one for one in store.bookings_of_event(SCHOOL, event.id) if one.pupil_id == "pupil-3"]
    after, transaction = booking.model_copy(update={"consent_withdrawn": True}), Transaction(a_context())
    store.replace(transaction, SCHOOL, booking, after, stamp(a_context(), "booking.consent_withdrawn"))
    transaction.commit()
    for listed in (read(ATTENDEES, event)[1]["items"], read(REGISTER, event)[1]["expected"]):
        assert {one["pupil_id"] for one in listed if one["consent_withdrawn"]} == {"pupil-3"}


def test_who_has_left_the_school_is_shown_as_such_while_the_place_is_the_schools_to_cancel(event: SchoolEvent) -> None:
    """H1."""
    tell(portal_message("PupilLeft", {"pupil_id": "pupil-3", "left_on": "2026-12-01"}, version=2))
    for listed in (read(ATTENDEES, event)[1]["items"], read(REGISTER, event)[1]["expected"]):
        assert {one["pupil_id"]: one["left_on"] for one in listed} == {
            "pupil-1": None,
            "pupil-2": None,
            "pupil-3": "2026-12-01",
        }


def test_who_has_given_the_place_up_is_neither_listed_nor_expected(event: SchoolEvent) -> None:
    booked = book(event, "pupil-4", parent=4)
    cancelling.cancel(as_parent(4), booking_of(booked))
    assert {one["pupil_id"] for one in read(ATTENDEES, event)[1]["items"]} == {"pupil-1", "pupil-2", "pupil-3"}
    assert "pupil-4" not in {one["pupil_id"] for one in read(REGISTER, event)[1]["expected"]}


def test_the_list_comes_in_pages_none_twice_and_none_missing(event: SchoolEvent) -> None:
    status, first = read(ATTENDEES, event, query={"limit": "2"})
    assert (status, len(first["items"])) == (200, 2)
    _, second = read(ATTENDEES, event, query={"limit": "2", "cursor": first["next_cursor"]})
    assert second["next_cursor"] is None
    seen = [one["pupil_id"] for one in (*first["items"], *second["items"])]
    assert seen == ["pupil-2", "pupil-1", "pupil-3"]


def test_of_many_who_gave_their_places_up_a_page_looks_at_some_and_its_cursor_leads_on(
    event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        cancelling.cancel(as_parent(4), booking_of(book(event, "pupil-4", parent=4)))
    book(event, "pupil-4", parent=4)
    monkeypatch.setattr(store, "MOST_LOOKED_AT", 3)
    pages = [read(ATTENDEES, event, query={"limit": "2"})[1]]
    while pages[-1]["next_cursor"]:
        with watched(Calls()) as calls:
            pages.append(read(ATTENDEES, event, query={"limit": "2", "cursor": pages[-1]["next_cursor"]})[1])
        assert calls.names.count("Query") <= 1 + 2, "of the caller, and of the list"
    seen = [[one["pupil_id"] for one in page["items"]] for page in pages]
    assert seen == [["pupil-2", "pupil-1"], ["pupil-3"], [], ["pupil-4"]]


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"cursor": "junk"}])
def test_a_page_that_makes_no_sense_is_refused_by_field(event: SchoolEvent, query: dict[str, str]) -> None:
    status, problem = read(ATTENDEES, event, query=query)
    assert (status, [one["field"] for one in problem["errors"]]) == (422, list(query))


def test_a_cursor_of_one_event_is_none_of_another(event: SchoolEvent) -> None:
    cursor = read(ATTENDEES, event, query={"limit": "1"})[1]["next_cursor"]
    assert read(ATTENDEES, an_event(), query={"cursor": cursor})[0] == 422


@pytest.mark.parametrize(
    ("route", "action"),
    [(REGISTER, "register.read"), (ATTENDEES, "attendees.read"), (COLLECTORS, "collectors.read")],
)
def test_reading_a_list_of_children_is_in_the_audit_log_without_names(
    event: SchoolEvent, route: str, action: str
) -> None:
    ask(route, event, ALLOCATED)
    ask(route, event, STRANGER)
    (line,) = [row for row in rows("Audit") if row["action"]["S"] == action]
    aliases = {row["pk"]["S"]: row["alias"]["S"] for row in rows("People") if row["sk"]["S"] == "ALIAS"}
    assert (line["subject"]["S"], line["actor"]["S"]) == (event.id, aliases["SCH#school-1#ALIAS#staff#staff-1"])
    assert not {"staff-1", "Name1", "O'Connor", "pupil-1"} & {
        str(value) for one in line.values() for value in one.values()
    }


def test_a_school_that_withholds_names_and_years_still_has_registers(event: SchoolEvent) -> None:
    tell(
        school_told(categories=["pupil_name", "staff"], version=2),
        *(pupil_told(one, version=2) for one in ("pupil-1", "pupil-2", "pupil-3")),
        *(contact_told(f"contact-{number}", version=2) for number in (1, 2, 3)),
    )
    status, register = read(REGISTER, event)
    assert (status, {one["year_group"] for one in register["expected"]}) == (200, {None})
    status, collectors = read(COLLECTORS, event)
    assert (status, {one["name"] for child in collectors["items"] for one in child["may_collect"]}) == (200, {""})


def test_a_register_that_has_not_changed_is_not_sent_again_nor_noted_as_read(event: SchoolEvent) -> None:
    first = ask(REGISTER, event, ALLOCATED)
    tag = first["headers"]["ETag"]
    again = ask(REGISTER, event, ALLOCATED, headers={"If-None-Match": f'"old", W/{tag}'})
    assert (again["statusCode"], again["body"], again["headers"]["ETag"]) == (304, "", tag)
    assert len([row for row in rows("Audit") if row["action"]["S"] == "register.read"]) == 1
    send(event, a_mark("m1"))
    changed = ask(REGISTER, event, ALLOCATED, headers={"If-None-Match": tag})
    assert (changed["statusCode"], changed["headers"]["ETag"] != tag) == (200, True)
    assert json_of(changed)["expected"][0]["mark"]["id"] == "m1"
