"""What follows from a change of a payment."""

from collections.abc import Mapping
from typing import Any

from school_events.core import clock
from school_events.core.consequences import Consequences, Message, Subject, TellingKind, ToTell
from school_events.core.dynamodb import Item
from school_events.payments.accounts.store import StripeAccountItem
from school_events.payments.attention.store import AttentionItem
from school_events.payments.disputes.rules import NEWS
from school_events.payments.disputes.store import DisputeItem
from school_events.payments.receipts.store import ReceiptItem
from school_events.payments.refunds.store import RefundItem
from school_events.payments.rules import state_for_payer
from school_events.payments.store import PaymentItem

_DUE = frozenset({"payment.reminded", "payment.end_announced"})


_CAME_TO_NOTHING: Mapping[str, TellingKind] = {
    "payment.failed": "payment_failed",
    "payment.debit_failed": "payment_failed",
    "payment.given_back": "payment_failed",
    "payment.paid_twice": "refunded",
}
"""What a payer is told when a debit failed, or when what they paid goes back: not what was asked for, or double."""


def of(item: Item) -> Consequences | None:
    """The consequences of an item's latest change; None if it is nothing of money."""
    if isinstance(item, PaymentItem):
        return _of_payment(item)
    if isinstance(item, DisputeItem):
        news = (_disputed(item),) if item.change.action in NEWS.values() else ()
        return Consequences(Subject("dispute", item.record.id), news)
    subject = _audited(item)
    return None if subject is None else Consequences(subject)


def _audited(item: Item) -> Subject | None:
    """What an item is about from whose changes nothing follows but the audit line."""
    match item:
        case RefundItem():
            return Subject("refund", item.record.id)
        case ReceiptItem():
            return Subject("receipt", item.record.id)
        case StripeAccountItem():
            return Subject("stripe_account", item.record.account_id)
        case AttentionItem():
            return Subject(item.record.thing, item.record.thing_id)
    return None


def _of_payment(item: PaymentItem) -> Consequences:
    subject = Subject("payment", item.record.id)
    if item.change.action == "payment.paid":
        return Consequences(subject, (_received(item),), (_telling(item, "payment_received"),))
    if item.change.action in _CAME_TO_NOTHING:
        return Consequences(subject, (), (_telling(item, _CAME_TO_NOTHING[item.change.action]),))
    if item.change.action in _DUE:
        return Consequences(subject, (), (_telling(item, "payment_due"),))
    if item.change.action == "payment.refunded":
        return Consequences(subject, (_refunded(item),), (_telling(item, "refunded"),))
    if item.change.action == "payment.refund_failed":
        return Consequences(subject, (_refunded(item),), (_telling(item, "refund_failed"),))
    return Consequences(subject)


def _telling(item: PaymentItem, kind: TellingKind) -> ToTell:
    payment = item.record
    return ToTell(
        kind=kind,
        contact_id=payment.payer_id,
        event_id=payment.lines[0].event_id,
        thing="payment",
        thing_id=payment.id,
    )


def _refunded(item: PaymentItem) -> Message:
    payment = item.record
    return Message(
        "PaymentRefunded",
        {
            "version": payment.version,
            "payment_id": payment.id,
            "state": state_for_payer(payment).value,
            "total": payment.amount.model_dump(),
            "refunded": payment.refunded.model_dump(),
        },
    )


def _disputed(item: DisputeItem) -> Message:
    dispute = item.record
    detail: dict[str, Any] = {
        "version": dispute.version,
        "payment_id": dispute.payment_id,
        "dispute_id": dispute.id,
        "state": dispute.state.value,
        "amount": dispute.amount.model_dump(),
    }
    if dispute.respond_by is not None:
        detail["respond_by"] = clock.to_text(dispute.respond_by)
    return Message("PaymentDisputed", detail)


def _received(item: PaymentItem) -> Message:
    payment = item.record
    return Message(
        "PaymentReceived",
        {
            "version": payment.version,
            "payment_id": payment.id,
            "state": payment.state.value,
            "total": payment.amount.model_dump(),
            "received_at": clock.to_text(item.change.at),
        },
    )
