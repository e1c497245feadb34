"""The slot plans of parents' evenings, in the Events table; their slots are places, of ``bookings``."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from pynamodb.attributes import UnicodeAttribute

from school_events.core import due
from school_events.core.attributes import IdAttribute, ThingKey
from school_events.core.dynamodb import Document, Key, Transaction, school_key, update_if
from school_events.core.errors import TryAgain
from school_events.core.indexes import Due
from school_events.events.evenings.model import SlotPlan
from school_events.events.model import SchoolEvent
from school_events.events.store import EventItem, EventsTableItem, event_key, school_of

SLOTS = "SLOTS"
"""What is due on a slot plan until the slots and the staff of its event have followed it."""


class SlotPlanItem(EventsTableItem, discriminator="slot_plan"):
    """The slot plan of an evening. ``arranger`` is who arranges its slots now: of several, the last to begin."""

    record = Document(SlotPlan)
    event_id: IdAttribute = UnicodeAttribute()
    arranger: IdAttribute = UnicodeAttribute(null=True)
    due_pk: ThingKey = UnicodeAttribute(null=True)
    due_sk: ThingKey = UnicodeAttribute(null=True)
    due: ClassVar[Due] = Due()


def plan_key(school_id: str, event_id: str) -> Key[SlotPlanItem]:
    """Names the slot plan of an evening."""
    return Key(SlotPlanItem, school_key(school_id, "EVENT", event_id), "SLOT_PLAN")


def plan_item(school_id: str, event_id: str, plan: SlotPlan, follow_by: datetime) -> SlotPlanItem:
    """A slot plan as it is kept; what follows from it is due at an instant (UTC)."""
    key = plan_key(school_id, event_id)
    due_pk, due_sk = due.due_key(SLOTS, follow_by, event_id)
    return SlotPlanItem(key.pk, key.sk, record=plan, event_id=event_id, due_pk=due_pk, due_sk=due_sk)


def find_plan(school_id: str, event_id: str) -> SlotPlan | None:
    """The slot plan of an evening, read strongly, if it has one."""
    key = plan_key(school_id, event_id)
    try:
        return SlotPlanItem.get(key.pk, key.sk, consistent_read=True).record
    except SlotPlanItem.DoesNotExist:
        return None


def begin_arranging(school_id: str, event_id: str, arranger: str) -> bool:
    """Note who arranges the slots of an evening from now on, which stops who did before; not, if it has no plan."""
    return update_if(plan_key(school_id, event_id), [SlotPlanItem.arranger.set(arranger)], SlotPlanItem.record.exists())


def require_arranging(transaction: Transaction, school_id: str, event_id: str, arranger: str, status: str) -> None:
    """Only go ahead, in a transaction, while nobody else arranges the slots and the event has this status.

    Refused with :class:`TryAgain`.
    """
    transaction.check(plan_key(school_id, event_id), SlotPlanItem.arranger == arranger, refusal=TryAgain())
    transaction.check(event_key(school_id, event_id), EventItem.status == status, refusal=TryAgain())


def require_unchanged(transaction: Transaction, school_id: str, event: SchoolEvent) -> None:
    """Only go ahead, in a transaction, while an event is as it was read; refused with ``Refused``."""
    transaction.check(event_key(school_id, event.id), EventItem.version == event.version)


def has_followed(school_id: str, event_id: str, plan: SlotPlan) -> None:
    """Take a plan off what is due, unless it is another by now; doing it again changes nothing."""
    actions = [SlotPlanItem.due_pk.remove(), SlotPlanItem.due_sk.remove()]
    update_if(plan_key(school_id, event_id), actions, SlotPlanItem.record == plan)


def put_off(school_id: str, event_id: str, plan: SlotPlan, until: datetime) -> None:
    """Make what follows from a plan due later (UTC), unless it is another by now."""
    due_pk, due_sk = due.due_key(SLOTS, until, event_id)
    actions = [SlotPlanItem.due_pk.set(due_pk), SlotPlanItem.due_sk.set(due_sk)]
    update_if(plan_key(school_id, event_id), actions, SlotPlanItem.record == plan)


def due_plans(now: datetime) -> Iterator[tuple[str, str, SlotPlan]]:
    """Plans from which something is still to follow, as (school, event, plan), oldest first.

    Args:
        now: the present instant, UTC.
    """
    for item in due.sweep(SLOTS, now, lambda pk, end: SlotPlanItem.due.query(pk, Due.due_sk <= end)):
        yield school_of(item), item.event_id, item.record
