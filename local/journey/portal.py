"""The steps in which the Portal speaks again: what it says counts at the next request; every night it says it all."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

from local import snapshots
from local.demo_school import CAST, DemoSchool, build, portal_messages
from local.demo_school.model import Pupil
from local.journey.traveller import Journey, promise


def court_order(journey: Journey) -> str:
    """One parent is kept away from one child, who is none of theirs at the next request; then it is taken back."""
    kept_away = CAST.two_children[0]
    _tell_link(journey, kept_away, restricted=True)
    journey.await_("the court order", lambda: kept_away not in _children(journey) or None)
    others = _children(journey)
    promise(CAST.two_children[1] in others, "the other child is shut away too")
    invited = {one["pupil_id"] for one in journey.get("other-parent-of-two", "/me/invitations")["items"]}
    promise(kept_away not in invited, "an invitation of the child is still shown")
    _tell_link(journey, kept_away, restricted=False)
    journey.await_("its end", lambda: kept_away in _children(journey) or None)
    return "no child, no invitation at the next request; all back when it ended"


def late_joiner(journey: Journey) -> str:
    """A pupil who moves up into the residential's audience is invited by that alone; then the move is taken back."""
    (pupil,) = [one for one in build().pupils if one.id == CAST.children_across_years[-1]]
    trip = journey.things["residential"]
    _tell_pupil(journey, replace(pupil, year=8))
    journey.await_("the late joiner's invitation", lambda: (pupil.id, trip) in _invited(journey) or None)
    _tell_pupil(journey, pupil)
    where = f"/pupils/{pupil.id}"
    journey.await_("the pupil's own year", lambda: journey.get("admin", where)["year_group"] == str(pupil.year) or None)
    return "invited as the Portal told of it"


def nightly_snapshot(journey: Journey) -> str:
    """The whole school once more: nothing is missing, wrong or too much, and an administrator can read that."""
    school = build()
    published = snapshots.publish(journey.stage, school.id, portal_messages(school), datetime.now(UTC))
    snapshots.report(journey.stage, published)
    seen = next(one for one in journey.get("admin", "/snapshots")["items"] if one["portal_id"] == published.id)
    promise(seen["state"] == "finished", f"the snapshot is {seen['state']}")
    drift = {sort: seen["drift"][sort] for sort in ("missing", "wrong", "extra")}
    promise(not any(sum(kinds.values()) for kinds in drift.values()), f"the messages had left something: {drift}")
    return f"{seen['records']:,} records compared"


def _children(journey: Journey) -> set[str]:
    me = journey.get("other-parent-of-two", "/v1/me")
    return {child["id"] for membership in me["memberships"] for child in membership["children"]}


def _invited(journey: Journey) -> set[tuple[str, str]]:
    mine = journey.get("parent-across-years", "/me/invitations")["items"]
    return {(one["pupil_id"], one["event"]["id"]) for one in mine}


def _tell_pupil(journey: Journey, pupil: Pupil) -> None:
    _tell(journey, replace(build(), staff=(), pupils=(pupil,), groups=(), contacts=(), links=()))


def _tell_link(journey: Journey, pupil_id: str, *, restricted: bool) -> None:
    school = build()
    (link,) = [one for one in school.links if (one.contact_id, one.pupil_id) == (CAST.other_parent_of_two, pupil_id)]
    told = replace(link, restricted=restricted)
    _tell(journey, replace(school, staff=(), pupils=(), groups=(), contacts=(), links=(told,)))


def _tell(journey: Journey, one_thing: DemoSchool) -> None:
    # A journey can be made again on the same stage, so versions follow the clock.
    version = time.time_ns() // 1_000_000
    *_, told = portal_messages(one_thing, datetime.now(UTC), version=version)
    journey.stage.publish([told])
