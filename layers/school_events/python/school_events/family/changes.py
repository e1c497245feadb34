"""From rows of the change feed to what the caller is shown: which things, what happened, what they are now."""

from collections.abc import Iterable, Mapping
from typing import cast

from school_events.bookings.model import Booking
from school_events.bookings.store import live_bookings_of_pupils
from school_events.bookings.waiting.reading import family_views, live_turns
from school_events.bookings.waiting.store import find_entries
from school_events.core.context import Context
from school_events.family import reading, working
from school_events.family.api import ChangeView, Content, Thing, What
from school_events.invitations.model import Invitation, event_and_pupil, invitation_id
from school_events.invitations.store import find_invitations, invitations_of_pupils
from school_events.notifications import rules, store
from school_events.notifications.model import InboxEntry
from school_events.notifications.sync import Row

type _Name = tuple[Thing, str]


class _Named:
    """The things to show, in the order they were first named, and what happened to each.

    A thing that a row names is shown as ``removed`` if it is not there to be seen; one that only follows from
    another (a place that was booked changes its invitation) is then not shown at all.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._what: dict[_Name, What] = {}
        for row in rows:
            self.add(cast(Thing, row.thing), row.thing_id, cast(What, row.what))
        self._by_rows = frozenset(self._what)

    def add(self, thing: Thing, thing_id: str, what: What) -> None:
        """Something happened to a thing; what was created in this page stays created, whatever follows."""
        before = self._what.get((thing, thing_id))
        self._what[thing, thing_id] = "created" if "created" in {before, what} else what

    def ids(self, thing: Thing, *, what: What | None = None) -> list[str]:
        """The ids of one kind of thing, or only of those this happened to."""
        return [name for (kind, name), one in self._what.items() if kind == thing and what in {None, one}]

    def shown(self, contents: Mapping[_Name, Content]) -> list[ChangeView]:
        """Every thing with what it is now."""
        return [
            ChangeView(thing=thing, id=name, what=_what_now(what, content), content=content)
            for (thing, name), what in self._what.items()
            if (content := contents.get((thing, name))) or (thing, name) in self._by_rows
        ]


def _what_now(what: What, content: Content | None) -> What:
    """What happened to a thing, in the light of whether it is there: it may have gone since, or come back."""
    if content is None:
        return "removed"
    return "created" if what == "removed" else what


def created(thing: Thing, content: Content) -> ChangeView:
    """A thing the caller's app does not know yet."""
    return ChangeView(thing=thing, id=content.id, what="created", content=content)


def of_rows(ctx: Context, rows: Iterable[Row]) -> list[ChangeView]:
    """What rows of the caller's feed speak of, and what follows from it, as it is now.

    Only what the caller may see now is shown; the rows may be older than a cut link (A8).
    """
    named = _Named(rows)
    pupils = reading.open_pupils(ctx)
    entries = [
        entry
        for entry in store.find_entries(ctx.school_id, ctx.actor, named.ids("inbox_entry")).values()
        if rules.may_see(entry, pupils)
    ]
    contents = _by_name("inbox_entry", reading.entry_views(ctx, entries))
    if pupils is None:
        contents |= _by_name("event", working.events(ctx, named.ids("event")))
    else:
        contents |= _family_contents(ctx, named, entries, pupils)
    return named.shown(contents)


def _family_contents(
    ctx: Context, named: _Named, entries: Iterable[InboxEntry], pupils: frozenset[str]
) -> dict[_Name, Content]:
    _name_what_was_told(named, entries, pupils)
    _name_places(ctx, named, entries, pupils)
    children = reading.children(ctx, pupils.intersection(named.ids("child")))
    _name_all_of(ctx, named, pupils.intersection(named.ids("child", what="created")))
    bookings = [one for one in reading.bookings_by_id(ctx, named.ids("booking")) if one.pupil_id in pupils]
    _name_what_bookings_change(named, bookings)
    invitations = [one for one in _invitations(ctx, named.ids("invitation")) if one.pupil_id in pupils]
    return (
        _by_name("child", children)
        | _by_name("booking", reading.booking_views(ctx, bookings))
        | _by_name("invitation", reading.invitation_views(ctx, invitations, pupils))
        | _by_name("waiting", family_views(ctx, find_entries(ctx.school_id, named.ids("waiting")).values(), pupils))
        | _by_name("payment", reading.payment_views(ctx, named.ids("payment"), pupils))
    )


def _by_name(thing: Thing, contents: Iterable[Content]) -> dict[_Name, Content]:
    return {(thing, content.id): content for content in contents}


def _name_what_was_told(named: _Named, entries: Iterable[InboxEntry], pupils: frozenset[str]) -> None:
    """An inbox entry's row stands for what the entry is about as well: one row less to write for each person told.

    Of an event a person is told once, and it concerns all of their children who are invited.
    """
    for entry in entries:
        if entry.thing == "invitation":
            named.add("invitation", entry.thing_id, "created" if entry.kind == "invited" else "changed")
        elif entry.thing == "event" and entry.pupil_id is not None:
            for pupil_id in sorted(pupils):
                named.add("invitation", invitation_id(entry.event_id, pupil_id), "changed")
        elif entry.thing == "booking":
            for booking_id in (entry.thing_id, *entry.others):
                named.add("booking", booking_id, "changed")
        elif entry.thing == "payment":
            named.add("payment", entry.thing_id, "changed")
        elif entry.thing == "waiting":
            named.add("waiting", entry.thing_id, "changed")


def _name_places(ctx: Context, named: _Named, entries: Iterable[InboxEntry], pupils: frozenset[str]) -> None:
    """A place is shown with its event, and whether it is to be answered for anew: it changes with the event."""
    events = {entry.event_id for entry in entries if entry.thing == "event" or entry.kind == "consent_asked"}
    for booking in live_bookings_of_pupils(ctx.school_id, sorted(pupils)) if events else ():
        if booking.event_id in events:
            named.add("booking", booking.id, "changed")


def _name_all_of(ctx: Context, named: _Named, new_children: Iterable[str]) -> None:
    """A child who becomes the caller's brings along everything there is about them, and what the caller has paid."""
    new_children = sorted(new_children)
    if not new_children:
        return
    for invitation in invitations_of_pupils(ctx.school_id, new_children):
        named.add("invitation", invitation.id, "created")
    for booking in reading.bookings_of(ctx, new_children):
        named.add("booking", booking.id, "created")
        for payment_id in reading.payments_of([booking]):
            named.add("payment", payment_id, "created")
    for ref in live_turns(ctx, new_children):
        named.add("waiting", ref, "created")


def _name_what_bookings_change(named: _Named, bookings: Iterable[Booking]) -> None:
    """A booking changes how the place of its invitation stands, and what is due later is written with it."""
    for booking in bookings:
        named.add("invitation", invitation_id(booking.event_id, booking.pupil_id), "changed")
        for payment_id in booking.further_payments:
            named.add("payment", payment_id, "changed")


def _invitations(ctx: Context, ids: Iterable[str]) -> list[Invitation]:
    by_event: dict[str, list[str]] = {}
    for event_id, pupil_id in map(event_and_pupil, ids):
        by_event.setdefault(event_id, []).append(pupil_id)
    return [
        invitation
        for event_id, pupil_ids in by_event.items()
        for invitation in find_invitations(ctx.school_id, event_id, pupil_ids).values()
    ]
