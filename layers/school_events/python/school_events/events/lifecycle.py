"""An event's life: published, closed, then completed or cancelled; a draft is deleted, what is over archived (B2).

``rules`` has the table of what is allowed when.
"""

from collections.abc import Callable
from datetime import timedelta

from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import StaleVersion, TryAgain
from school_events.events import rules, store
from school_events.events.api import EventRef, event_ref
from school_events.events.documents import store as documents
from school_events.events.evenings import planning as evenings
from school_events.events.evenings.store import plan_key
from school_events.events.model import SchoolEvent
from school_events.events.news.store import news_item
from school_events.events.session_rules import running
from school_events.events.staffing import feed

PlaceKeeper = Callable[[Context, SchoolEvent], None]
"""Makes or closes an event's places: of ``bookings``, which sits above. Doing it again changes nothing."""

_FINISHED_BY = timedelta(minutes=1)
"""Housekeeping looks after a closing that its own request has not finished by then."""


def publish(ctx: Context, event_id: str, make_places: PlaceKeeper) -> EventRef:
    """Publish a draft: no change is let in any more, its places are made, then families may be invited.

    Asked again after a crash on the way, it finishes; asked again when done, it changes nothing.

    Raises:
        NotFound: there is none.
        WrongState: booking is closed, or would already be over; a parents' evening has no slots, or a teacher who has
            left.
        TryAgain: somebody changed it in the same moment.
    """
    event = store.find_event(ctx.school_id, event_id)
    rules.status_after(event.status, "publish")
    if event.status == "published":
        return event_ref(event)
    rules.check_publishable(event.window.closes_at, ctx.now)
    if event.status == "draft":
        evenings.check_publishable(ctx.school_id, event)
    store.move(ctx, event_id, {"draft"}, "publishing", version=event.version)
    publishing = store.find_event(ctx.school_id, event_id)
    if publishing.status == "draft":
        # It is another draft than the one that was looked at.
        raise TryAgain
    make_places(ctx, publishing)
    store.move(ctx, event_id, {"publishing"}, "published", stamp(ctx, "event.published"))
    return event_ref(store.find_event(ctx.school_id, event_id))


def close(ctx: Context, event_id: str, close_places: PlaceKeeper) -> EventRef:
    """Close booking: first the event, then its free places; housekeeping finishes what is left half done.

    Raises:
        NotFound: there is none.
        WrongState: it is not published.
    """
    event = store.find_event(ctx.school_id, event_id)
    rules.status_after(event.status, "close")
    due = store.CLOSE_PLACES, ctx.now + _FINISHED_BY
    change = stamp(ctx, "event.closed")
    news = news_item(ctx.school_id, event_id, change, "moved_on")
    store.move(ctx, event_id, {"published"}, "closed", change, follow_up=due, beside=news)
    closed = store.find_event(ctx.school_id, event_id)
    finish_closing(ctx, closed, close_places)
    return event_ref(closed)


def finish_closing(ctx: Context, event: SchoolEvent, close_places: PlaceKeeper) -> None:
    """Close the places of a closed event and take it off what is due; doing it again changes nothing."""
    close_places(ctx, event)
    store.has_followed_up(ctx, event)


def cancel(ctx: Context, event_id: str, close_places: PlaceKeeper) -> EventRef:
    """Cancel an event: first the event, then its places; its bookings are ended by housekeeping, which is due at once.

    Raises:
        NotFound: there is none.
        WrongState: nobody knows of it yet, or it is over.
    """
    rules.status_after(store.find_event(ctx.school_id, event_id).status, "cancel")
    due = store.CALL_OFF, ctx.now
    live = rules.statuses_before("cancel", "cancelled")
    change = stamp(ctx, "event.cancelled")
    news = news_item(ctx.school_id, event_id, change, "cancelled")
    store.move(ctx, event_id, live, "cancelled", change, follow_up=due, beside=news)
    cancelled = store.find_event(ctx.school_id, event_id)
    # Somebody may have completed it in the meantime.
    rules.status_after(cancelled.status, "cancel")
    close_places(ctx, cancelled)
    return event_ref(cancelled)


def complete(ctx: Context, event_id: str) -> EventRef:
    """Complete an event that is over; completing it again changes nothing.

    Raises:
        NotFound: there is none.
        WrongState: it is not over, was never published, or is cancelled.
    """
    event = store.find_event(ctx.school_id, event_id)
    rules.status_after(event.status, "complete")
    sessions = running(store.sessions_of(ctx.school_id, event_id))
    rules.check_over(sessions[-1].ends_at if sessions else ctx.now, ctx.now)
    before = rules.statuses_before("complete", "completed")
    change = stamp(ctx, "event.completed")
    news = news_item(ctx.school_id, event_id, change, "moved_on")
    store.move(ctx, event_id, before, "completed", change, beside=news)
    completed = store.find_event(ctx.school_id, event_id)
    # Somebody may have cancelled it in the meantime.
    rules.status_after(completed.status, "complete")
    return event_ref(completed)


def remove(ctx: Context, event_id: str, version: int) -> bool:
    """Delete a draft with all that belongs to it; archive what is completed or cancelled.

    A draft is stamped before it goes, so that its end is in the audit log (H6).

    Args:
        ctx: the moment.
        event_id: which.
        version: the version the caller read.

    Returns:
        Whether it is archived, and not deleted.

    Raises:
        NotFound: there is none.
        StaleVersion: it has changed since that version.
        WrongState: families may still wait for it: cancel or complete it first.
    """
    event = store.find_event(ctx.school_id, event_id)
    if event.version != version:
        raise StaleVersion
    rules.status_after(event.status, "remove")
    if event.archived:
        return True
    is_draft = event.status == "draft"
    details = event.details if is_draft else event.details.model_copy(update={"archived": True})
    gone = SchoolEvent.of(details, event.status, version + 1)
    transaction = Transaction(ctx)
    store.update(transaction, ctx.school_id, gone, stamp(ctx, "event.deleted" if is_draft else "event.archived"))
    if is_draft:
        documents.remove_all(transaction, ctx, event_id)
    transaction.commit()
    if is_draft:
        feed.let_go(ctx, event_id)
        store.delete(ctx, gone, *([plan_key(ctx.school_id, event_id)] if event.kind == "parents_evening" else ()))
    return not is_draft
