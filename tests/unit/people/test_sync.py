"""Whatever happens to the Portal's messages on the way, they end in one state (A5)."""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from school_events.core.dynamodb import get_many
from school_events.people import access, store, sync, waiting, writing
from school_events.people.aliases import alias_of
from school_events.people.intake import Received, read_envelope
from tests.support.contexts import PARENT, SCHOOL, a_context
from tests.support.people import (
    EVERYTHING,
    PORTAL,
    PortalMessage,
    contact_told,
    link_removed,
    link_told,
    portal_message,
    pupil_told,
    received,
    school_told,
    staff_told,
    tell,
)
from tests.support.queues import dead_letters
from tests.support.tables import empty, rows

pytestmark = pytest.mark.usefixtures("tables")

_HISTORY_OF_HOW = {"revision", "change", "alias", "alias_pk"}
"""Attributes that say how a state came to be, not what it is."""


def _left(version: int, on: str = "2027-07-21") -> PortalMessage:
    return portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": on}, version=version)


def _removed(version: int) -> PortalMessage:
    return portal_message("PupilRemoved", {"pupil_id": "pupil-1"}, version=version)


def _state() -> list[dict[str, Any]]:
    """Everything kept of people."""
    return [{name: value for name, value in row.items() if name not in _HISTORY_OF_HOW} for row in rows("People")]


def _pupil() -> Any:
    return store.find_pupils(SCHOOL, ["pupil-1"]).get("pupil-1")


