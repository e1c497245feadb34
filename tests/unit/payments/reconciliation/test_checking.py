"""Every morning the ledger is Stripe's to the penny, whatever we were not told of; what is not is told to a person."""

import contextlib
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from local.stripe.errors import StripeError
from school_events.bookings import money_checks
from school_events.core.context import Context
from school_events.core.dynamodb import school_key
from school_events.core.money import pounds
from school_events.events.model import SchoolEvent
from school_events.payments.attention import store as attention
from school_events.payments.ledger import gateway, rules
from school_events.payments.ledger import store as ledger_store
from school_events.payments.ledger.mirroring import Movement
from school_events.payments.payouts.store import payouts_of_school
from school_events.payments.reconciliation import service, store
from tests.support.booked_world import an_event, as_system
from tests.support.contexts import NOW, SCHOOL
from tests.support.crashes import Calls, Killed, watched
from tests.support.shop import Shop, ledger, ledger_balance
from tests.unit.bookings.paying import apply, paid
from tests.unit.payments.ledger.test_entries import balances
from tests.unit.payments.reconciliation.mornings import assert_equal, checked, differences, drop, entry_of, morning

FINE = {"checked": 1, "failed": 0, "differences": 0}


def charge_of(shop: Shop) -> str:
    return str(shop.all("charge")[0]["id"])


def listed() -> list[str]:
    return [one.kind for one, _ in attention.open_ones(SCHOOL, limit=9)]


def test_what_is_equal_needs_nothing(shop: Shop, trip: SchoolEvent) -> None:
    apply(paid(shop, trip))
    before = ledger()
    assert checked(shop) == FINE
    assert ledger() == before
    assert_equal(shop)


def test_what_no_message_told_us_of_is_caught_up_with(shop: Shop, trip: SchoolEvent) -> None:
    paid(shop, trip, "pupil-1", "pupil-2")
    shop.server.dashboard.refund(charge_of(shop), 400)
    shop.server.dashboard.dispute(charge_of(shop), 1000)
    shop.server.dashboard.sell(shop.account_id, 700)
    assert ledger() == []
    assert checked(shop) == FINE
    assert {one.kind.value for one in ledger()} == {
        "charge", "fee", "refund", "dispute", "dispute_fee", "elsewhere",
    }  # fmt: skip
    assert_equal(shop)
    shop.server.dashboard.decide(shop.all("dispute")[0]["id"], "won", fee_back=True)
    shop.server.dashboard.fail_refund(shop.all("refund")[0]["id"])
    for day in range(2, 7):
        assert checked(shop, day) == FINE
        assert_equal(shop)
    assert {"payout", "dispute_won", "dispute_fee_back", "refund_failed"} <= {one.kind.value for one in ledger()}


def test_a_payout_that_nobody_told_us_of_is_followed_until_it_is_itemised(shop: Shop, trip: SchoolEvent) -> None:
    apply(paid(shop, trip))
    for day in range(1, 6):
        assert checked(shop, day) == FINE
    ((payout, _),) = payouts_of_school(SCHOOL, limit=9)
    assert (payout.state, payout.itemised) == ("paid", True)
    assert sum(one.pence for one in payout.shares) == payout.amount.amount
    assert_equal(shop)


def test_what_an_overdrawn_balance_lacks_comes_from_the_bank_and_is_itemised_like_any_payout(
    shop: Shop, trip: SchoolEvent
) -> None:
    apply(paid(shop, trip))
    for day in range(1, 5):
        assert checked(shop, day) == FINE
    shop.server.dashboard.dispute(charge_of(shop))
    for day in range(5, 12):
        assert checked(shop, day) == FINE
        assert_equal(shop)
    (debit, _), _ = payouts_of_school(SCHOOL, limit=9)
    assert (debit.amount.amount, debit.state, debit.itemised) == (-1250 - 2000, "paid", True)
    assert {one.kind: one.pence for one in debit.shares} == {"dispute": -1250, "dispute_fee": -2000}
    assert (ledger_balance(), balances(ledger())["bank"]) == (0, 1250 - 39 - 1250 - 2000)
    shop.server.dashboard.fail_payout(debit.id, "debit_not_authorized")
    assert checked(shop, 12) == FINE
    assert_equal(shop)
    assert ledger_balance() == -1250 - 2000
    assert "payout_failed" in listed()


