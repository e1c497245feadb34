"""With one protection taken away, the scenario that it is for no longer ends right."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from functions.stripe_webhook import handler as webhook
from school_events.bookings import cancelling, chores, debits, late_money, places, strays, stripe_events
from school_events.core.dynamodb import Transaction
from school_events.core.errors import SchoolEventsError
from school_events.payments import rules
from school_events.payments.accounts import store as accounts
from school_events.payments.events import service as events
from school_events.payments.events import store as events_done
from school_events.payments.ledger import rules as ledger
from school_events.payments.store import PaymentItem
from tests.scenarios.story import STORIES, live
from tests.scenarios.test_scenarios import POINTS
from tests.support.contexts import SCHOOL
from tests.support.scene import Scene

type Sabotage = Callable[[pytest.MonkeyPatch], None]

assert POINTS >= 0, "the stories are read with the scenarios"


def _instead(room: Any, name: str, answer: Any = None) -> Sabotage:
    return lambda patch: patch.setattr(room, name, lambda *_, **__: answer)


def _done_before_it_is_applied(patch: pytest.MonkeyPatch) -> None:
    apply = stripe_events.apply

    def note_and_apply(ctx: Any, account_id: str, event: Any) -> None:
        if not events_done.event_is_done(ctx.school_id, account_id, event.event_id):
            with pytest.MonkeyPatch.context() as not_done:
                not_done.setattr(events_done, "event_is_done", lambda *_: False)
                events_done.mark_event_done(ctx.school_id, account_id, event.event_id, ctx.now)
                apply(ctx, account_id, event)

    patch.setattr(stripe_events, "apply", note_and_apply)


def _payments_are_overwritten(patch: pytest.MonkeyPatch) -> None:
    put = Transaction.put

    def put_whatever_is_there(transaction: Transaction, item: Any, condition: Any = None, **others: Any) -> None:
        put(transaction, item, None if isinstance(item, PaymentItem) else condition, **others)

    patch.setattr(Transaction, "put", put_whatever_is_there)


def _each_request_has_another_key(patch: pytest.MonkeyPatch) -> None:
    request, number = stripe.RequestsClient.request, itertools.count()

    def with_another_key(client: Any, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        others = {"Idempotency-Key": f"key-{next(number)}"} if method == "post" else {}
        return request(client, method, url, {**headers, **others}, post_data)

    patch.setattr(stripe.RequestsClient, "request", with_another_key)


SABOTAGES: dict[str, tuple[str, Sabotage]] = {
    "a place that is paid for is not taken": ("1", _instead(places, "take")),
    "what Stripe keeps is not entered": ("1", _instead(ledger, "fee_entry")),
    "late money is forgotten": ("4", _instead(late_money, "settle_lines")),
    "a place is given whoever the child is by now": ("4f", _instead(late_money, "is_bookers", True)),
    "Stripe is not asked what happened": ("4d", _instead(events, "sweep", 0)),
    "an event counts as done before it is applied": ("7", _done_before_it_is_applied),
    "a request that is repeated is another one to Stripe": ("8", _each_request_has_another_key),
    "a payment is written whatever became of it meanwhile": ("8c", _payments_are_overwritten),
    "what is paid twice is kept": ("11", _instead(strays, "set_aside")),
    "holds that are over stay": ("4e", _instead(chores, "let_due_holds_go")),
    "every account is one school's": ("16", _instead(accounts, "school_of_account", SCHOOL)),
    "every signature is good": ("17", _instead(webhook, "signers", {"connect", "platform"})),
    "what goes back is written down nowhere": ("20b", _instead(cancelling, "ask_refunds", ())),
    "refunds are left to who asked for them": ("20c", _instead(chores, "make_due_refunds")),
    "a debit that failed was the only attempt": ("19d", _instead(debits, "keep_for_the_rest", False)),
    "what came is not compared with what was asked": ("22", _instead(rules, "is_ours", True)),
}


@pytest.mark.parametrize(("number", "sabotage"), SABOTAGES.values(), ids=SABOTAGES)
def test_whichever_protection_is_taken_away_its_scenario_goes_wrong(
    scene: Scene, number: str, sabotage: Sabotage
) -> None:
    (one,) = [story for story in STORIES.values() if story.number == number]
    with pytest.MonkeyPatch.context() as patch:
        sabotage(patch)
        with pytest.raises((AssertionError, AttributeError, TypeError, SchoolEventsError, ValueError)):
            live(scene, one)
