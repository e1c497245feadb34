"""How a person is forgotten once they are gone: step after step, each safe to do again, each noted when it is done.

A person goes in one transaction, which leaves a running :class:`~school_events.privacy.model.Anonymisation` behind.
Its steps touch only what is older than that moment, since the same id may come back as somebody new.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time

from school_events.core.context import Context
from school_events.core.dynamodb import Refused, Transaction, wait_or_give_up
from school_events.people import rules as people_rules
from school_events.people import writing
from school_events.people.aliases import alias_key
from school_events.people.heard import heard_of, thing_of
from school_events.people.model import School
from school_events.people.store import HeardItem, LinkItem
from school_events.people.writing import Write
from school_events.privacy import store
from school_events.privacy.model import Anonymisation, Step

_MOST_LINKS = 20
"""So many links go in the transaction in which their person goes; what one has more goes right after it."""

type Work = Callable[[Context, Anonymisation], Anonymisation | None]
"""Does one step; returns the anonymisation if the step has added to it."""


def finish(ctx: Context, running: Anonymisation, steps: Mapping[Step, Work]) -> None:
    """Do what is left of an anonymisation, and end it.

    Raises:
        TryAgain: too busy; what is done stays done.
    """
    for step, work in steps.items():
        if step not in running.done:
            running = work(ctx, running) or running
            running = running.model_copy(update={"done": (*running.done, step)})
            store.note(ctx.school_id, running)
    store.end(ctx.school_id, running)


def nobody(ctx: Context) -> str:
    """An id that is nobody's and says nothing: not even when it was made, which could tell whose things were one's."""
    return f"nobody_{ctx.random.getrandbits(128):032x}"


def untraceable(ctx: Context, running: Anonymisation) -> Context:
    """The moment as stamps of anonymised things tell it: the day, and nothing that two things of a person share."""
    day = datetime.combine(running.begun_at.astimezone(UTC).date(), time(), UTC)
    return replace(
        ctx,
        now=day,
        new_id=lambda prefix: f"{prefix}_{ctx.random.getrandbits(128):032x}",
        request_id=f"anonymised-{day:%Y-%m-%d}",
    )


def remove(
    ctx: Context,
    school: School | None,
    person: HeardItem,
    links: Sequence[LinkItem],
    begun: Anonymisation,
    *,
    tell: bool,
) -> bool:
    """Let a person, the mapping of their alias and their links go, and note that they are being forgotten.

    Args:
        ctx: the moment.
        school: theirs.
        person: as they were read.
        links: theirs, as they were read.
        begun: what is to follow.
        tell: whether the contacts of the links are to see that the child is gone.

    Returns:
        Whether it happened; nothing has if anything was written in between.
    """
    thing = thing_of(person)
    transaction = Transaction(ctx)
    transaction.delete(alias_key(ctx.school_id, thing.kind, *thing.ids))
    store.begin(transaction, ctx, begun)
    _add(transaction, anonymise(ctx, school, person), tell=False)
    for link in links[:_MOST_LINKS]:
        _add(transaction, anonymise(ctx, school, link), tell=tell)
    try:
        transaction.commit()
    except Refused:
        return False
    return True


def strip_links(
    ctx: Context, school: School | None, links: Iterable[LinkItem], begun: Anonymisation, *, tell: bool
) -> None:
    """Leave of links no more than their ids, unless they were made or changed since; arguments as of :func:`remove`.

    Raises:
        TryAgain: too busy.
    """
    for link in links:
        current: HeardItem | None = link
        attempt = 0
        while current is not None and current.change.at < begun.begun_at:
            write = anonymise(ctx, school, current)
            if write is None or writing.commit(ctx, [write if tell else replace(write, rows=())]):
                break
            attempt += 1
            wait_or_give_up(ctx, attempt)
            _, current = store.read_thing(ctx.school_id, thing_of(link))


def anonymise(ctx: Context, school: School | None, item: HeardItem) -> Write | None:
    """What is left of a person or a link; nothing to write if it is only that already."""
    thing, heard = thing_of(item), heard_of(item)
    if heard.state == "anonymised":
        return None
    return writing.decide(ctx, school, thing, item, people_rules.anonymised(heard, ctx.now))


def _add(transaction: Transaction, write: Write | None, *, tell: bool) -> None:
    if write is not None:
        writing.add_to(transaction, write if tell else replace(write, rows=()))