def test_what_cannot_be_caught_up_with_is_written_down_told_and_settled_once_it_is_right(
    shop: Shop, trip: SchoolEvent
) -> None:
    apply(paid(shop, trip))
    put_back = drop(entry_of("charge"))
    for day in (1, 2):
        assert checked(shop, day)["differences"] == 1
        (found,) = differences()
        assert (found.source, found.mirror, found.stripe_amount, found.ledger_amount) == (
            charge_of(shop), "charge", 1250, 0,
        )  # fmt: skip
        assert found.seen_at == morning(1)
        assert listed() == ["difference"]
    put_back()
    assert checked(shop, 3) == FINE
    assert (differences(), listed()) == ([], [])
    (kept,) = store.DifferenceItem.query(school_key(SCHOOL, "DIFFERENCES"))
    assert kept.record == found.model_copy(update={"settled_at": morning(3)})


def test_a_penny_too_much_is_seen(shop: Shop, trip: SchoolEvent) -> None:
    booked = paid(shop, trip)
    payment = apply(booked)
    entry = rules.refund_entries(payment, {payment.lines[0].key: pounds(1)}, "re_nowhere", NOW)[0]
    ledger_store.enter_once(as_system(), entry)
    assert checked(shop)["differences"] == 1
    (found,) = differences()
    assert (found.source, found.stripe_amount, found.ledger_amount) == ("re_nowhere", 0, -1)


def test_a_fee_that_was_never_said_is_entered(shop: Shop, trip: SchoolEvent) -> None:
    apply(paid(shop, trip))
    drop(entry_of("fee"))
    assert checked(shop) == FINE
    assert_equal(shop)


def test_what_moved_a_moment_ago_may_still_be_on_its_way(shop: Shop, trip: SchoolEvent) -> None:
    apply(paid(shop, trip))
    shop.at(morning(1) - timedelta(minutes=1))
    shop.server.dashboard.refund(charge_of(shop), 100)
    for later, seen in ((timedelta(0), 0), (timedelta(minutes=15), 1)):
        now = morning(1) + later
        (one,) = store.checks_of_school(SCHOOL)
        assert service.check(as_system(now), one, lambda *_: None, lambda: True) == seen


def test_it_is_due_once_a_day(shop: Shop, trip: SchoolEvent) -> None:
    assert checked(shop) == FINE
    again = money_checks.check_due(morning(1) + timedelta(hours=23), lambda _: as_system(), lambda: True)
    assert again == {"checked": 0, "failed": 0, "differences": 0}
    assert checked(shop, 2) == FINE


