"""Decisions about forgetting people, without I/O and without a clock."""

from collections.abc import Collection, Iterable
from datetime import datetime

from school_events.people import leavers
from school_events.people.model import School
from school_events.people.rules import Heard, Thing


def is_due(thing: Thing, heard: Heard, school: School | None, now: datetime) -> bool:
    """Whether the time of a person, or of a link that was removed, is over.

    Args:
        thing: which.
        heard: what is known of it now.
        school: whose academic year counts.
        now: the present instant, UTC.
    """
    due = leavers.due_of(thing, heard, school, now)
    return due is not None and due[0] == leavers.LEAVER and due[1] <= now


def counts(link: Thing, heard: Heard, school: School | None, now: datetime) -> bool:
    """Whether a link still holds its contact here: it was not removed, or so short ago that it may come back.

    A link that is restricted or has ended holds too: the Portal still says that they belong together.
    """
    if heard.state == "removed":
        return not is_due(link, heard, school, now)
    return heard.state == "current"


def has_lost_last_child(
    links: Iterable[tuple[Thing, Heard]], gone: Collection[str], school: School | None, now: datetime
) -> bool:
    """Whether a contact had children here, and none is left (H1: a parent goes when their last linked child does).

    Args:
        links: every link of the contact there ever was.
        gone: the pupils who are anonymised.
        school: theirs.
        now: the present instant, UTC.
    """
    links = list(links)
    held = any(counts(link, heard, school, now) and link.ids[1] not in gone for link, heard in links)
    return bool(links) and not held
