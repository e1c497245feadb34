"""Everybody with an open link is told once, and nobody else; pushes carry nothing and lose nothing."""

import json
from datetime import date

import pytest

from school_events.core.consequences import Telling
from school_events.core.context import Actor
from school_events.family.api import EntriesRead
from school_events.notifications import service, store
from school_events.notifications.service import PushFailed, TooManyDevices, deliver, register_device, remove_device
from tests.support.booked_world import UNASKED
from tests.support.contexts import NOW, PARENT, SCHOOL, a_context
from tests.support.people import a_small_school, contact_told, link_removed, link_told, pupil_told, tell
from tests.support.push_services import PushServices, push_services
from tests.support.tables import rows

__all__ = ["push_services"]

FATHER = Actor("contact", "contact-2")
SYSTEM = Actor("system", "notifications")
CANARIES = ("Amelia", "Connor", "Niamh", "Museum", "pupil-1", "event-1", "contact-1", "invited", "booking")


def a_telling(change: str = "change-1", **others: str | bool | None) -> Telling:
    told: dict[str, str | bool | None] = {
        "school_id": SCHOOL,
        "change_id": change,
        "kind": "invited",
        "occurred_at": "2026-11-23T08:59:00.000Z",
        "pupil_id": "pupil-1",
        "event_id": "event-1",
        "thing": "invitation",
        "thing_id": "event-1~pupil-1",
    }
    return Telling.model_validate(told | others)


def inbox_of(person: Actor) -> list[str]:
    return [entry.kind for entry in store.entries(SCHOOL, person)]


def feed_of(person: Actor) -> list[str]:
    partition = f"SCH#{SCHOOL}#FEED#{person.kind}#{person.id}"
    return [row["thing"]["S"] for row in rows("Inbox") if row["pk"]["S"] == partition and row["thing"]["S"] != "child"]


@pytest.fixture
def family(tables: None) -> None:
    """A mother and a father of one child."""
    a_small_school()
    tell(contact_told("contact-2", "Sean"), link_told("contact-2"))


def told() -> None:
    deliver(a_context(actor=SYSTEM), a_telling())


@pytest.mark.usefixtures("family")
class TestInbox:
    def test_what_is_named_in_an_entry_after_it_was_read_is_to_be_read_again(self) -> None:
        first, second = (a_telling(kind="booked", thing="booking", thing_id=f"booking-{one}") for one in (1, 2))
        deliver(a_context(actor=SYSTEM), first)
        (entry,) = store.entries(SCHOOL, PARENT)
        store.mark_read(a_context(actor=PARENT), [entry.id], UNASKED, EntriesRead(marked=1, more=False))
        deliver(a_context(actor=SYSTEM), first)
        assert [one.read_at for one in store.entries(SCHOOL, PARENT)] == [NOW]
        deliver(a_context(actor=SYSTEM), second)
        assert [(one.others, one.read_at) for one in store.entries(SCHOOL, PARENT)] == [(("booking-2",), None)]

    def test_every_contact_with_an_open_link_gets_an_entry_and_a_row_in_their_feed(self) -> None:
        told()
        assert inbox_of(PARENT) == inbox_of(FATHER) == ["invited"]
        assert feed_of(PARENT) == feed_of(FATHER) == ["inbox_entry"]

    def test_the_same_telling_twice_makes_one_entry_and_one_row(self) -> None:
        told()
        told()
        assert inbox_of(PARENT) == ["invited"]
        assert feed_of(PARENT) == ["inbox_entry"]

    def test_another_kind_or_another_change_makes_another_entry(self) -> None:
        for telling in (a_telling(), a_telling(kind="changed"), a_telling("change-2", kind="changed")):
            deliver(a_context(actor=SYSTEM), telling)
        assert sorted(inbox_of(PARENT)) == ["changed", "changed", "invited"]

    def test_what_is_quiet_is_only_in_the_feed(self) -> None:
        deliver(a_context(actor=SYSTEM), a_telling(kind="changed", quiet=True))
        assert inbox_of(PARENT) == []
        assert feed_of(PARENT) == feed_of(FATHER) == ["invitation"]

    @pytest.mark.parametrize(
        "cut",
        [
            link_told("contact-2", restricted=True, version=2),
            link_told("contact-2", ends_on=date(2026, 11, 22), version=2),
            link_removed("contact-2"),
        ],
        ids=["restricted", "ended", "removed"],
    )
    def test_whose_link_was_cut_since_it_was_queued_is_told_nothing(self, cut: tuple[str, dict[str, object]]) -> None:
        tell(cut)
        told()
        assert (inbox_of(PARENT), inbox_of(FATHER)) == (["invited"], [])
        assert feed_of(FATHER) == []

    def test_a_contact_who_is_named_is_told_alone(self) -> None:
        deliver(a_context(actor=SYSTEM), a_telling(contact_id="contact-2"))
        assert (inbox_of(PARENT), inbox_of(FATHER)) == ([], ["invited"])

    def test_a_named_contact_without_an_open_link_is_told_nothing(self) -> None:
        tell(link_removed("contact-2"))
        deliver(a_context(actor=SYSTEM), a_telling(contact_id="contact-2"))
        assert inbox_of(FATHER) == []

    def test_a_payers_own_payment_is_told_as_long_as_they_have_a_child_here(self) -> None:
        own = a_telling(pupil_id=None, contact_id="contact-2", kind="payment_received", thing="payment")
        deliver(a_context(actor=SYSTEM), own)
        tell(link_removed("contact-2"))
        deliver(a_context(actor=SYSTEM), own.model_copy(update={"change_id": "change-2"}))
        assert inbox_of(FATHER) == ["payment_received"]

    def test_another_schools_contact_of_the_same_id_is_told_nothing(self) -> None:
        told()
        assert list(store.entries("school-2", PARENT)) == []


