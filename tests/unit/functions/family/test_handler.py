"""The caller's own, asked for as API Gateway asks: their things as they are now, and nobody else's."""

from collections.abc import Mapping
from typing import Any

import pytest

from functions.family.handler import api, lambda_handler
from school_events.bookings import cancelling
from school_events.core.consequences import Telling
from school_events.events.model import SchoolEvent
from school_events.notifications import store
from school_events.notifications.rules import entry_of
from school_events.notifications.service import deliver
from tests.support import booked_world as world
from tests.support.contexts import PARENT, SCHOOL
from tests.support.http_events import LambdaContext, claims, http_event, json_of
from tests.support.people import a_small_school, link_told, school_told, staff_told, tell
from tests.support.tables import everything, rows

ME = "/v1/schools/{school_id}/me"


def call(
    route: str,
    *,
    person: str = "contact-1",
    roles: tuple[str, ...] = ("parent",),
    status: int = 200,
    **request: Any,
) -> Any:
    """The body of an answer that must have this status."""
    answer = lambda_handler(http_event(route, roles=roles, person=person, **request), LambdaContext())
    assert answer["statusCode"] == status, answer
    return json_of(answer)


def a_telling(event_id: str = "event-1", change: str = "change-1", **others: Any) -> Telling:
    told = {
        "school_id": SCHOOL,
        "change_id": change,
        "kind": "invited",
        "occurred_at": "2026-11-23T08:59:00.000Z",
        "pupil_id": "pupil-1",
        "event_id": event_id,
        "thing": "invitation",
        "thing_id": f"{event_id}~pupil-1",
    }
    return Telling.model_validate(told | others)


def tell_family(event: SchoolEvent, change: str = "change-1", kind: str = "invited") -> None:
    deliver(world.as_system(), a_telling(event.id, change, kind=kind))


def fill_inbox(how_many: int) -> None:
    """Entries of one second after another in the mother's inbox."""
    for number in range(how_many):
        telling = a_telling(change=f"change-{number}", occurred_at=f"2026-11-23T08:00:{number:02}.000Z")
        entry = entry_of(telling, PARENT.id)
        key = store.entry_key(SCHOOL, PARENT, entry.id)
        store.EntryItem(key.pk, key.sk, record=entry).save()


@pytest.fixture
def event(tables: None) -> SchoolEvent:
    """A trip at £12.50 with a form, to which everybody is invited."""
    world.a_school_with_families()
    consent = {"id": "consent", "kind": "consent", "prompt": "I agree", "required": False}
    return world.an_event(questions=[consent])


@pytest.fixture
def school(tables: None) -> None:
    """A mother of one child, and two members of staff."""
    a_small_school()


class TestWhoAmI:
    def test_a_parent_sees_their_school_and_their_children(self, event: SchoolEvent) -> None:
        [mine] = call("GET /v1/me")["memberships"]
        assert mine["school_name"] == "St Brigid's School"
        assert (mine["kind"], mine["person_id"], mine["roles"]) == ("contact", "contact-1", ["parent"])
        assert [child["id"] for child in mine["children"]] == ["pupil-1", "pupil-2"]
        assert set(mine["children"][0]) == {
            "id", "first_name", "last_name", "year_group", "registration_group", "state"
        }  # fmt: skip

    def test_a_member_of_staff_sees_who_they_are_and_no_children(self, school: None) -> None:
        [mine] = call("GET /v1/me", person="staff-1", roles=("staff",))["memberships"]
        assert (mine["kind"], mine["name"], mine["children"]) == ("staff", "Zoë Adeyemi", [])

    def test_a_cut_link_hides_the_child_at_once(self, event: SchoolEvent) -> None:
        tell(link_told("contact-1", "pupil-2", restricted=True, version=2))
        [mine] = call("GET /v1/me")["memberships"]
        assert [child["id"] for child in mine["children"]] == ["pupil-1"]

    def test_children_in_two_schools_stand_under_their_schools(self, event: SchoolEvent) -> None:
        both = claims((SCHOOL, "contact-1", ["parent"]), (SCHOOL, "contact-3", ["parent"]))
        found = call("GET /v1/me", claimed=both)["memberships"]
        assert [[child["id"] for child in one["children"]] for one in found] == [["pupil-1", "pupil-2"], ["pupil-3"]]

    def test_what_the_school_no_longer_confirms_is_left_out(self, school: None) -> None:
        gone = claims((SCHOOL, "staff-9", ["staff"]), ("school-9", "staff-1", ["staff"]))
        assert call("GET /v1/me", claimed=gone) == {"memberships": []}

    def test_without_a_second_factor_nothing_but_the_membership_is_shown(self, event: SchoolEvent) -> None:
        without = claims((SCHOOL, "contact-1", ["parent"]), mfa=False)
        [mine] = call("GET /v1/me", claimed=without)["memberships"]
        assert (mine["access"], mine["children"], mine["name"]) == ("second_factor_needed", [], "")
        tell(school_told(parents_mfa_exempt=True, version=2))
        [mine] = call("GET /v1/me", claimed=without)["memberships"]
        assert (mine["access"], len(mine["children"])) == ("open", 2)


