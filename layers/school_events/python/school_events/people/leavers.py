"""When a person is to be looked at: after their last day, and when they are to be forgotten (H1), as pure decisions."""

from datetime import UTC, date, datetime, time, timedelta

from school_events.core import clock
from school_events.people.model import Link, School
from school_events.people.rules import Heard, Thing, instant_of

VISIBLE_YEARS = 2
"""A leaver stays visible for two full academic years after the one in which they left (H1)."""

REMOVED_FOR = timedelta(days=30)
"""So long after a removal at the source the rest of a person is kept: a record removed by mistake comes back soon."""

_NO_END = 9999
"""Some systems write the last year there is where there is no end."""

LEAVER, LAST_DAY, LINK_END = "LEAVER", "LAST_DAY", "LINK_END"
"""Kinds of what is due: a person to anonymise; a pupil, or a link, whose last day is over."""


def anonymise_on(left_on: date, academic_year_start: str) -> date:
    """The first day on which a leaver is no longer visible.

    Args:
        left_on: the last day on roll, local.
        academic_year_start: ``MM-DD``, a day of every year.
    """
    year = left_on.year
    while _start(year, academic_year_start) <= left_on:
        year += 1
    return _start(year + VISIBLE_YEARS, academic_year_start)


def due_of(thing: Thing, heard: Heard, school: School | None, now: datetime) -> tuple[str, datetime] | None:
    """What is next to be done about a thing, and from when on (UTC); nothing if nothing is.

    Of a pupil whose last day was told in advance that is when it is over. Who left goes when the leaver clock has run
    down. A pupil or contact removed at the source goes some time
    after. Where a link was removed, its contact may have lost their last child: that too is looked at some time after.
    A link that ends by its date is to be told to the family when that day is over.

    Args:
        thing: which.
        heard: what is known of it.
        school: whose academic year counts; none is as one that starts on 1 September.
        now: the present instant, UTC.
    """
    if thing.kind == "pupil" and heard.state == "left" and heard.left_on:
        left_at = midnight(heard.left_on + timedelta(days=1))
        if now < left_at:
            return LAST_DAY, left_at
        start = school.academic_year_start if school else "09-01"
        return LEAVER, midnight(anonymise_on(heard.left_on, start))
    if thing.kind in {"pupil", "contact", "link"} and heard.state == "removed":
        return LEAVER, instant_of(heard.removed) + REMOVED_FOR
    if isinstance(heard.details, Link) and heard.details.ends_on and heard.details.ends_on.year < _NO_END:
        return LINK_END, midnight(heard.details.ends_on + timedelta(days=1))
    return None


def midnight(day: date) -> datetime:
    """The instant at which a local day begins, UTC."""
    return datetime.combine(day, time(), clock.LONDON).astimezone(UTC)


def _start(year: int, academic_year_start: str) -> date:
    return date.fromisoformat(f"{year}-{academic_year_start}")
