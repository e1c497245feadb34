"""Two records of a contact turn out to be one person: who takes over has what the other booked and paid (A5, A8)."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from school_events.core.dynamodb import Found, Key, get_many
from school_events.people import access
from school_events.reports.model import Filters
from school_events.reports.payments import steps
from tests.support.contexts import SCHOOL
from tests.support.people import (
    PortalMessage,
    contact_told,
    link_told,
    portal_message,
    school_told,
    tell,
)
from tests.support.portal_queue import say
from tests.unit.access.household import CHILD, FATHER, MOTHER, PATH, STRANGER, Household, call
from tests.unit.access.test_lost_access import ASKED, faults_of
from tests.unit.reports.things import BALANCE, INCOME, an_entry


def merged(contact: str, into: str, version: int = 2, school_id: str = SCHOOL) -> PortalMessage:
    content = {"contact_id": contact, "merged_into": into}
    return portal_message("ContactRemoved", content, version=version, school_id=school_id)


def person_now(contact: str) -> str:
    return access.persons_now(SCHOOL, [contact])[contact]


class TestFamilies:
    @pytest.fixture(autouse=True)
    def _merged(self, home: Household) -> None:
        say(merged(FATHER, STRANGER), link_told(STRANGER, CHILD))

    def test_who_takes_over_reads_what_was_booked_as_their_own(self, home: Household) -> None:
        booking = ASKED["own booking"].ask(home, STRANGER)
        assert (booking.status, booking.body["mine"], booking.body["price"]["amount"]) == (200, True, 0)
        listed = ASKED["bookings"].ask(home, STRANGER).body["items"]
        assert {one["event"]["title"]: one["mine"] for one in listed} == {
            "Orchard walk": True, "Lantern parade": True, "Harbour day": False
        }  # fmt: skip

    def test_who_takes_over_reads_what_was_paid_and_may_pay_and_cancel(self, home: Household) -> None:
        assert ASKED["payment"].ask(home, STRANGER).status == 200
        changes = ASKED["sync"].ask(home, STRANGER).body["changes"]
        assert [one["id"] for one in changes if one["thing"] == "payment"] == [home.payments["Lantern"]]
        checkout = ASKED["checkout"].ask(home, STRANGER)
        assert (checkout.status, checkout.body["type"].rsplit(":")[-1]) == (409, "payments-not-ready")
        assert ASKED["cancel"].ask(home, STRANGER).body["state"] == "cancelled"

    def test_who_was_merged_away_sees_nothing_and_their_app_forgets_the_child(self, home: Household) -> None:
        assert {name: faults for name, asked in ASKED.items() if (faults := faults_of(asked, home))} == {}

    def test_the_other_parents_things_stay_the_other_parents(self, home: Household) -> None:
        other = call(f"GET {PATH}/payments/{{payment_id}}", STRANGER, {"payment_id": home.payments["Harbour"]})
        assert other.status == 404
        assert ASKED["the other parent's booking"].ask(home, STRANGER).body["price"] is None
        mothers = call(f"GET {PATH}/payments/{{payment_id}}", MOTHER, {"payment_id": home.payments["Lantern"]})
        assert mothers.status == 404

    def test_without_an_open_link_of_their_own_nobody_takes_anything_over(self, home: Household) -> None:
        say(link_told(STRANGER, CHILD, restricted=True, version=2))
        for name in ("own booking", "cancel", "checkout", "payment"):
            assert ASKED[name].ask(home, STRANGER).status == 404, name

    def test_who_comes_back_has_their_own_again_and_nobody_else_has(self, home: Household) -> None:
        say(contact_told(FATHER, version=3))
        assert ASKED["payment"].ask(home, FATHER).status == 200
        assert ASKED["payment"].ask(home, STRANGER).status == 404

    def test_the_payments_report_names_who_has_taken_over(self, home: Household) -> None:
        say(contact_told(STRANGER, "Taker", "Over", version=2))
        an_entry("one", home.payments["Lantern"], "charge", BALANCE, INCOME, 1250, home.events["Lantern"])
        rows = [step.row for step in steps(SCHOOL, Filters(), None) if step.row]
        assert "Taker Over" in rows[0]


@pytest.mark.parametrize("link_first", [True, False])
def test_the_app_of_who_takes_over_gets_all_of_it_with_its_next_refresh(home: Household, link_first: bool) -> None:
    link, merge = link_told(STRANGER, CHILD), merged(FATHER, STRANGER)
    cursor = ASKED["sync"].ask(home, STRANGER).body["cursor"]
    seen: dict[tuple[str, str], Any] = {}
    for message in (link, merge) if link_first else (merge, link):
        say(message)
        answer = call(f"GET {PATH}/me/sync", STRANGER, query={"cursor": cursor}).body
        cursor = answer["cursor"]
        seen |= {(one["thing"], one["id"]): one["content"] for one in answer["changes"]}
    assert seen["child", CHILD]["first_name"] == "Amaryllis"
    assert seen["booking", home.bookings["Orchard"]]["mine"]
    assert seen["payment", home.payments["Lantern"]]["amount"]["amount"] == 1250
    assert ("payment", home.payments["Harbour"]) not in seen


def test_an_app_of_who_is_removed_forgets_the_child_and_gets_it_again_if_they_come_back(home: Household) -> None:
    for gone_or_back, what in (
        (portal_message("ContactRemoved", {"contact_id": FATHER}, version=2), "removed"),
        (contact_told(FATHER, version=3), "created"),
    ):
        cursor = ASKED["sync"].ask(home).body["cursor"]
        say(gone_or_back)
        changes = call(f"GET {PATH}/me/sync", FATHER, query={"cursor": cursor}).body["changes"]
        assert ("child", CHILD, what) in [(one["thing"], one["id"], one["what"]) for one in changes]


CHAIN = (merged("contact-1", "contact-2"), merged("contact-2", "contact-3"))
CONTACTS = tuple(contact_told(f"contact-{number}") for number in range(1, 5))


@pytest.mark.parametrize("order", list(itertools.permutations(CHAIN)), ids=["as it happened", "the other way round"])
def test_merges_are_followed_to_who_is_there_whatever_the_order_of_the_messages(
    tables: None, order: Sequence[PortalMessage]
) -> None:
    tell(school_told(), *CONTACTS, *order, together=False)
    assert [person_now(f"contact-{number}") for number in (1, 2, 3, 4)] == ["contact-3"] * 3 + ["contact-4"]


@pytest.mark.parametrize(
    "merges",
    [
        [merged("contact-1", "contact-2"), merged("contact-2", "contact-1")],
        [*CHAIN, merged("contact-3", "contact-1")],
        [*CHAIN, merged("contact-3", "contact-2")],
        [merged("contact-1", "never-told")],
        [merged("contact-1", "contact-2"), portal_message("ContactRemoved", {"contact_id": "contact-2"}, version=2)],
        [merged(f"contact-{number}", f"contact-{number + 1}") for number in range(1, 20)],
    ],
    ids=["each other", "a circle", "into a circle", "nobody", "somebody gone", "without an end"],
)
def test_a_merge_that_leads_to_nobody_is_followed_nowhere(tables: None, merges: Sequence[PortalMessage]) -> None:
    tell(school_told(), *CONTACTS, contact_told("contact-20"), *merges)
    assert person_now("contact-1") == "contact-1"


def test_a_contact_of_another_school_takes_nothing_over(tables: None) -> None:
    tell(school_told(), contact_told("contact-1"), merged("contact-1", "contact-9"))
    school = ("SchoolUpdated.v2", school_told()[1] | {"school_id": "school-2"})
    tell(school, ("ContactChanged", contact_told("contact-9")[1] | {"school_id": "school-2"}))
    assert person_now("contact-1") == "contact-1"
    assert access.persons_now("school-2", ["contact-1"])["contact-1"] == "contact-1"


def test_many_are_followed_with_a_read_for_each_step(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(school_told(), *CONTACTS, *CHAIN)
    calls: list[int] = []

    def counted(keys: Iterable[Key[Any]]) -> Found:
        calls.append(1)
        return get_many(keys)

    monkeypatch.setattr(access, "get_many", counted)
    access.persons_now(SCHOOL, [f"contact-{number}" for number in (1, 2, 3, 4)])
    assert len(calls) == 1