class TestInvitations:
    def test_an_invitation_comes_with_event_price_form_and_deadline(self, event: SchoolEvent) -> None:
        found = call(f"GET {ME}/invitations")["items"]
        assert [one["pupil_id"] for one in found] == ["pupil-1", "pupil-2"]
        shown = found[0]
        assert (shown["state"], shown["place"]) == ("invited", "none")
        assert shown["event"]["title"] == "Science Museum"
        assert shown["cost"]["price"] == shown["cost"]["due_now"] == {"amount": 1250, "currency": "gbp"}
        assert shown["event"]["form"]["questions"][0]["prompt"] == "I agree"
        assert shown["event"]["booking_window"]["closes_at"] == "2026-12-01T09:00:00Z"

    def test_the_other_parents_booking_is_seen_only_as_the_state_of_the_place(self, event: SchoolEvent) -> None:
        world.book(event, "pupil-1", parent=2, answers={"consent": "yes"})
        shown = call(f"GET {ME}/invitations")["items"][0]
        assert shown["place"] == "held"
        assert "contact-2" not in str(shown)

    def test_a_draft_is_not_shown(self, event: SchoolEvent) -> None:
        draft = world.a_draft()
        assert draft.id not in str(call(f"GET {ME}/invitations"))

    def test_a_cut_link_hides_the_invitations_at_once(self, event: SchoolEvent) -> None:
        tell(link_told("contact-1", "pupil-1", restricted=True, version=2))
        assert [one["pupil_id"] for one in call(f"GET {ME}/invitations")["items"]] == ["pupil-2"]


class TestBookings:
    def test_ones_own_booking_comes_with_its_money_and_without_its_answers(self, event: SchoolEvent) -> None:
        booked = world.book(event, "pupil-1", answers={"consent": "yes"})
        [shown] = call(f"GET {ME}/bookings")["items"]
        assert (shown["id"], shown["state"], shown["mine"]) == (booked.booking_ids[0], "pending", True)
        assert (shown["price"]["amount"], shown["payment_id"]) == (1250, booked.payment_id)
        assert shown["answers"] is None
        assert shown["event"]["title"] == "Science Museum"

    def test_of_the_other_parents_booking_only_the_state_is_shown(self, event: SchoolEvent) -> None:
        world.book(event, "pupil-1", parent=2)
        [shown] = call(f"GET {ME}/bookings")["items"]
        assert (shown["mine"], shown["state"]) == (False, "pending")
        assert (shown["price"], shown["payment_id"], shown["hold_until"]) == (None, None, None)

    def test_what_was_cancelled_is_still_shown_as_such(self, event: SchoolEvent) -> None:
        booked = world.book(world.an_event(price=0), "pupil-1")
        cancelling.cancel(world.as_parent(), world.booking_of(booked))
        assert [one["state"] for one in call(f"GET {ME}/bookings")["items"]] == ["cancelled"]

    def test_another_familys_bookings_are_not_shown(self, event: SchoolEvent) -> None:
        world.book(event, "pupil-3", parent=3)
        assert call(f"GET {ME}/bookings")["items"] == []