def test_what_is_none_of_ours_is_looked_at_once(shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        shop.server.dashboard.sell(shop.account_id, 700)
    looked: list[str] = []
    look = gateway.movements_of_source

    def look_and_note(ctx: Context, account_id: str, source: str) -> list[Movement]:
        looked.append(source)
        return look(ctx, account_id, source)

    monkeypatch.setattr(gateway, "movements_of_source", look_and_note)
    for day in (1, 2, 3):
        checked(shop, day)
    assert [one for one in looked if not one.startswith("po_")] == [], "the list says whose they are"
    assert_equal(shop)


def test_what_stripe_lists_late_is_seen_the_next_morning(
    shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.at(morning(1) - timedelta(hours=2))
    shop.server.dashboard.sell(shop.account_id, 700)
    with monkeypatch.context() as patch:
        patch.setattr(gateway, "movements_since", lambda *_: iter(()))
        assert checked(shop) == FINE
    assert ledger() == []
    assert checked(shop, 2) == FINE
    assert_equal(shop)


def test_a_day_is_not_closed_while_something_of_the_day_before_may_still_be_written(
    shop: Shop, trip: SchoolEvent
) -> None:
    midnight = morning(1) - timedelta(hours=5)
    (one,) = store.checks_of_school(SCHOOL)
    for minutes, closed in ((59, False), (60, True)):
        ctx = as_system(midnight + timedelta(minutes=minutes))
        assert service.check(ctx, one, lambda *_: None, lambda: True) == 0
        assert (store.last_closing(SCHOOL, midnight.date()) is not None) is closed


def test_with_no_time_left_nothing_counts_as_compared_and_others_go_first(shop: Shop, trip: SchoolEvent) -> None:
    paid(shop, trip)
    shop.at(morning(1))
    ctx = as_system(morning(1))
    may = iter((True, False))
    assert money_checks.check_due(morning(1), lambda _: ctx, lambda: next(may)) == {
        "checked": 0, "failed": 1, "differences": 0,
    }  # fmt: skip
    minutes = {14: {"checked": 0, "failed": 0, "differences": 0}, 15: FINE}
    for later, done in minutes.items():
        now = morning(1) + timedelta(minutes=later)
        assert money_checks.check_due(now, lambda _: ctx, lambda: True) == done
    assert_equal(shop)


def test_an_account_that_cannot_be_compared_keeps_no_other_waiting(
    shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.check_item("school-2", "acct_broken", NOW - timedelta(days=1)).save()
    see = gateway.movements_since

    def see_or_break(ctx: Context, account_id: str, since: datetime) -> Iterator[Movement]:
        if account_id == "acct_broken":
            raise RuntimeError
        return see(ctx, account_id, since)

    monkeypatch.setattr(gateway, "movements_since", see_or_break)
    apply(paid(shop, trip))
    found = checked(shop)
    assert (found["checked"], found["failed"]) == (1, 1)
    assert [one.checked_until for one in store.checks_of_school(SCHOOL)] == [morning(1)]
    later = money_checks.check_due(morning(1) + timedelta(minutes=14), lambda _: as_system(), lambda: True)
    assert later["failed"] == 0


def test_a_school_that_has_left_is_compared_again_from_where_it_was(shop: Shop, trip: SchoolEvent) -> None:
    paid(shop, trip)
    shop.server.holders.deauthorise(shop.account_id)
    assert checked(shop) == FINE
    assert [one.checked_until for one in store.checks_of_school(SCHOOL)] == [NOW]
    shop.server.holders.reauthorise(shop.account_id)
    assert checked(shop, 2) == FINE
    assert_equal(shop)


def test_killed_at_any_call_and_run_again_it_ends_the_same(shop: Shop, trip: SchoolEvent) -> None:
    apply(paid(shop, trip))
    points = _killed_and_run_again(shop, -1, 1).points()
    for day, point in enumerate(points[:: max(1, len(points) // 12)], 2):
        _killed_and_run_again(shop, point, day)
        assert_equal(shop)


def _killed_and_run_again(shop: Shop, point: int, day: int) -> Calls:
    """A refund and a sale in Stripe's dashboard, a morning's run that is killed before a call, and the next one."""
    shop.server.dashboard.refund(charge_of(shop), 10)
    shop.server.dashboard.sell(shop.account_id, 500)
    calls = Calls(stop_before=point)
    try:
        with watched(calls):
            checked(shop, day)
    except Killed:
        checked(shop, day)
    return calls


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_at_stripe_and_nobody_tells_us_the_ledger_follows(
    shop: Shop, trip: SchoolEvent, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - what happens, not who may
    paid(shop, trip, "pupil-1", "pupil-2")
    paid(shop, an_event())
    for day in range(1, 9):
        for act in chance.choices(list(ACTS.values()), k=chance.randrange(4)):
            with contextlib.suppress(StripeError, IndexError):
                act(shop, chance)
        assert checked(shop, day) == FINE
        assert_equal(shop)
        assert sum(balances(ledger()).values()) == 0


def _any(shop: Shop, kind: str, chance: random.Random) -> str:
    return str(chance.choice(shop.all(kind))["id"])


ACTS: dict[str, Callable[[Shop, random.Random], object]] = {
    "refund": lambda shop, chance: shop.server.dashboard.refund(_any(shop, "charge", chance), chance.randint(1, 900)),
    "refund fails": lambda shop, chance: shop.server.dashboard.fail_refund(_any(shop, "refund", chance)),
    "dispute": lambda shop, chance: shop.server.dashboard.dispute(_any(shop, "charge", chance)),
    "decision": lambda shop, chance: shop.server.dashboard.decide(
        _any(shop, "dispute", chance), chance.choice(["won", "lost"]), fee_back=chance.random() < 0.5
    ),
    "sale": lambda shop, chance: shop.server.dashboard.sell(shop.account_id, chance.randint(30, 9000)),
    "payout": lambda shop, _: shop.server.dashboard.pay_out(shop.account_id),
    "payout fails": lambda shop, chance: shop.server.dashboard.fail_payout(_any(shop, "payout", chance)),
}
