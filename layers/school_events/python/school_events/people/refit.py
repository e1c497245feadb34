"""Refitting a school to changed settings: what was withdrawn is purged, and leavers' clocks are set anew (A4, H1).

``writing.decide`` marks a school unsettled when it withdraws a category of data or moves its academic year. Every
thing that is held is then walked by key and cut down to what is authorised, wherever it keeps it: names are part of
keys, too. A writer who has read the old settings may write after that; so there are two passes, and only the second,
which begins when no such writer can be left (``upkeep.LONGEST_WRITER``), settles the school.

A pass that stops for want of time is asked for again and passes quickly over what fits already: nothing has to be
kept of where it was.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from school_events.core import logs
from school_events.core.context import Context
from school_events.core.dynamodb import get_many, save_if
from school_events.people import changing, rules, store, upkeep, writing
from school_events.people.heard import heard_of, thing_of
from school_events.people.model import School
from school_events.people.rules import Heard, Thing
from school_events.people.store import HeardItem, SchoolItem
from school_events.people.upkeep import RefitMessage

TO_STOP_IN = timedelta(seconds=60)
"""A pass with less time left than this lets the next one go on."""

ONE_WRITE = timedelta(seconds=60)
"""One round of reading and writing must not outlive the settings it read (``upkeep.LONGEST_WRITER``)."""


def refit(ctx: Context, message: RefitMessage, tell_time: Callable[[], datetime]) -> None:
    """Walk everything a school holds and cut it down to what it authorises now.

    Args:
        ctx: the moment, for that school; the pass stops a minute before its deadline and is asked for again.
        message: which change of settings it is for; one that was settled or overtaken since is passed over.
        tell_time: tells the present instant, UTC.

    Raises:
        Exception: what may pass by itself; trying again does no harm.
    """
    item = _school_item(ctx.school_id)
    school = store.to_school(item)
    if item is None or school is None or not _is_wanted(item, message):
        return
    if not _walk(ctx, school, tell_time):
        upkeep.ask(message)
    elif message.last:
        _settle(ctx, message)


def _is_wanted(item: SchoolItem, message: RefitMessage) -> bool:
    """A later change of settings has asked for passes of its own, which do what this one would."""
    return item.unsettled is not None and int(item.unsettled) == message.revision


def _walk(ctx: Context, school: School, tell_time: Callable[[], datetime]) -> bool:
    """Refit all that is held; says whether there was time for it. What is gone keeps nothing to be cut down."""
    for listing in store.LISTINGS:
        if listing == store.GONE:
            continue
        for items in itertools.batched(store.things(ctx.school_id, listing), changing.AT_ONCE, strict=False):
            now = tell_time()
            if now + TO_STOP_IN >= ctx.deadline:
                return False
            moment = replace(ctx, deadline=now + ONE_WRITE)
            things = [thing_of(item) for item in items if _is_unfit(moment, school, item)]
            if things:
                changing.change(moment, things, _refitted)
                logs.count("ThingsRefitted", len(things))
    return True


def _is_unfit(ctx: Context, school: School, item: HeardItem) -> bool:
    """Whether a thing seems not to fit, as the index knows it: the write decides anew, from what is there."""
    thing = thing_of(item)
    return writing.decide(ctx, school, thing, item, _refitted(school, thing, heard_of(item))) is not None


def _refitted(school: School, _thing: Thing, heard: Heard) -> Heard:
    return rules.refit(heard, school.authorised_categories)


def _settle(ctx: Context, message: RefitMessage) -> None:
    """Say that everything fits, unless the settings were changed again."""
    while (item := _school_item(ctx.school_id)) is not None and _is_wanted(item, message):
        read_at = int(item.revision)
        item.unsettled = None
        item.revision = read_at + 1
        if save_if(item, store.still_at(read_at)):
            return


def _school_item(school_id: str) -> SchoolItem | None:
    key = store.school_key_of(school_id)
    return get_many([key]).get(key)
