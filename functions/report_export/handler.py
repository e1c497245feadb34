"""Exports made in the background, one message at a time."""

from datetime import timedelta
from typing import Any

from school_events.core import clock
from school_events.core.workers import context_of, each_record
from school_events.reports import exporting
from school_events.reports.model import ExportMessage

MOST_RECEIVES = 3
"""Then the queue keeps the message aside (``infra/queues.py``)."""

TIME_TO_CLEAN_UP = timedelta(seconds=15)
"""Enough to put the file into the bucket, or to say that there will be none."""


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Make the files a batch of messages asks for; what fails is handed over again by the queue."""

    def work(record: dict[str, Any]) -> None:
        message = ExportMessage.model_validate_json(record["body"])
        ctx = context_of(message.school_id, "system", "report_export", context, clock.utc_now())
        exporting.make(
            ctx,
            message.export_id,
            is_last_chance=int(record["attributes"]["ApproximateReceiveCount"]) >= MOST_RECEIVES,
            is_out_of_time=lambda: clock.utc_now() > ctx.deadline - TIME_TO_CLEAN_UP,
        )

    return each_record(event, work)
