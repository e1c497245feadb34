"""Tellings in from the notification queue; inbox entries and pushes out."""

import random
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from school_events.core import clock, logs
from school_events.core.consequences import Telling
from school_events.core.context import Actor, Context
from school_events.core.ids import new_id
from school_events.notifications.service import deliver

_TIME_FOR_ONE = timedelta(seconds=5)
"""Retries of one telling end by then, so that ten of them fit into the function's time."""

# One bad message never blocks the others, and ten bad ones are reported one by one like one.
_PROCESSOR = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def lambda_handler(event: dict[str, Any], context: Any) -> Any:
    """Deliver a batch; what failed comes again, and after that lands in the dead-letter queue."""
    answer = process_partial_response(event=event, record_handler=_deliver, processor=_PROCESSOR, context=context)
    logs.flush()
    return answer


def _deliver(record: SQSRecord) -> None:
    now = clock.utc_now()
    try:
        telling = Telling.model_validate_json(record.body)
        deliver(
            Context(
                school_id=telling.school_id,
                actor=Actor("system", "notifications"),
                now=now,
                deadline=now + _TIME_FOR_ONE,
                new_id=new_id,
                random=random.SystemRandom(),
                request_id=record.message_id,
            ),
            telling,
        )
    except Exception as error:
        logs.logger.warning("not delivered", message_id=record.message_id, error=type(error).__name__)
        raise