HISTORIES: dict[str, list[PortalMessage]] = {
    "a pupil joins, leaves and comes back": [
        school_told(),
        pupil_told(),
        _left(2),
        pupil_told(version=3, year_group="Year 9"),
    ],
    "a pupil is removed": [school_told(), pupil_told(), pupil_told(version=2, last_name="Ní Bhriain"), _removed(3)],
    "a removed pupil is told of anew": [school_told(), pupil_told(), _removed(2), pupil_told(version=3)],
    "a leaver is removed": [school_told(), pupil_told(), _left(2), _removed(3)],
    "one version is used for two states": [
        school_told(),
        pupil_told(first_name="Amelia"),
        pupil_told(first_name="Mia"),
        pupil_told(first_name="Ada"),
    ],
    "a household is linked and cut": [
        school_told(),
        pupil_told(),
        link_told(),
        link_removed(version=2),
    ],
    "a link is restricted and freed": [
        school_told(),
        link_told(),
        link_told(restricted=True, version=2),
        link_told(version=3),
    ],
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_every_order_of_a_history_ends_in_the_same_state(history: list[PortalMessage]) -> None:
    tell(*history, together=False)
    expected = _state()
    for order in itertools.permutations(history):
        empty("People", "Inbox")
        tell(*order, together=False)
        assert _state() == expected, [name for name, _ in order]


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_a_history_told_twice_backwards_and_at_once_ends_in_the_same_state(history: list[PortalMessage]) -> None:
    tell(*history, together=False)
    expected = _state()
    tell(*history)
    assert _state() == expected
    empty("People", "Inbox")
    tell(*reversed(history), *history)
    assert _state() == expected


MESSAGES = st.lists(
    st.one_of(
        st.builds(
            lambda version, year: pupil_told(version=version, year_group=str(year)),
            st.integers(1, 4),
            st.integers(7, 9),
        ),
        st.builds(_left, st.integers(1, 4), st.sampled_from(["2026-12-18", "2027-07-21"])),
        st.builds(_removed, st.integers(1, 4)),
        st.builds(
            lambda version, restricted: link_told(version=version, restricted=restricted),
            st.integers(1, 4),
            st.booleans(),
        ),
        st.builds(lambda version: link_removed(version=version), st.integers(1, 4)),
    ),
    min_size=1,
    max_size=6,
)


@given(messages=MESSAGES, data=st.data())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_repetition_converge_even_where_versions_clash(
    messages: list[PortalMessage], data: st.DataObject
) -> None:
    empty("People", "Inbox")
    tell(school_told(), *messages, together=False)
    expected = _state()
    shuffled = data.draw(st.permutations(messages + messages))
    empty("People", "Inbox")
    cut = data.draw(st.integers(0, len(shuffled)))
    tell(*shuffled[:cut], school_told(), *shuffled[cut:], together=data.draw(st.booleans()))
    assert _state() == expected


def test_a_late_update_never_brings_a_removed_pupil_back() -> None:
    tell(school_told(), pupil_told(version=1), _removed(3))
    tell(pupil_told(version=2, first_name="Brought", last_name="Back"))
    assert _pupil() is None
    assert "Brought" not in str(rows("People"))
    assert "Amelia" not in str(rows("People"))


def test_a_leaver_is_a_leaver_with_their_last_day_until_they_come_back() -> None:
    tell(school_told(), _left(2))
    assert _pupil() is None
    tell(pupil_told(version=1))
    assert (_pupil().state, _pupil().left_on) == ("left", date(2027, 7, 21))
    assert [list(store.all_pupils(SCHOOL, date(2027, 7, day))) == [] for day in (21, 22)] == [False, True]
    tell(pupil_told(version=3))
    assert (_pupil().state, _pupil().left_on) == ("current", None)
    assert [one.id for one in store.all_pupils(SCHOOL, date(2027, 7, 22))] == ["pupil-1"]


def test_a_person_has_an_alias_from_birth_that_says_nothing_of_them_and_stays() -> None:
    tell(school_told(), pupil_told(), contact_told(), staff_told())
    first = [alias_of(SCHOOL, kind, f"{kind}-1") for kind in ("pupil", "contact", "staff")]
    assert all(one is not None and one.startswith("alias_") for one in first)
    assert len(set(first)) == 3
    tell(pupil_told(version=2, first_name="Mia"))
    assert [alias_of(SCHOOL, kind, f"{kind}-1") for kind in ("pupil", "contact", "staff")] == first


def test_only_a_real_change_puts_a_new_stamp() -> None:
    def stamp() -> str:
        (row,) = (row for row in rows("People") if row["sk"]["S"] == "PUPIL")
        return str(row["change"]["S"])

    tell(school_told(), pupil_told())
    first = stamp()
    assert '"action":"pupil.created"' in first
    tell(pupil_told())
    tell(pupil_told(version=2))
    assert stamp() == first
    tell(pupil_told(version=3, year_group="Year 9"))
    assert '"action":"pupil.changed"' in stamp()


def test_what_came_before_its_school_waits_unseen_and_is_taken_up_by_the_announcement() -> None:
    tell(pupil_told(), contact_told(), link_told(), together=False)
    assert _pupil() is None
    assert access.open_links(a_context(actor=PARENT), "contact-1") == ()
    tell(school_told())
    assert _pupil().first_name == "Amelia"
    assert [link.pupil_id for link in access.open_links(a_context(actor=PARENT), "contact-1")] == ["pupil-1"]
    assert not [row for row in rows("People") if row["kind"]["S"] == "waiting"]


def test_an_announcement_just_beside_a_waiting_message_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    keep = waiting.keep

    def announced_in_between(*args: Any) -> Any:
        monkeypatch.setattr(waiting, "keep", keep)
        tell(school_told())
        return keep(*args)

    monkeypatch.setattr(waiting, "keep", announced_in_between)
    tell(pupil_told())
    assert _pupil() is not None
    assert not [row for row in rows("People") if row["kind"]["S"] == "waiting"]


def test_messages_after_the_contracts_last_day_are_refused_until_the_school_is_told_of_again() -> None:
    ended = portal_message("SchoolContractEnded", {"ended_on": "2026-11-21"}, version=2)
    tell(school_told(), ended)
    for day, refused in ((21, False), (22, True)):
        ctx = a_context(actor=PORTAL, now=datetime(2026, 11, day, 12, tzinfo=UTC))
        failed = sync.apply(ctx, [received(pupil_told(version=day))])
        assert [str(error) for _, error in failed] == (["contract-ended"] if refused else [])
    tell(school_told(version=3), pupil_told(version=23, first_name="Mia"))
    assert _pupil().first_name == "Mia"


def test_a_school_that_is_never_announced_is_refused_with_its_messages_after_an_hour() -> None:
    tell(pupil_told(), contact_told())
    now = a_context().now
    assert waiting.refuse_overdue(now + timedelta(minutes=59), lambda: True) == 0
    assert waiting.refuse_overdue(now + timedelta(minutes=61), lambda: True) == 2
    assert waiting.refuse_overdue(now + timedelta(minutes=62), lambda: True) == 0
    letters = dead_letters("portal-dlq")
    assert [reason for reason, _ in letters] == ["unauthorised-school"] * 2
    tell(school_told())
    assert _pupil() is None
    for _, body in letters:
        message = read_envelope(body, "redriven")
        assert isinstance(message, Received)
        assert sync.apply(a_context(actor=PORTAL), [message]) == []
    assert _pupil().first_name == "Amelia"


def test_a_write_in_between_is_never_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    tell(school_told(), pupil_told(version=1))
    commit = writing.commit

    def beaten(*args: Any) -> bool:
        monkeypatch.setattr(writing, "commit", commit)
        tell(pupil_told(version=3, first_name="Newest"))
        return commit(*args)

    monkeypatch.setattr(writing, "commit", beaten)
    monkeypatch.setattr(sync, "wait_or_give_up", lambda *_: None)
    tell(pupil_told(version=2, first_name="Older"))
    assert _pupil().first_name == "Newest"


def test_one_thing_that_cannot_be_written_keeps_no_other_back(monkeypatch: pytest.MonkeyPatch) -> None:
    decide = writing.decide

    def broken_for_one(*args: Any) -> Any:
        if args[2].ids == ("pupil-2",):
            raise RuntimeError
        return decide(*args)

    tell(school_told())
    monkeypatch.setattr(writing, "decide", broken_for_one)
    messages = [received(pupil_told("pupil-1")), received(pupil_told("pupil-2")), received(pupil_told("pupil-3"))]
    failed = sync.apply(a_context(actor=PORTAL), messages)
    assert [message for message, _ in failed] == [messages[1]]
    assert set(store.find_pupils(SCHOOL, ["pupil-1", "pupil-2", "pupil-3"])) == {"pupil-1", "pupil-3"}


@pytest.mark.parametrize(
    ("category", "kept"),
    [
        ("sen", {"sen"}),
        ("free_school_meals", {"free_school_meals", "fsm_ever6"}),
        ("pupil_premium", {"pupil_premium"}),
    ],
)
def test_only_the_categories_a_school_authorised_are_kept(category: str, kept: set[str]) -> None:
    traits = {
        "sen": {"status": "K", "starts_on": "2025-11-03"},
        "free_school_meals": {"eligible": True},
        "fsm_ever6": {"eligible": True},
        "pupil_premium": {"eligible": True},
    }
    tell(school_told(categories=["pupil_name", category]), pupil_told(characteristics=traits))
    pupil = _pupil()
    assert {name for name, value in pupil.characteristics if value is not None} == kept
    assert (pupil.first_name, pupil.year_group, pupil.registration_group) == ("Amelia", None, None)


def test_what_was_withheld_comes_back_when_the_same_message_is_told_again() -> None:
    told = pupil_told(characteristics={"sen": {"status": "K"}})
    tell(school_told(categories=["pupil_name"]), told, school_told(version=2), together=False)
    assert _pupil().characteristics.sen is None
    tell(told)
    assert _pupil().characteristics.sen.status == "K"


def _unsettled() -> Any:
    key = store.school_key_of(SCHOOL)
    item = get_many([key]).get(key)
    assert item is not None
    return item.unsettled


def test_a_school_that_withdraws_a_category_or_moves_its_year_is_unsettled_from_that_revision_on() -> None:
    tell(school_told())
    assert _unsettled() is None
    tell(school_told(categories=[one for one in EVERYTHING if one != "sen"], version=2))
    assert _unsettled() == 2
    tell(school_told(version=3))
    assert _unsettled() == 2
    tell(school_told(version=4, academic_year_start="08-01"))
    assert _unsettled() == 4


def test_without_their_categories_contacts_links_and_staff_keep_only_what_decides_access() -> None:
    tell(school_told(categories=[]), contact_told(), link_told(restricted=True), staff_told())
    contact = store.find_contacts(SCHOOL, ["contact-1"])["contact-1"]
    assert (contact.title, contact.first_name, contact.last_name, contact.email) == (None, None, "", None)
    _, (link,) = store.contact_with_links(SCHOOL, "contact-1")
    assert (link.relationship, link.priority, link.parental_responsibility, link.restricted) == (None, None, None, True)
    member = store.find_staff(SCHOOL, ["staff-1"])["staff-1"]
    assert (member.last_name, member.email, member.app_roles) == ("", None, ("staff",))


def test_a_link_that_opens_or_closes_writes_the_familys_feed_in_the_same_transaction() -> None:
    def told() -> list[tuple[str, str, str]]:
        return [(row["pk"]["S"], row["thing_id"]["S"], row["what"]["S"]) for row in rows("Inbox")]

    feed = f"SCH#{SCHOOL}#FEED#contact#contact-1"
    tell(school_told(), pupil_told(), contact_told(), link_told())
    assert told() == [(feed, "pupil-1", "created")]
    tell(link_told(version=2))
    assert len(told()) == 1
    tell(link_told(version=3, restricted=True))
    assert told()[1:] == [(feed, "pupil-1", "removed")]


def test_a_family_hears_of_a_child_who_arrives_after_their_link_or_changes() -> None:
    tell(school_told(), link_told())
    tell(pupil_told())
    tell(pupil_told(version=2, characteristics={"sen": {"status": "E"}}))
    tell(pupil_told(version=3, registration_group="8C"))
    tell(_removed(4))
    assert [row["what"]["S"] for row in rows("Inbox")] == ["created", "created", "changed", "removed"]


def test_each_academic_year_has_a_calendar_of_its_own() -> None:
    def calendar(year: str, version: int) -> PortalMessage:
        start = int(year[:4])
        term = {"name": "Autumn", "starts_on": f"{start}-09-01", "ends_on": f"{start}-12-18"}
        content = {"academic_year": year, "terms": [term], "half_terms": [], "inset_days": [f"{start}-09-01"]}
        return portal_message("TermCalendarUpdated", {"calendar": content}, version=version)

    tell(school_told(), calendar("2026-27", 5), calendar("2027-28", 1))
    keys = [store.calendar_key(SCHOOL, year) for year in ("2026-27", "2027-28")]
    found = get_many(keys)
    assert [item.record.academic_year for key in keys if (item := found.get(key))] == ["2026-27", "2027-28"]


def test_everything_authorised_is_every_category() -> None:
    tell(school_told())
    assert store.find_school(SCHOOL).authorised_categories == tuple(sorted(EVERYTHING))
