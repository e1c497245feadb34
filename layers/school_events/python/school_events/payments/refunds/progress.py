"""How far giving back of an event's money has come (B2: who booked what is cancelled has it back)."""

from collections.abc import Iterable

from school_events.core.context import Context
from school_events.events import store as events
from school_events.payments.refunds import store
from school_events.payments.refunds.api import EventRefunds, RefundSum
from school_events.payments.refunds.model import Refund, RefundState


def of_event(ctx: Context, event_id: str) -> EventRefunds:
    """What is to be given back of an event's income, is on its way, went, and failed.

    It costs a read for every few thousand refunds; one that was asked for just now may be missing (an index).

    Raises:
        NotFound: there is no such event.
    """
    events.find_event(ctx.school_id, event_id)
    refunds = list(store.refunds_of_event(ctx.school_id, event_id))
    return EventRefunds(
        event_id=event_id,
        ending=events.is_being_called_off(ctx.school_id, event_id),
        to_do=_sum(refunds, RefundState.ASKED),
        pending=_sum(refunds, RefundState.PENDING),
        made=_sum(refunds, RefundState.MADE),
        failed=_sum((one for one in refunds if one.replaced_by is None), RefundState.FAILED),
    )


def _sum(refunds: Iterable[Refund], state: RefundState) -> RefundSum:
    amounts = [one.amount.amount for one in refunds if one.state is state]
    return RefundSum(count=len(amounts), pence=sum(amounts))
