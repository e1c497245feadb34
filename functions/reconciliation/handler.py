"""Works on whole schools: reconciles with the Portal's daily snapshots, refits to changed settings."""

from typing import Any

from school_events.core import clock
from school_events.core.workers import context_of, each_record
from school_events.people import upkeep
from school_events.people.refit import refit
from school_events.people.snapshots import service as snapshots


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do what a batch of messages asks for, each for as long as there is time; what is left is asked for again."""

    def work(record: dict[str, Any]) -> None:
        message = upkeep.read(record["body"])
        ctx = context_of(message.school_id, "portal", message.kind, context, clock.utc_now())
        if isinstance(message, upkeep.SnapshotMessage):
            snapshots.reconcile(ctx, message, clock.utc_now)
        else:
            refit(ctx, message, clock.utc_now)

    return each_record(event, work)
