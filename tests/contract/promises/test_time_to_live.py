"""What is to vanish by itself says when; what must stay says nothing."""

from datetime import timedelta
from typing import Any

from pydantic import BaseModel

from school_events.bookings import store as bookings
from school_events.core import feed, requests
from school_events.core.requests import Request
from school_events.notifications import rules as notification_rules
from school_events.notifications import store as notifications
from school_events.notifications.model import Device, InboxEntry
from school_events.payments import store as payments
from school_events.payments.events.store import mark_event_done
from school_events.payments.ledger.store import enter_once
from tests.contract import faults
from tests.contract.engines import Engine, broken_by
from tests.contract.things import a_booking, a_change, a_payment, an_entry, written
from tests.support.contexts import NOW, PARENT, SCHOOL, a_context
from tests.support.tables import everything


class Answer(BaseModel):
    """The answer to a request."""

    id: str


def _lives() -> dict[str, timedelta | None]:
    """How long from ``NOW`` each kind of item in the tables has."""
    found: list[dict[str, Any]] = [row for some in everything().values() for row in some]
    return {
        row["kind"]["S"]: timedelta(seconds=int(row["expires_at"]["N"]) - int(NOW.timestamp()))
        if "expires_at" in row
        else None
        for row in found
    }


@broken_by(faults.keeps_for_ever)
def test_what_is_only_for_a_while_says_when_it_vanishes(engine: Engine) -> None:
    entry = InboxEntry(id="entry_1", kind="booked", event_id="event_1", thing="booking", thing_id="b", created_at=NOW)
    notifications.add_entry(a_context(), PARENT, entry)
    notifications.keep_device(SCHOOL, PARENT, Device(id="d", platform="ios", seen_at=NOW))
    written(lambda one: requests.remember(a_context(), one, Request("key-1", "a booking"), Answer(id="a")))
    mark_event_done(SCHOOL, "acct_1", "evt_1", NOW)
    assert _lives() == {
        "inbox_entry": notification_rules.LIFE,
        "device": notification_rules.LIFE,
        "feed_row": feed.LIFE,
        "request": timedelta(hours=24),
        "stripe_event": timedelta(days=40),
    }


@broken_by(faults.ends_everything)
def test_bookings_and_money_stay(engine: Engine) -> None:
    written(lambda one: bookings.create(one, SCHOOL, a_booking(), a_change()))
    payments.payment_item(a_context(), a_payment(), a_change()).save()
    enter_once(a_context(), an_entry())
    assert _lives() == {"booking": None, "guard": None, "payment": None, "ledger_entry": None}
