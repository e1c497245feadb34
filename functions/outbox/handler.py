"""Table streams in; audit lines, messages of ours and notifications out.

Lambda calls this with records of a table's stream. An operator calls it with an object of the stream-failure
bucket as it is (what Lambda gave up on, kept by the failure destination), and its records are followed again::

    aws s3 cp s3://{failure bucket}/{key} failure.json
    aws lambda invoke --function-name {outbox} --cli-binary-format raw-in-base64-out \\
        --payload file://failure.json answer.json
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from school_events.bookings import consequences as of_bookings
from school_events.bookings.registers import consequences as of_registers
from school_events.bookings.waiting import consequences as of_waiting
from school_events.core import clock, logs
from school_events.core.consequences import ToShow
from school_events.core.workers import context_of
from school_events.events import consequences as of_events
from school_events.events.documents import consequences as of_documents
from school_events.events.staffing import feed
from school_events.invitations import consequences as of_invitations
from school_events.outbox import records
from school_events.outbox.service import Outbox
from school_events.payments import consequences as of_payments
from school_events.people import consequences as of_people
from school_events.people.aliases import aliases_of

OUTBOX = Outbox(
    consequences=(
        of_people.of,
        of_events.of,
        of_documents.of,
        of_invitations.of,
        of_bookings.of,
        of_registers.of,
        of_waiting.of,
        of_payments.of,
    ),
    aliases_of=aliases_of,
)


def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Follow a batch; the stream is taken up again at the first record something did not happen for."""
    if "DDBStreamBatchInfo" in event:
        return replay(event, context)
    failed = OUTBOX.follow(records.records_of(event), partial(show, context))
    logs.flush()
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed[:1]]}


def replay(report: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Follow the records of a failure report again; what was done already is not done twice.

    Args:
        report: an object of the stream-failure bucket.
        context: tells how long the function may still run.

    Returns:
        How many records there were, and the sequence numbers of those that failed again.
    """
    batch = records.records_of_failure(report)
    failed = OUTBOX.follow(batch, partial(show, context))
    logs.flush()
    return {"records": len(batch), "failed": failed}


def show(context: Any, school_id: str, asked: ToShow) -> None:
    """Let the staff of an event see it in their next refresh."""
    ctx = context_of(school_id, "system", "outbox", context, clock.utc_now())
    feed.show(ctx, asked.event_id, asked.what)