class TestInbox:
    def test_an_entry_is_shown_with_the_events_title(self, event: SchoolEvent) -> None:
        tell_family(event)
        [entry] = call(f"GET {ME}/inbox")["items"]
        assert (entry["kind"], entry["event_title"], entry["read_at"]) == ("invited", "Science Museum", None)
        assert entry["created_at"] == "2026-11-23T08:59:00Z"

    def test_the_inbox_comes_newest_first_in_pages(self, school: None) -> None:
        fill_inbox(60)
        first = call(f"GET {ME}/inbox")
        second = call(f"GET {ME}/inbox", query={"cursor": first["next_cursor"]})
        assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (50, 10, None)
        times = [entry["created_at"] for entry in first["items"] + second["items"]]
        assert times == sorted(times, reverse=True)

    def test_entries_of_a_child_whose_link_was_cut_are_hidden_at_once(self, event: SchoolEvent) -> None:
        tell_family(event)
        tell(link_told("contact-1", "pupil-1", restricted=True, version=2))
        assert call(f"GET {ME}/inbox")["items"] == []

    def test_another_persons_cursor_is_refused(self, school: None) -> None:
        fill_inbox(51)
        cursor = call(f"GET {ME}/inbox")["next_cursor"]
        refused = call(f"GET {ME}/inbox", person="contact-2", query={"cursor": cursor}, status=422)
        assert [one["field"] for one in refused["errors"]] == ["cursor"]

    def test_entries_are_read_by_id_once_and_others_stay_unread(self, event: SchoolEvent) -> None:
        tell_family(event, "change-1")
        tell_family(event, "change-2", "changed")
        ids = [entry["id"] for entry in call(f"GET {ME}/inbox")["items"]]
        assert read({"ids": ids[:1]}) == {"marked": 1, "more": False}
        assert read({"ids": [*ids[:1], "entry_unknown"]}) == {"marked": 0, "more": False}
        assert [bool(entry["read_at"]) for entry in call(f"GET {ME}/inbox")["items"]] == [True, False]

    def test_everything_up_to_an_entry_is_read_however_much_it_is(self, school: None) -> None:
        fill_inbox(50)
        newest = call(f"GET {ME}/inbox")["items"][1]["id"]
        assert read({"up_to": newest}) == {"marked": 49, "more": False}
        unread = [entry for entry in store.entries(SCHOOL, PARENT) if entry.read_at is None]
        assert len(unread) == 1

    def test_nobody_reads_anothers_entries(self, event: SchoolEvent) -> None:
        tell_family(event)
        [entry] = call(f"GET {ME}/inbox")["items"]
        before = everything()
        assert read({"ids": [entry["id"]]}, person="contact-3") == {"marked": 0, "more": False}
        assert everything() == before

    def test_the_same_key_gives_the_same_answer(self, event: SchoolEvent) -> None:
        tell_family(event)
        [entry] = call(f"GET {ME}/inbox")["items"]
        key = {"Idempotency-Key": "key-1"}
        assert read({"ids": [entry["id"]]}, headers=key) == read({"ids": [entry["id"]]}, headers=key)
        read({"up_to": entry["id"]}, headers=key, status=422)

    @pytest.mark.parametrize(
        "body", [{}, {"ids": []}, {"ids": ["a"], "up_to": "b"}, {"ids": ["a b"]}, {"up_to": 1}, {"all": True}]
    )
    def test_a_body_that_makes_no_sense_is_refused_and_changes_nothing(
        self, school: None, body: Mapping[str, Any]
    ) -> None:
        before = everything()
        read(body, status=422)
        assert everything() == before


def read(body: Mapping[str, Any], **request: Any) -> Any:
    return call(f"POST {ME}/inbox/read", body=dict(body), **request)


class TestDevices:
    def test_a_device_is_registered_and_removed(self, school: None) -> None:
        body = {"platform": "ios", "token": "token-a"}
        kept = call(f"PUT {ME}/devices/{{device_id}}", path_parameters={"device_id": "phone"}, body=body)
        assert kept == {"id": "phone", "platform": "ios", "pushes": False}
        assert any(row["kind"]["S"] == "device" for row in rows("Inbox"))
        call(f"DELETE {ME}/devices/{{device_id}}", path_parameters={"device_id": "phone"})
        assert not any(row["kind"]["S"] == "device" for row in rows("Inbox"))

    @pytest.mark.parametrize(
        "body",
        [{"platform": "web", "token": "t"}, {"platform": "ios"}, {"platform": "ios", "token": ""},
         {"platform": "ios", "token": "a b"}, {"platform": "ios", "token": "t", "name": "x"}],
    )  # fmt: skip
    def test_a_body_that_makes_no_sense_is_refused(self, school: None, body: Mapping[str, Any]) -> None:
        call(f"PUT {ME}/devices/{{device_id}}", path_parameters={"device_id": "phone"}, body=dict(body), status=422)

    def test_a_device_id_that_is_none_is_refused(self, school: None) -> None:
        body = {"platform": "ios", "token": "t"}
        route = f"PUT {ME}/devices/{{device_id}}"
        call(route, path_parameters={"device_id": "a" * 65}, body=body, status=422)


class TestWho:
    @pytest.mark.parametrize("rule", [rule for rule in api.rules.values() if "{school_id}" in rule.path])
    def test_a_stranger_to_the_school_finds_nothing(self, school: None, rule: Any) -> None:
        stranger = claims(("school-2", "contact-1", ["parent"]))
        call(rule.key, claimed=stranger, path_parameters={"device_id": "phone"}, status=404)

    @pytest.mark.parametrize("role", ["staff", "finance", "school_admin"])
    @pytest.mark.parametrize("thing", ["invitations", "bookings"])
    def test_what_is_a_parents_own_is_for_parents(self, school: None, role: str, thing: str) -> None:
        call(f"GET {ME}/{thing}", person="staff-1", roles=(role,), status=403)

    def test_a_removed_member_of_staff_is_out(self, school: None) -> None:
        call(f"GET {ME}/inbox", person="staff-9", roles=("staff",), status=404)

    def test_a_teacher_with_a_child_at_the_school_sees_what_the_parent_was_told(self, event: SchoolEvent) -> None:
        tell_family(event)
        both = claims((SCHOOL, "staff-1", ["staff"]), (SCHOOL, "contact-1", ["parent"]))
        assert len(call(f"GET {ME}/inbox", claimed=both)["items"]) == 1

    def test_a_member_of_staff_has_an_inbox_of_their_own(self, event: SchoolEvent) -> None:
        tell(staff_told("contact-1", version=2))
        tell_family(event)
        assert call(f"GET {ME}/inbox", person="contact-1", roles=("staff",))["items"] == []
