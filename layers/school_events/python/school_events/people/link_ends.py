"""A link whose last day is over: access ended with the day itself, this tells the family's app (A8, F3)."""

from school_events.core import due, feed
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Key, Refused, Transaction
from school_events.people import rules
from school_events.people.heard import thing_of
from school_events.people.store import LinkItem, still_at, to_link


def tell_ended(ctx: Context, item: LinkItem) -> None:
    """Write the row of the contact's feed that says that the child is gone, and take the link out of what is due.

    Both happen once: what is no longer due, or has changed since it was read, is left alone; a change makes its own
    rows and says anew what is due.

    Args:
        ctx: the moment.
        item: a link, as it was read.
    """
    link = to_link(item)
    if item.due_sk is None or item.due_sk > due.due_until(ctx.now):
        return
    if link is None or rules.is_open(link, rules.today(ctx.now)):
        return
    contact_id, pupil_id = thing_of(item).ids
    transaction = Transaction(ctx)
    transaction.update(
        Key(LinkItem, item.pk, item.sk),
        [
            LinkItem.due_pk.remove(),
            LinkItem.due_sk.remove(),
            LinkItem.revision.set(LinkItem.revision + 1),
            LinkItem.change.set(stamp(ctx, "link.ended")),
        ],
        still_at(int(item.revision)),
    )
    transaction.put(feed.row(ctx, "contact", contact_id, thing="child", thing_id=pupil_id, what="removed"))
    try:
        transaction.commit()
    except Refused:
        return