@pytest.mark.usefixtures("family")
class TestPush:
    def test_every_device_is_pushed_to_and_the_push_carries_an_opaque_id_only(
        self, push_services: PushServices
    ) -> None:
        register_device(a_context(actor=PARENT), "phone", "ios", "token-a")
        register_device(a_context(actor=PARENT), "tablet", "android", "token-b")
        told()
        assert len(push_services.published) == 2
        [entry] = store.entries(SCHOOL, PARENT)
        for pushed in push_services.published:
            assert json.loads(json.loads(pushed["message"])["default"])["id"] == entry.id
            assert not [word for word in CANARIES if word in pushed["message"]]

    @pytest.mark.parametrize("code", ["EndpointDisabled", "EndpointDisabledException", "NotFound"])
    def test_a_device_that_is_gone_is_forgotten_and_the_telling_is_done(
        self, push_services: PushServices, code: str
    ) -> None:
        device = register_device(a_context(actor=PARENT), "phone", "ios", "token-a")
        push_services.faults[str(device.endpoint)] = code
        told()
        assert store.devices(SCHOOL, PARENT) == []
        assert inbox_of(PARENT) == ["invited"]

    def test_a_push_that_fails_is_tried_again_with_the_message_and_every_entry_is_there(
        self, push_services: PushServices
    ) -> None:
        broken = register_device(a_context(actor=PARENT), "phone", "ios", "token-a")
        register_device(a_context(actor=FATHER), "phone", "ios", "token-b")
        push_services.faults[str(broken.endpoint)] = "InternalError"
        with pytest.raises(PushFailed):
            told()
        assert inbox_of(PARENT) == inbox_of(FATHER) == ["invited"]
        assert len(push_services.published) == 1
        push_services.faults.clear()
        told()
        assert inbox_of(PARENT) == ["invited"]
        assert {pushed["to"] for pushed in push_services.published} >= {broken.endpoint}

    def test_where_no_push_service_is_set_up_the_inbox_still_tells(self) -> None:
        device = register_device(a_context(actor=PARENT), "phone", "ios", "token-a")
        told()
        assert device.endpoint is None
        assert inbox_of(PARENT) == ["invited"]


@pytest.mark.usefixtures("tables")
class TestDevices:
    def test_registering_again_changes_nothing_but_the_time(self, push_services: PushServices) -> None:
        first = register_device(a_context(actor=PARENT), "phone", "ios", "token-a")
        again = register_device(a_context(actor=PARENT), "phone", "ios", "token-a")
        assert first == again
        assert store.devices(SCHOOL, PARENT) == [first]
        assert len(push_services.endpoints) == 1

    def test_a_new_token_takes_the_place_of_the_old_one(self, push_services: PushServices) -> None:
        register_device(a_context(actor=PARENT), "phone", "ios", "token-a")
        device = register_device(a_context(actor=PARENT), "phone", "ios", "token-b")
        assert store.devices(SCHOOL, PARENT) == [device]
        assert list(push_services.endpoints) == [device.endpoint]

    def test_a_disabled_endpoint_is_enabled_again(self, push_services: PushServices) -> None:
        device = register_device(a_context(actor=PARENT), "phone", "ios", "token-a")
        push_services.disabled.add(str(device.endpoint))
        assert register_device(a_context(actor=PARENT), "phone", "ios", "token-a") == device
        assert push_services.disabled == set()

    def test_a_removed_device_has_no_endpoint_left_and_may_be_removed_again(self, push_services: PushServices) -> None:
        register_device(a_context(actor=PARENT), "phone", "ios", "token-a")
        remove_device(a_context(actor=PARENT), "phone")
        remove_device(a_context(actor=PARENT), "phone")
        assert (store.devices(SCHOOL, PARENT), push_services.endpoints) == ([], {})

    def test_a_person_has_at_most_twenty_devices_and_may_renew_each(self, push_services: PushServices) -> None:
        for number in range(20):
            register_device(a_context(actor=PARENT), f"device-{number}", "ios", f"token-{number}")
        register_device(a_context(actor=PARENT), "device-7", "ios", "token-new")
        with pytest.raises(TooManyDevices):
            register_device(a_context(actor=PARENT), "one-more", "ios", "token")

    def test_a_device_that_registered_anew_meanwhile_is_not_forgotten(self, push_services: PushServices) -> None:
        old = register_device(a_context(actor=PARENT), "phone", "ios", "token-a")
        new = register_device(a_context(actor=PARENT), "phone", "ios", "token-b")
        store.forget_device(SCHOOL, PARENT, old)
        assert store.devices(SCHOOL, PARENT) == [new]


def test_entries_vanish_after_four_hundred_days(family: None) -> None:
    told()
    [entry] = [row for row in rows("Inbox") if row["kind"]["S"] == "inbox_entry" and "contact-1" in row["pk"]["S"]]
    assert int(entry["expires_at"]["N"]) - int(NOW.timestamp()) == 400 * 24 * 3600


def test_a_page_of_the_inbox_passes_over_children_who_are_no_longer_theirs(family: None) -> None:
    tell(pupil_told("pupil-2", "Ben"), link_told(pupil_id="pupil-2"))
    for number in range(5):
        pupil = f"pupil-{number % 2 + 1}"
        deliver(a_context(actor=SYSTEM), a_telling(f"change-{number}", pupil_id=pupil, kind="changed"))
    ctx = a_context(actor=PARENT)
    assert len(service.inbox(ctx, frozenset({"pupil-2"}), before=None, limit=10)) == 2
    assert len(service.inbox(ctx, None, before=None, limit=3)) == 3
