"""What is due is looked at freshly, and what is really due is done; anything else is only due at another time."""

from school_events.core.context import Context
from school_events.people import link_ends, writing
from school_events.people.heard import heard_of
from school_events.people.rules import Thing
from school_events.people.store import LinkItem
from school_events.privacy import contacts, last_days, pupils, rules, steps, store


def look_at(ctx: Context, thing: Thing) -> None:
    """Do what is due about a pupil, a contact or a link; doing it again, or too early, changes nothing.

    Raises:
        TryAgain: too busy; what is done stays done, and the rest is due again.
    """
    if thing.kind == "pupil":
        pupils.forget(ctx, *thing.ids)
        last_days.look_at(ctx, thing)
    elif thing.kind == "contact":
        contacts.forget(ctx, *thing.ids)
    else:
        _look_at_link(ctx, thing)


def _look_at_link(ctx: Context, thing: Thing) -> None:
    """A link that was removed may have been its contact's last; one that has ended is told to the family."""
    school, item = store.read_thing(ctx.school_id, thing)
    if not isinstance(item, LinkItem):
        return
    if not rules.is_due(thing, heard_of(item), school, ctx.now):
        link_ends.tell_ended(ctx, item)
        return
    contacts.forget(ctx, thing.ids[0])
    write = steps.anonymise(ctx, school, item)
    if write is not None:
        writing.commit(ctx, [write])
