"""The Reports table: exports, whose state only moves forward, by conditions; a worker may be called twice (F2)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from school_events.core import settings
from school_events.core.context import Context
from school_events.core.dynamodb import Document, InstantAttribute, Item, Key, Transaction, school_key, update_if
from school_events.core.errors import NotFound, StaleVersion
from school_events.reports.model import ORDER, Export, ExportOrder, ExportState, FailureReason


class ExportItem(Item, discriminator="export"):
    """An export; what moves stands beside the order, which does not."""

    class Meta:
        table_name = settings.table_name("REPORTS")

    state: Annotated[UnicodeAttribute, ORDER] = UnicodeAttribute()
    rows: Annotated[NumberAttribute, ORDER] = NumberAttribute()
    failure: Annotated[UnicodeAttribute, ORDER] = UnicodeAttribute(null=True)
    ready_at: Annotated[InstantAttribute, ORDER] = InstantAttribute(null=True)
    record = Document(ExportOrder)


def export_key(school_id: str, export_id: str) -> Key[ExportItem]:
    """Names an export."""
    return Key(ExportItem, school_key(school_id, "EXPORT", export_id), "EXPORT")


def create(transaction: Transaction, ctx: Context, export: Export) -> None:
    """Write a new export, in a transaction."""
    key = export_key(ctx.school_id, export.order.id)
    item = ExportItem(
        key.pk,
        key.sk,
        state=export.state.value,
        rows=export.rows,
        record=export.order,
        expires_at=int(export.expires_at.timestamp()),
    )
    transaction.create(item, refusal=StaleVersion())


def find_export(school_id: str, export_id: str) -> Export:
    """An export, read strongly.

    Raises:
        NotFound: the school has none of that id.
    """
    key = export_key(school_id, export_id)
    try:
        return _to_export(ExportItem.get(key.pk, key.sk, consistent_read=True))
    except ExportItem.DoesNotExist:
        raise NotFound from None


def begin(school_id: str, export_id: str) -> bool:
    """Start over with an unfinished export; says whether there is still something to do."""
    return _move(school_id, export_id, [ExportItem.state.set(ExportState.RUNNING.value), ExportItem.rows.set(0)])


def note_progress(school_id: str, export_id: str, rows: int) -> bool:
    """Say how many lines are written; says whether anybody still waits for them."""
    return _move(school_id, export_id, [ExportItem.rows.set(rows)])


def finish(school_id: str, export_id: str, rows: int, now: datetime) -> bool:
    """Say that the file is there; says whether this was the call that did."""
    ready = [
        ExportItem.state.set(ExportState.READY.value),
        ExportItem.rows.set(rows),
        ExportItem.ready_at.set(now),
    ]
    return _move(school_id, export_id, ready)


def fail(school_id: str, export_id: str, reason: FailureReason) -> bool:
    """Give an export up; says whether this was the call that did."""
    failed = [ExportItem.state.set(ExportState.FAILED.value), ExportItem.failure.set(reason.value)]
    return _move(school_id, export_id, failed)


def _move(school_id: str, export_id: str, actions: Sequence[Action]) -> bool:
    unfinished = ExportItem.state.is_in(ExportState.QUEUED.value, ExportState.RUNNING.value)
    return update_if(export_key(school_id, export_id), actions, unfinished)


def _to_export(item: ExportItem) -> Export:
    return Export(
        order=item.record,
        state=ExportState(item.state),
        rows=int(item.rows),
        failure=FailureReason(item.failure) if item.failure else None,
        ready_at=item.ready_at,
        expires_at=datetime.fromtimestamp(int(item.expires_at or 0), UTC),
    )
