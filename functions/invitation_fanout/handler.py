"""Invites and reminds in the background: the rounds that are too large for a request, and pupils who join later."""

from typing import Any

from pydantic import TypeAdapter

from school_events.bookings import gateway
from school_events.bookings.leavers import let_leavers_go
from school_events.bookings.reading import booked_pupils
from school_events.core import clock
from school_events.core.consequences import Inviting, Joining
from school_events.core.workers import context_of, each_record
from school_events.invitations.late_joiners import service as late_joiners
from school_events.invitations.rounds import service as rounds

ASKED: TypeAdapter[Inviting | Joining] = TypeAdapter(Inviting | Joining)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do what a batch of messages asks for; what fails is handed over again by the queue."""

    def work(record: dict[str, Any]) -> None:
        asked = ASKED.validate_json(record["body"])
        ctx = context_of(asked.school_id, "system", "invitation_fanout", context, clock.utc_now())
        if isinstance(asked, Joining):
            late_joiners.consider(ctx, asked, gateway.tell)
            let_leavers_go(ctx, asked.pupil_ids)
        else:
            rounds.work(ctx, asked.event_id, asked.round_id, booked_pupils)

    return each_record(event, work)
