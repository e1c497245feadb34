"""What follows from a refund: who paid is told, and our message says what went back, or came back after all (F1)."""

import json

from school_events.core.consequences import Consequences
from school_events.messages.school_events import SCHOOL_EVENT_MESSAGES
from school_events.payments import consequences
from school_events.payments.model import Payment
from school_events.payments.store import PaymentItem, payment_key
from tests.support.contexts import SCHOOL
from tests.support.shop import Shop
from tests.unit.payments.refunds.giving_back import ask, hear


def _followed(payment: Payment) -> Consequences:
    key = payment_key(SCHOOL, payment.id)
    found = consequences.of(PaymentItem.get(key.pk, key.sk, consistent_read=True))
    assert found is not None
    return found


def test_who_paid_is_told_and_the_message_keeps_to_its_schema(shop: Shop, payment: Payment) -> None:
    ask(payment, (0, 500))
    followed = _followed(payment)
    [message] = followed.messages
    assert [(one.kind, one.contact_id) for one in followed.tellings] == [("refunded", "contact-1")]
    common = {"school_id": SCHOOL, "message_id": "m1", "occurred_at": "2026-11-23T09:00:00Z"}
    told = (
        SCHOOL_EVENT_MESSAGES[message.type].model_validate_json(json.dumps(common | dict(message.detail))).model_dump()
    )
    assert (told["state"], told["refunded"]["amount"], told["total"]["amount"]) == ("part_refunded", 500, 2500)


def test_a_refund_that_failed_is_told_to_systems_and_to_who_waits_for_it(shop: Shop, payment: Payment) -> None:
    [refund] = ask(payment, (0, 500))
    shop.server.dashboard.fail_refund(refund.stripe_id or "")
    hear(payment)
    followed = _followed(payment)
    [message] = followed.messages
    assert (message.type, message.detail["state"], message.detail["refunded"]["amount"]) == (
        "PaymentRefunded",
        "paid",
        0,
    )
    assert [(one.kind, one.contact_id) for one in followed.tellings] == [("refund_failed", "contact-1")]
