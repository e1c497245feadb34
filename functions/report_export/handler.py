"""Exports made in the background, one message at a time."""

import random
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from school_events.core import clock, logs
from school_events.core.context import Actor, Context
from school_events.core.ids import new_id
from school_events.reports import exporting
from school_events.reports.model import ExportMessage

MOST_RECEIVES = 3
"""Then the queue keeps the message aside (``infra/queues.py``)."""

TIME_TO_CLEAN_UP = timedelta(seconds=20)

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def make_export(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Make the file one message asks for."""
    message = ExportMessage.model_validate_json(record.body)
    left = timedelta(milliseconds=lambda_context.get_remaining_time_in_millis())
    now = clock.utc_now()
    ends_at = now + left - TIME_TO_CLEAN_UP
    ctx = Context(
        school_id=message.school_id,
        actor=Actor("system", "report_export"),
        now=now,
        deadline=ends_at,
        new_id=new_id,
        random=random.SystemRandom(),
        request_id=record.message_id,
        origin="exports queue",
    )
    exporting.make(
        ctx,
        message.export_id,
        is_last_chance=int(record.attributes.approximate_receive_count) >= MOST_RECEIVES,
        is_out_of_time=lambda: clock.utc_now() > ends_at,
    )


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Work off a batch; what fails is handed over again by the queue."""
    answer = process_partial_response(event=event, record_handler=make_export, processor=processor, context=context)
    for kind in {type(error[0]).__name__ for error in processor.exceptions if error[0]}:
        logs.logger.error("export will be tried again", error=kind)
    logs.flush()
    return answer
