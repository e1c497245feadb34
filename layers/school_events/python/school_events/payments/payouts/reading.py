"""Pages of a school's payouts, and of what one is made of."""

from school_events.core import cursors
from school_events.core.context import Context
from school_events.core.http import Page
from school_events.payments.payouts import store
from school_events.payments.payouts.api import PayoutPage, PayoutView, line_view, payout_view
from school_events.people.readings import note_reading

_PAGE = 50
_LINES = 200


def page(ctx: Context, cursor: str | None) -> Page[PayoutView]:
    """A page of the school's payouts, newest first; they are sums, which name nobody, and not in the audit log.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    scope = f"{ctx.school_id}/payouts"
    after = cursors.open_cursor(cursor, scope)["after"] if cursor else None
    found = store.payouts_of_school(ctx.school_id, after=after, limit=_PAGE + 1)
    more = cursors.seal({"after": found[_PAGE - 1][1]}, scope) if len(found) > _PAGE else None
    return Page(items=[payout_view(one) for one, _ in found[:_PAGE]], next_cursor=more)


def show(ctx: Context, payout_id: str, cursor: str | None) -> PayoutPage:
    """A payout, and a page of what it is made of; in the audit log, since it tells who paid how much (H6).

    Raises:
        NotFound: the school has none of that id.
        Invalid: the cursor is not one of this list.
    """
    payout = store.known(ctx.school_id, payout_id)
    scope = f"{ctx.school_id}/payouts/{payout_id}"
    after = cursors.open_cursor(cursor, scope)["after"] if cursor else None
    found = store.lines_of(ctx.school_id, payout_id, after=after, limit=_LINES + 1)
    note_reading(ctx, "payout.read", "payout", payout_id)
    more = cursors.seal({"after": found[_LINES - 1].transaction_id}, scope) if len(found) > _LINES else None
    return PayoutPage(payout=payout_view(payout), items=[line_view(one) for one in found[:_LINES]], next_cursor=more)
