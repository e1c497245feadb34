"""Whoever is forgotten is in none of the payments of what they booked, paid, unpaid, or put into a basket (H2)."""

from school_events.bookings import settlement
from school_events.bookings.contributions import service as contributions
from school_events.bookings.instalments import family
from school_events.core.money import pounds
from school_events.payments.model import PaymentState
from tests.support.booked_world import a_school_with_families, as_parent, as_system, book
from tests.support.people import tell
from tests.support.shop import Shop, ledger, shop
from tests.support.tables import everything
from tests.unit.bookings.instalments.owing import a_trip, confirmed, instalments
from tests.unit.privacy.leaving import FORGOTTEN_AT, let_expire, look_at, naming, pupil_left

__all__ = ["shop"]


def _forget(*pupils: str) -> None:
    tell(*(pupil_left(one) for one in pupils))
    for one in pupils:
        look_at("pupil", one)


def test_no_payment_names_who_is_forgotten_and_no_penny_is_lost(shop: Shop) -> None:
    a_school_with_families()
    booked = confirmed(shop, a_trip(), "pupil-1", "pupil-2")
    first, second = instalments(booked)
    basket = family.checkout_together(as_parent(), [first.id, instalments(booked, 1)[0].id])
    shop.pay(basket)
    settlement.apply_payment(as_system(), basket.id)
    contributions.give(as_parent(), booked.booking_ids[0], pounds(500))
    entries = ledger()
    _forget("pupil-1", "pupil-2")
    let_expire(FORGOTTEN_AT, "Idempotency", "Inbox")
    assert {table for table, _, _ in naming(everything(), ["contact-1"])} == {"People"}
    assert ledger() == entries
    assert {one.state for one in instalments(booked)} == {
        PaymentState.MERGED,
        PaymentState.CREATED,
        PaymentState.PAID,
    }
    assert second.payer_id == "contact-1"


def test_holds_that_were_put_together_name_nobody_either(shop: Shop) -> None:
    a_school_with_families()
    trip = a_trip()
    booked = [book(trip, one) for one in ("pupil-1", "pupil-2")]
    family.checkout_together(as_parent(), [one.payment_id or "" for one in booked])
    _forget("pupil-1", "pupil-2")
    let_expire(FORGOTTEN_AT, "Idempotency", "Inbox")
    assert {table for table, _, _ in naming(everything(), ["contact-1"])} == {"People"}
