"""What a school withdraws is purged wherever it is kept, whoever writes beside it (A4); clocks follow its year (H1)."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from school_events.core.dynamodb import get_many, save_if
from school_events.people import changing, store, upkeep
from school_events.people.heard import heard_of, key_of
from school_events.people.intake import read
from school_events.people.model import School
from school_events.people.refit import refit
from school_events.people.rules import Thing, hear
from school_events.people.upkeep import RefitMessage
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.people import (
    EVERYTHING,
    PORTAL,
    PortalMessage,
    contact_told,
    group_told,
    link_told,
    portal_message,
    pupil_told,
    school_told,
    staff_told,
    tell,
)
from tests.support.rewind import bookmark_tables
from tests.support.tables import messages, rows

pytestmark = pytest.mark.usefixtures("tables")

_SAVE_IF = "school_events.people.refit.save_if"
TRAITS = {
    "sen": {"status": "E", "starts_on": "2025-11-03"},
    "free_school_meals": {"eligible": True, "starts_on": "2025-09-21"},
    "fsm_ever6": {"eligible": True, "starts_on": "2025-09-22"},
    "pupil_premium": {"eligible": True, "starts_on": "2025-09-23"},
}
TOLD: tuple[PortalMessage, ...] = (
    pupil_told(first_name="Aoife", last_name="Zuckerman", registration_group="8Qx", characteristics=TRAITS),
    pupil_told("pupil-2", first_name="Aoife", last_name="Zuckerman", registration_group="8Qx", characteristics=TRAITS),
    contact_told(first_name="Niamh", last_name="Yllanes", email="nia@family.test"),
    link_told(),
    staff_told(first_name="Ruth", last_name="Xanthos"),
    group_told(name="8q/Vi1", subject="Viola"),
)
LEAVES_NO_TRACE: dict[str, tuple[str, ...]] = {
    "pupil_name": ("Aoife", "Zuckerman", "aoife", "zuckerman"),
    "year_group": ('"year_group":"8"',),
    "registration_group": ("8Qx",),
    "sen": ("2025-11-03", '"sen"'),
    "free_school_meals": ("2025-09-21", "2025-09-22"),
    "pupil_premium": ("2025-09-23",),
    "contact_name": ("Niamh", "Yllanes", "niamh", "yllanes", '"Ms"'),
    "contact_details": ("nia@family.test",),
    "relationship": ('"relationship":"mother"', '"priority"', '"parental_responsibility"'),
    "staff": ("Ruth", "Xanthos", "ruth", "xanthos", "staff-1@school.test", "Teacher"),
    "teaching_groups": ("8q/Vi1", "8q/vi1", "Viola", '"pupil_ids":["pupil-1"]'),
}


def _everything_kept() -> str:
    """All values of all items of the People table but what is only a word for a category."""
    kept = [{name: value for name, value in row.items() if name != "withheld"} for row in rows("People")]
    return json.dumps([row for row in kept if row["kind"]["S"] != "school"], ensure_ascii=False).replace('\\"', '"')


def _but(*withdrawn: str) -> list[str]:
    return [category for category in EVERYTHING if category not in withdrawn]


def _asked() -> list[RefitMessage]:
    """Takes the passes asked for; moto hands delayed ones out later, so the last of each is made here."""
    upkeep.ask_for_refit(SCHOOL)
    first = next(RefitMessage.model_validate(one) for one in messages("reconciliation"))
    return [first, first.model_copy(update={"last": True})]


def _refitted(message: RefitMessage, now: datetime = NOW, time_left: timedelta = timedelta(minutes=14)) -> None:
    refit(a_context(actor=PORTAL, now=now, deadline=now + time_left), message, lambda: now)


def _unsettled() -> int | None:
    item = get_many([store.school_key_of(SCHOOL)]).get(store.school_key_of(SCHOOL))
    assert item is not None
    return None if item.unsettled is None else int(item.unsettled)


@pytest.mark.parametrize("category", EVERYTHING)
def test_what_is_withdrawn_is_purged_wherever_it_is_kept_and_the_rest_stays(category: str) -> None:
    tell(school_told(), *TOLD)
    assert all(trace in _everything_kept() for traces in LEAVES_NO_TRACE.values() for trace in traces)
    tell(school_told(categories=_but(category), version=2))
    for message in _asked():
        _refitted(message)
    kept = _everything_kept()
    assert [trace for trace in LEAVES_NO_TRACE[category] if trace in kept] == []
    others = [trace for other, traces in LEAVES_NO_TRACE.items() if other != category for trace in traces]
    assert [trace for trace in others if trace not in kept] == []
    assert _unsettled() is None


def test_roles_restrictions_and_ends_are_never_withdrawn() -> None:
    tell(school_told(), staff_told(), link_told(restricted=True))
    tell(school_told(categories=[], version=2))
    for message in _asked():
        _refitted(message)
    assert store.find_staff(SCHOOL, ["staff-1"])["staff-1"].app_roles == ("staff",)
    _, (link,) = store.contact_with_links(SCHOOL, "contact-1")
    assert link.restricted


def test_leavers_are_purged_too_and_their_clocks_follow_the_academic_year() -> None:
    def due() -> str:
        return str(next(row for row in rows("People") if row["sk"]["S"] == "PUPIL").get("due_sk"))

    left = portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": "2026-08-20"}, version=2)
    tell(school_told(), pupil_told(), left)
    assert due().startswith("{'S': '2028-08-31T23:00")
    tell(school_told(categories=_but("pupil_name"), academic_year_start="08-16", version=2))
    for message in _asked():
        _refitted(message)
    assert due().startswith("{'S': '2029-08-15T23:00")
    assert "Amelia" not in _everything_kept()


def test_the_school_is_settled_by_the_last_pass_only() -> None:
    tell(school_told(), *TOLD)
    tell(school_told(categories=[], version=2))
    first, last = _asked()
    _refitted(first)
    assert _unsettled() == first.revision
    _refitted(last)
    assert _unsettled() is None


def test_a_writer_who_read_the_old_settings_is_caught_by_the_last_pass() -> None:
    tell(school_told(), *TOLD)
    tell(school_told(categories=[], version=2))
    first, last = _asked()
    _refitted(first)
    thing = Thing("pupil", ("pupil-late",))
    late = read(*pupil_told("pupil-late", first_name="Latecomer")).statement
    # What a function does that read the school before the withdrawal and writes after the first pass.
    old = School(id=SCHOOL, **dict(read(*school_told()).statement.details or {}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "to_school", lambda _: old)
        ctx = a_context(actor=PORTAL)
        changing.change(ctx, [thing], lambda school, _, heard: hear(heard, late, school.authorised_categories))
    assert "Latecomer" in _everything_kept()
    _refitted(last)
    assert "Latecomer" not in _everything_kept()


def test_a_pass_beside_a_writer_overwrites_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tell(school_told(), *TOLD)
    tell(school_told(categories=_but("sen"), version=2))
    first, last = _asked()
    change = changing.change

    def beaten(*args: Any) -> None:
        """The index is behind: the thing was written after it was listed."""
        monkeypatch.setattr(changing, "change", change)
        tell(pupil_told(first_name="Newest", characteristics=TRAITS, version=2))
        change(*args)

    monkeypatch.setattr(changing, "change", beaten)
    _refitted(first)
    _refitted(last)
    assert store.find_pupils(SCHOOL, ["pupil-1"])["pupil-1"].first_name == "Newest"
    assert "2025-11-03" not in _everything_kept()


def test_a_later_change_of_settings_is_not_settled_by_the_passes_of_an_earlier_one() -> None:
    tell(school_told(), *TOLD)
    tell(school_told(categories=_but("sen"), version=2))
    _, old = _asked()
    tell(school_told(categories=_but("sen", "staff"), version=3))
    _, new = _asked()
    _refitted(old)
    assert _unsettled() == new.revision > old.revision
    _refitted(new)
    assert _unsettled() is None
    assert "Xanthos" not in _everything_kept()


def test_settings_changed_while_a_pass_walks_are_never_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    tell(school_told(), *TOLD)
    tell(school_told(categories=_but("sen"), version=2))
    _, old = _asked()
    change = changing.change

    def meanwhile(*args: Any) -> None:
        monkeypatch.setattr(changing, "change", change)
        tell(school_told(categories=_but("sen", "staff"), version=3))
        for message in _asked():
            _refitted(message)
        change(*args)

    monkeypatch.setattr(changing, "change", meanwhile)
    _refitted(old)
    assert "Xanthos" not in _everything_kept()
    assert _unsettled() is None


def test_a_school_changed_while_it_is_settled_is_settled_at_its_new_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    tell(school_told(), *TOLD)
    tell(school_told(categories=[], version=2))
    _, last = _asked()

    def beaten(*args: Any) -> bool:
        monkeypatch.setattr(_SAVE_IF, save_if)
        tell(school_told(categories=[], name="Renamed", version=3))
        return save_if(*args)

    monkeypatch.setattr(_SAVE_IF, beaten)
    _refitted(last)
    assert _unsettled() is None
    assert store.find_school(SCHOOL).name == "Renamed"


def test_a_pass_without_time_is_asked_for_again() -> None:
    tell(school_told(), *TOLD)
    tell(school_told(categories=[], version=2))
    _, last = _asked()
    _refitted(last, time_left=timedelta(seconds=59))
    assert _unsettled() is not None
    assert [RefitMessage.model_validate(one) for one in messages("reconciliation")] == [last]


def test_a_pass_killed_at_any_call_and_asked_for_again_ends_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changing, "AT_ONCE", 2)
    tell(school_told(), *TOLD)
    tell(school_told(categories=_but("pupil_name", "contact_name"), version=2))
    _, last = _asked()
    rewind = bookmark_tables()
    with watched(Calls()) as calls:
        _refitted(last)
    expected = _everything_kept()
    for point in calls.points():
        rewind()
        with pytest.raises(Killed), watched(Calls(stop_before=point)):
            _refitted(last)
        _refitted(last)
        assert _state_of(_everything_kept()) == _state_of(expected), point
        assert _unsettled() is None


def _state_of(kept: str) -> list[Any]:
    return [one for one in kept.split('"') if not one.startswith(("change_", "feed_", "row_"))]


def test_what_was_purged_comes_back_when_it_is_authorised_and_told_again() -> None:
    tell(school_told(), *TOLD)
    tell(school_told(categories=_but("pupil_name"), version=2))
    for message in _asked():
        _refitted(message)
    key = key_of(SCHOOL, Thing("pupil", ("pupil-1",)))
    assert heard_of(get_many([key]).get(key)).withheld == ("pupil_name",)
    tell(school_told(version=3))
    tell(*TOLD)
    assert store.find_pupils(SCHOOL, ["pupil-1"])["pupil-1"].full_name == "Aoife Zuckerman"
