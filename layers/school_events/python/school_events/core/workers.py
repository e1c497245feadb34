"""What every function that works without a caller needs: its moment, and batches in which one failure stays one."""

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from school_events.core import logs
from school_events.core.context import Actor, Context, deadline_of
from school_events.core.ids import new_id
from school_events.core.patience import Patience


def context_of(
    school_id: str,
    who: Literal["portal", "stripe", "system"],
    name: str,
    lambda_context: Any,
    now: datetime,
    patience: Patience | None = None,
) -> Context:
    """The moment of a message or of something due.

    Args:
        school_id: the school it concerns.
        who: what sort of actor it is.
        name: the actor's name, such as ``housekeeping``.
        lambda_context: tells how long the function may still run.
        now: the present instant, UTC.
        patience: what is left of it in a run of many things; a message has its own.
    """
    return Context(
        school_id=school_id,
        actor=Actor(who, name),
        now=now,
        deadline=deadline_of(lambda_context, now),
        new_id=new_id,
        random=random.SystemRandom(),
        request_id=str(lambda_context.aws_request_id),
        origin=name,
        patience=patience or Patience(),
    )


def each_record(event: dict[str, Any], work: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Work on each message of an SQS batch; those that fail stay in the queue, the others are done (F2).

    Args:
        event: what Lambda was given.
        work: handles one record; any error it raises fails that record only.

    Returns:
        SQS's partial batch response.
    """
    failed = []
    for record in event["Records"]:
        try:
            work(record)
        except Exception as error:  # noqa: BLE001 - one bad message never blocks the others
            logs.logger.error("message failed", error=type(error).__name__, message_id=record["messageId"])
            failed.append({"itemIdentifier": record["messageId"]})
    logs.flush()
    return {"batchItemFailures": failed}
