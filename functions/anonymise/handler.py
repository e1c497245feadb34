"""Forgets people: a message for each that is due, looked at freshly before anything happens."""

from typing import Any

from school_events.core import clock
from school_events.core.workers import context_of, each_record
from school_events.privacy import service
from school_events.privacy.model import Forget


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Deal with a batch; what fails is handed over again by the queue, and by the next retention run."""

    def work(record: dict[str, Any]) -> None:
        message = Forget.model_validate_json(record["body"])
        ctx = context_of(message.school_id, "system", "anonymise", context, clock.utc_now())
        service.look_at(ctx, message.thing)

    return each_record(event, work)
