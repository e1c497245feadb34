"""Which of Stripe's events were applied, and how far each account's were asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pynamodb.attributes import UnicodeAttribute

from school_events.core import due
from school_events.core.attributes import ThingKey
from school_events.core.dynamodb import InstantAttribute, Key, get_rows, put_if_absent, school_key, update_if
from school_events.core.indexes import Due
from school_events.core.inventory import Category, Kept, Purpose, Retention
from school_events.payments.store import PaymentsTableItem

STRIPE_SWEEP = "STRIPE_SWEEP"
"""The kind of due thing an account is whose events are to be asked for."""

EVENTS_REMEMBERED = timedelta(days=40)
"""Stripe retries for three days and lists events for thirty; ours outlive both."""

_STRIPE_EVENT = Kept(Category.IDENTIFIER, Purpose.WORKING, Retention.STRIPE)
_SWEPT = Kept(Category.TECHNICAL, Purpose.WORKING, Retention.CONTRACT)


class StripeEventItem(PaymentsTableItem, discriminator="stripe_event"):
    """A Stripe event that was applied."""

    pk: Annotated[UnicodeAttribute, _STRIPE_EVENT]


class StripeSweepItem(PaymentsTableItem, discriminator="stripe_sweep"):
    """Until when the events of an account were asked for; due when they are to be asked for again."""

    due = Due()
    due_pk: ThingKey = UnicodeAttribute()
    due_sk: ThingKey = UnicodeAttribute()
    swept_until: Annotated[InstantAttribute, _SWEPT] = InstantAttribute()


@dataclass(frozen=True)
class Sweep:
    """An account whose events are to be asked for.

    Args:
        school_id: whose.
        account_id: Stripe's ``acct_…``.
        swept_until: what happened before is done, UTC.
    """

    school_id: str
    account_id: str
    swept_until: datetime


def event_is_done(school_id: str, account_id: str, stripe_event_id: str) -> bool:
    """Whether an event of an account was applied already."""
    key = _event_key(school_id, account_id, stripe_event_id)
    return StripeEventItem.count(key.pk, consistent_read=True) > 0


def done_among(school_id: str, account_id: str, stripe_event_ids: Sequence[str]) -> set[str]:
    """Which of up to 100 events of an account were applied already, read strongly."""
    keys = {one: _event_key(school_id, account_id, one) for one in stripe_event_ids}
    found = {pk for _, pk, _ in get_rows(keys.values(), ("kind",))} if keys else set()
    return {one for one, key in keys.items() if key.pk in found}


def mark_event_done(school_id: str, account_id: str, stripe_event_id: str, now: datetime) -> None:
    """Note that a Stripe event was applied; only ever after it was (PAYMENTS.md "Webhook")."""
    key = _event_key(school_id, account_id, stripe_event_id)
    put_if_absent(StripeEventItem(key.pk, key.sk, expires_at=int((now + EVENTS_REMEMBERED).timestamp())))


def sweep_item(school_id: str, account_id: str, now: datetime) -> StripeSweepItem:
    """An account whose events are asked for from now (UTC) on, as it is kept."""
    key = _sweep_key(school_id, account_id)
    due_pk, due_sk = due.due_key(STRIPE_SWEEP, now, _due_id(school_id, account_id))
    return StripeSweepItem(key.pk, key.sk, due_pk=due_pk, due_sk=due_sk, swept_until=now)


def begin_sweeps(school_id: str, account_id: str, now: datetime) -> None:
    """Have an account's events asked for from now (UTC) on, unless they are already."""
    put_if_absent(sweep_item(school_id, account_id, now))


def due_sweeps(now: datetime) -> Iterator[Sweep]:
    """The accounts whose events are to be asked for by now, oldest hour first.

    Args:
        now: the present instant, UTC.
    """
    for item in due.sweep(
        STRIPE_SWEEP, now, lambda pk, end: StripeSweepItem.due.query(pk, StripeSweepItem.due_sk <= end)
    ):
        yield Sweep(item.pk.split("#")[1], item.sk.split("#")[1], item.swept_until)


def keep_swept(sweep: Sweep, until: datetime, again_at: datetime) -> None:
    """Note until when an account's events were asked for, and when they are to be next (both UTC)."""
    due_pk, due_sk = due.due_key(STRIPE_SWEEP, again_at, _due_id(sweep.school_id, sweep.account_id))
    actions = [
        StripeSweepItem.swept_until.set(until),
        StripeSweepItem.due_pk.set(due_pk),
        StripeSweepItem.due_sk.set(due_sk),
    ]
    update_if(_sweep_key(sweep.school_id, sweep.account_id), actions, StripeSweepItem.pk.exists())


def _event_key(school_id: str, account_id: str, stripe_event_id: str) -> Key[StripeEventItem]:
    return Key(StripeEventItem, school_key(school_id, "STRIPE_EVENT", account_id, stripe_event_id), "STRIPE_EVENT")


def _sweep_key(school_id: str, account_id: str) -> Key[StripeSweepItem]:
    return Key(StripeSweepItem, school_key(school_id), f"STRIPE_SWEEP#{account_id}")


def _due_id(school_id: str, account_id: str) -> str:
    return f"{school_id}#{account_id}"
