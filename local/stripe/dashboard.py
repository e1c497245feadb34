"""What people and banks do at Stripe without the API: in its dashboard, at a till, at a bank's counter."""

from collections.abc import Callable

from local.stripe import disputes, intents, payouts, refunds
from local.stripe.cards import GOOD_CARD, card_of
from local.stripe.errors import Json, invalid
from local.stripe.parameters import Choice, Flag, Integer, Kind, Text
from local.stripe.world import Book, Call, Cause, World

type Lever = tuple[dict[str, Kind], Callable[[Json], Json | None]]
type Levers = dict[tuple[str, str], Lever]

REASONS = ("lost_or_stolen_card", "expired_or_canceled_card", "unknown")
OUTCOMES = ("won", "lost", "warning_closed")


class Dashboard:
    """The acts themselves; each is told of in events as Stripe tells of it, without a request behind it."""

    def __init__(self, world: World) -> None:
        """Act in this world."""
        self._world = world

    def sell(self, account_id: str, pence: int) -> Json:
        """Let an account take money by itself, with nothing of ours on it, and answer the charge."""
        with self._world.lock:
            call = self._world.call(account_id)
            intent = intents.create(call, pence, "gbp", {}, ["card"])
            intents.charge(call, intent, card_of(GOOD_CARD), "guest@example.test")
            return call.book.get("charge", intent["latest_charge"])

    def refund(self, identifier: str, pence: int | None = None) -> Json:
        """Give back `pence`, or all that is left, of a payment.

        Args:
            identifier: its charge, payment intent or Checkout Session.
            pence: how much.

        Raises:
            StripeError: the payment cannot be refunded, or not so much of it.
        """
        with self._world.lock:
            call, charge = self._charge(identifier)
            amount = {} if pence is None else {"amount": pence}
            return refunds.create(call, {"charge": charge["id"], "reason": "requested_by_customer", **amount})

    def succeed_refund(self, identifier: str) -> Json:
        """Let a pending refund reach the customer now."""
        with self._world.lock:
            call, refund = self._one("refund", identifier)
            if refund["status"] != "pending":
                raise invalid(f"This refund has a status of {refund['status']}.", param="refund")
            refunds.succeed(call, refund)
            return refund

    def fail_refund(self, identifier: str, reason: str = "lost_or_stolen_card") -> Json:
        """Let a refund fail now, also one that looked made."""
        with self._world.lock:
            call, refund = self._one("refund", identifier)
            if refund["status"] not in {"pending", "succeeded"}:
                raise invalid(f"This refund has a status of {refund['status']}.", param="refund")
            refunds.fail(call, refund, reason)
            return refund

    def cancel_refund(self, identifier: str) -> Json:
        """Call off a pending refund."""
        with self._world.lock:
            call, refund = self._one("refund", identifier)
            refunds.cancel_pending(call, refund)
            return refund

    def cover_refunds(self, account_id: str) -> None:
        """From now on let the account's refunds wait until its available balance covers them."""
        with self._world.lock:
            self._world.book(account_id).covers_refunds = True

    def dispute(
        self, identifier: str, pence: int | None = None, *, reason: str = "fraudulent", inquiry: bool = False
    ) -> Json:
        """Let the customer's bank dispute a payment, see `disputes.open_dispute`.

        Args:
            identifier: its charge, payment intent or Checkout Session.
            pence: how much of it; what was not refunded when not given.
            reason: why, in Stripe's words.
            inquiry: whether the bank only asks.
        """
        with self._world.lock:
            call, charge = self._charge(identifier)
            return disputes.open_dispute(call, charge, pence, reason=reason, inquiry=inquiry)

    def decide(self, identifier: str, outcome: str, *, fee_back: bool = False, back: int = 0) -> Json:
        """Close a dispute as `won`, `lost` or `warning_closed`, see `disputes.decide`."""
        with self._world.lock:
            call, dispute = self._one("dispute", identifier)
            disputes.decide(call, dispute, outcome, fee_back=fee_back, back=back)
            return dispute

    def keep_what_is_left(self, account_id: str) -> None:
        """From now on refuse refunds of what a lost dispute has left of a charge; Stripe does not say if it does."""
        with self._world.lock:
            self._world.book(account_id).keeps_what_is_left = True

    def escalate(self, identifier: str) -> Json:
        """Let an inquiry become a dispute that takes the money."""
        with self._world.lock:
            call, dispute = self._one("dispute", identifier)
            disputes.escalate(call, dispute)
            return dispute

    def pay_out(self, account_id: str) -> Json | None:
        """Send what an account has available to its bank now; None when that is nothing."""
        with self._world.lock:
            return payouts.pay_out(self._world.call(account_id))

    def fail_payout(self, identifier: str, code: str = "account_closed") -> Json:
        """Let the bank send a payout back."""
        with self._world.lock:
            call, payout = self._one("payout", identifier)
            payouts.fail(call, payout, code)
            return payout

    def schedule_payouts(self, account_id: str, *, daily: bool) -> None:
        """Switch an account's daily payouts on or off."""
        with self._world.lock:
            self._world.book(account_id).pays_out_daily = daily

    def levers(self) -> Levers:
        """The same acts as controls, by method and path."""
        of: dict[str, Kind] = {"payment": Text(), "amount": Integer(least=1)}
        asked: dict[str, Kind] = {"reason": Text(), "inquiry": Flag()}
        decided: dict[str, Kind] = {
            "dispute": Text(),
            "outcome": Choice(OUTCOMES),
            "fee_back": Flag(),
            "back": Integer(least=1),
        }
        acts: dict[str, Lever] = {
            "sales": (
                {"account": Text(), "amount": Integer(least=30)},
                lambda given: self.sell(_said(given, "account"), given.get("amount", 1000)),
            ),
            "refunds": (of, lambda given: self.refund(_said(given, "payment"), given.get("amount"))),
            "refunds/succeed": ({"refund": Text()}, lambda given: self.succeed_refund(_said(given, "refund"))),
            "refunds/fail": (
                {"refund": Text(), "reason": Choice(REASONS)},
                lambda given: self.fail_refund(_said(given, "refund"), given.get("reason", REASONS[0])),
            ),
            "refunds/cancel": ({"refund": Text()}, lambda given: self.cancel_refund(_said(given, "refund"))),
            "refunds/cover": ({"account": Text()}, lambda given: self.cover_refunds(_said(given, "account"))),
            "refunds/keep": ({"account": Text()}, lambda given: self.keep_what_is_left(_said(given, "account"))),
            "disputes": (of | asked, self._disputed),
            "disputes/decide": (decided, self._decided),
            "disputes/escalate": ({"dispute": Text()}, lambda given: self.escalate(_said(given, "dispute"))),
            "payouts": ({"account": Text()}, lambda given: self.pay_out(_said(given, "account"))),
            "payouts/fail": (
                {"payout": Text(), "code": Choice(payouts.FAILURE_CODES)},
                lambda given: self.fail_payout(_said(given, "payout"), given.get("code", payouts.FAILURE_CODES[0])),
            ),
            "payouts/schedule": (
                {"account": Text(), "daily": Flag()},
                lambda given: self.schedule_payouts(_said(given, "account"), daily=given.get("daily", True)),
            ),
        }
        return {("POST", path): lever for path, lever in acts.items()}

    def _disputed(self, given: Json) -> Json:
        return self.dispute(
            _said(given, "payment"),
            given.get("amount"),
            reason=given.get("reason", "fraudulent"),
            inquiry=given.get("inquiry", False),
        )

    def _decided(self, given: Json) -> Json:
        return self.decide(
            _said(given, "dispute"),
            _said(given, "outcome"),
            fee_back=given.get("fee_back", False),
            back=given.get("back", 0),
        )

    def _one(self, kind: str, identifier: str) -> tuple[Call, Json]:
        book = self._world.owner_of(kind, identifier)
        return Call(self._world, book, Cause()), book.objects[identifier]

    def _charge(self, identifier: str) -> tuple[Call, Json]:
        """The charge behind its own identifier, its intent's or its session's."""
        kinds = {"cs": "checkout.session", "pi": "payment_intent", "ch": "charge", "py": "charge"}
        kind = kinds.get(identifier.partition("_")[0], "charge")
        book = self._world.owner_of(kind, identifier)
        return Call(self._world, book, Cause()), _charge_of(book, book.objects[identifier])


def _charge_of(book: Book, thing: Json) -> Json:
    below = {"checkout.session": "payment_intent", "payment_intent": "latest_charge"}.get(thing["object"])
    if below is None:
        return thing
    if thing[below] is None:
        raise invalid("Nothing was paid there.", param="payment")
    return _charge_of(book, book.objects[thing[below]])


def _said(given: Json, name: str) -> str:
    if name not in given:
        raise invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
    return str(given[name])
