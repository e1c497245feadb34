"""Forgetting a contact: removed by the Portal long enough ago, or without any child left here (H1, H2)."""

import itertools
from collections.abc import Sequence

from school_events.bookings import anonymising as of_bookings
from school_events.core import logs
from school_events.core.context import Actor, Context
from school_events.core.dynamodb import wait_or_give_up
from school_events.invitations import anonymising as of_invitations
from school_events.notifications import anonymising as of_notifications
from school_events.people import access, groups, writing
from school_events.people.heard import heard_of, thing_of
from school_events.people.model import School
from school_events.people.rules import Thing
from school_events.people.store import LinkItem
from school_events.privacy import rules, steps, store
from school_events.privacy.model import Anonymisation, Step
from school_events.privacy.steps import Work


def forget(ctx: Context, contact_id: str) -> bool:
    """Forget a contact if, looked at freshly, they are to go; go on with it if that has begun.

    Returns:
        Whether they are gone.

    Raises:
        TryAgain: too busy; what is done stays done, and the rest is due again.
    """
    running = store.find(ctx.school_id, Thing("contact", (contact_id,))) or _begin(ctx, contact_id)
    if running is None:
        contact, _ = store.partition_of_contact(ctx.school_id, contact_id)
        return contact is not None and contact.state == "anonymised"
    steps.finish(ctx, running, _STEPS)
    logs.count("ContactsAnonymised")
    return True


def _begin(ctx: Context, contact_id: str) -> Anonymisation | None:
    """Remove a contact who is to go; of who stays, only set right when they are to be looked at again."""
    thing = Thing("contact", (contact_id,))
    for attempt in itertools.count(1):
        school, _ = store.read_thing(ctx.school_id, thing)
        contact, links = store.partition_of_contact(ctx.school_id, contact_id)
        if contact is None or contact.state == "anonymised":
            return None
        if not rules.is_due(thing, heard_of(contact), school, ctx.now) and not _has_lost_last_child(ctx, school, links):
            moved = writing.decide(ctx, school, thing, contact, heard_of(contact))
            if writing.commit(ctx, [moved] if moved else []):
                return None
        else:
            begun = Anonymisation(
                kind="contact", person_id=contact_id, begun_at=ctx.now, successor=_successor(ctx, contact_id)
            )
            if steps.remove(ctx, school, contact, links, begun, tell=False):
                return begun
        wait_or_give_up(ctx, attempt)
    return None


def _has_lost_last_child(ctx: Context, school: School | None, links: Sequence[LinkItem]) -> bool:
    known = [(thing_of(link), heard_of(link)) for link in links]
    gone = groups.anonymised_among(ctx.school_id, [link.ids[1] for link, heard in known if heard.state == "current"])
    return rules.has_lost_last_child(known, gone, school, ctx.now)


def _successor(ctx: Context, contact_id: str) -> str | None:
    """Who has taken a contact over, if the Portal has merged them into somebody who is here."""
    now = access.persons_now(ctx.school_id, [contact_id])[contact_id]
    return None if now == contact_id else now


def _links(ctx: Context, running: Anonymisation) -> None:
    """Links that were too many for one transaction."""
    school, _ = store.read_thing(ctx.school_id, Thing("contact", (running.person_id,)))
    _, links = store.partition_of_contact(ctx.school_id, running.person_id)
    steps.strip_links(ctx, school, links, running, tell=False)


def _told(ctx: Context, running: Anonymisation) -> None:
    of_notifications.forget_person(ctx, Actor("contact", running.person_id), running.begun_at)


def _invitations(ctx: Context, running: Anonymisation) -> None:
    of_invitations.forget_contact(
        steps.untraceable(ctx, running), running.person_id, _children(ctx, running), running.begun_at
    )


def _bookings(ctx: Context, running: Anonymisation) -> None:
    """Who takes the contact over has their bookings and payments from now on; else nobody has."""
    of_bookings.forget_contact(
        steps.untraceable(ctx, running),
        running.person_id,
        _children(ctx, running),
        running.begun_at,
        lambda: running.successor or steps.nobody(ctx),
        taken_over=running.successor is not None,
    )


def _children(ctx: Context, running: Anonymisation) -> list[str]:
    """Every child the contact was ever linked to: removed links keep their ids for this."""
    _, links = store.partition_of_contact(ctx.school_id, running.person_id)
    return sorted({thing_of(link).ids[1] for link in links})


_STEPS: dict[Step, Work] = {
    "links": _links,
    "told": _told,
    "invitations": _invitations,
    "bookings": _bookings,
}
