"""The reports there are."""

from collections.abc import Mapping

from school_events.core.context import Context
from school_events.core.errors import Forbidden, NotFound
from school_events.events.store import is_allocated
from school_events.reports.model import Definition, Filters, ReportName
from school_events.reports.participation import PARTICIPATION
from school_events.reports.payments import PAYMENTS

REPORTS: Mapping[ReportName, Definition] = {one.name: one for one in (PARTICIPATION, PAYMENTS)}


def find_report(name: str) -> Definition:
    """A report by its name.

    Raises:
        NotFound: there is none of that name.
    """
    try:
        return REPORTS[ReportName(name)]
    except ValueError:
        raise NotFound from None


def require_reader(ctx: Context, definition: Definition, filters: Filters) -> None:
    """Refuse a caller who may not read a report narrowed so; allocation is read fresh.

    Raises:
        Forbidden: the caller's role may not read it at all, or only for one event and none is named.
        NotFound: the event named is none of the caller's.
    """
    if ctx.has_role(*definition.roles):
        return
    if not (definition.for_allocated_staff and ctx.has_role("staff")):
        raise Forbidden
    if filters.event_id is None:
        raise Forbidden("You may read this for an event you are allocated to: name it in event_id")
    if not is_allocated(ctx.school_id, filters.event_id, ctx.actor.id):
        raise NotFound
