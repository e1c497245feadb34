"""Forgetting a pupil whose time is over, and with them the contacts whose last child they were (H1, H2)."""

import itertools
from functools import partial

from school_events.bookings import anonymising as of_bookings
from school_events.core import logs
from school_events.core.context import Actor, Context
from school_events.core.dynamodb import wait_or_give_up
from school_events.invitations import anonymising as of_invitations
from school_events.notifications import anonymising as of_notifications
from school_events.people import groups, writing
from school_events.people.heard import heard_of, thing_of
from school_events.people.rules import Thing
from school_events.people.store import LinkItem
from school_events.privacy import contacts, rules, steps, store
from school_events.privacy.model import Anonymisation, Step
from school_events.privacy.steps import Work


def forget(ctx: Context, pupil_id: str) -> None:
    """Forget a pupil if, looked at freshly, their time is over; go on with it if that has begun.

    Raises:
        TryAgain: too busy; what is done stays done, and the rest is due again.
    """
    running = store.find(ctx.school_id, Thing("pupil", (pupil_id,))) or _begin(ctx, pupil_id)
    if running is not None:
        steps.finish(ctx, running, _STEPS)
        logs.count("PupilsAnonymised")


def _begin(ctx: Context, pupil_id: str) -> Anonymisation | None:
    """Remove a pupil whose time is over; of one who came back, or has time left, only set right when they are due."""
    thing = Thing("pupil", (pupil_id,))
    for attempt in itertools.count(1):
        school, item = store.read_thing(ctx.school_id, thing)
        if item is None:
            return None
        if not rules.is_due(thing, heard_of(item), school, ctx.now):
            moved = writing.decide(ctx, school, thing, item, heard_of(item))
            if writing.commit(ctx, [moved] if moved else []):
                return None
        else:
            links = store.links_of_pupil(ctx.school_id, pupil_id)
            begun = Anonymisation(kind="pupil", person_id=pupil_id, begun_at=ctx.now, contacts=_contacts(links))
            if steps.remove(ctx, school, item, links, begun, tell=True):
                return begun
        wait_or_give_up(ctx, attempt)
    return None


def _contacts(links: list[LinkItem]) -> tuple[str, ...]:
    return tuple(sorted({thing_of(link).ids[0] for link in links}))


def _links(ctx: Context, running: Anonymisation) -> Anonymisation:
    """Links that the index did not show yet, or that were too many."""
    school, _ = store.read_thing(ctx.school_id, Thing("pupil", (running.person_id,)))
    links = store.links_of_pupil(ctx.school_id, running.person_id)
    known = running.model_copy(update={"contacts": tuple(sorted({*running.contacts, *_contacts(links)}))})
    store.note(ctx.school_id, known)
    steps.strip_links(ctx, school, links, known, tell=True)
    return known


def _groups(ctx: Context, running: Anonymisation) -> None:
    groups.forget_pupil(steps.untraceable(ctx, running), running.person_id)


def _invitations(ctx: Context, running: Anonymisation) -> None:
    of_invitations.forget_pupil(ctx, running.person_id, running.begun_at)


def _bookings(ctx: Context, running: Anonymisation) -> None:
    of_bookings.forget_pupil(
        steps.untraceable(ctx, running), running.person_id, running.begun_at, lambda: steps.nobody(ctx)
    )


def _contacts_left(ctx: Context, running: Anonymisation) -> None:
    """Whose last child it was goes as well; who stays forgets what they were told of the child."""
    for contact_id in running.contacts:
        if not contacts.forget(ctx, contact_id):
            person = Actor("contact", contact_id)
            of_notifications.forget_child(
                ctx, person, running.person_id, running.begun_at, partial(of_bookings.nobodys, ctx)
            )


_STEPS: dict[Step, Work] = {
    "links": _links,
    "groups": _groups,
    "invitations": _invitations,
    "bookings": _bookings,
    "contacts": _contacts_left,
}
