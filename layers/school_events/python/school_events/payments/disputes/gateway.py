"""Disputes at Stripe."""

from datetime import UTC, datetime
from typing import Any

from school_events.core.context import Context
from school_events.core.money import pounds
from school_events.payments.disputes.model import DisputeMovement, DisputeSnapshot, DisputeState
from school_events.payments.stripe_client import ask, stripe

_STATES = {
    "warning_needs_response": DisputeState.INQUIRY,
    "warning_under_review": DisputeState.INQUIRY,
    "warning_closed": DisputeState.CLOSED,
    "prevented": DisputeState.CLOSED,
    "needs_response": DisputeState.OPEN,
    "under_review": DisputeState.OPEN,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
}
"""Stripe's words, all of its API description; one it adds is a dispute that is still open."""


def find_dispute(ctx: Context, account_id: str, dispute_id: str) -> DisputeSnapshot:
    """A dispute as it is now, with what it moved and whose charge it is about.

    Raises:
        TryAgain: Stripe did not answer.
    """
    dispute = ask(
        ctx,
        lambda: stripe().v1.disputes.retrieve(
            dispute_id, params={"expand": ["charge"]}, options={"stripe_account": account_id}
        ),
    )
    return _snapshot(dispute.to_dict())


def _snapshot(found: dict[str, Any]) -> DisputeSnapshot:
    due_by = (found.get("evidence_details") or {}).get("due_by")
    return DisputeSnapshot(
        id=found["id"],
        charge_id=found["charge"]["id"],
        payment_id=(found["charge"].get("metadata") or {}).get("payment_id"),
        amount=pounds(found["amount"]),
        reason=found["reason"],
        state=_STATES.get(found["status"], DisputeState.OPEN),
        respond_by=datetime.fromtimestamp(due_by, UTC) if due_by else None,
        movements=tuple(
            DisputeMovement(id=moved["id"], amount=moved["amount"], fee=moved["fee"])
            for moved in found["balance_transactions"]
        ),
    )
