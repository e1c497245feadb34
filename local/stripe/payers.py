"""What whoever pays does on the hosted page, and what their banks answer, at a test's or a person's word."""

from local.stripe import bacs, checkout
from local.stripe.bank_accounts import GOOD_ACCOUNT, account_of
from local.stripe.cards import GOOD_CARD, card_of
from local.stripe.dashboard import Levers
from local.stripe.errors import Json
from local.stripe.parameters import Choice, Kind, Text
from local.stripe.world import Call, Cause, World

CUSTOMER = "parent@example.test"  # what the page is filled in with; nobody's address (RFC 6761)


class Payers:
    """The acts themselves; each names the Checkout Session, as the page's address does."""

    def __init__(self, world: World) -> None:
        """Act in this world."""
        self._world = world

    def pay(self, session_id: str, number: str = GOOD_CARD, email: str = CUSTOMER) -> Json:
        """Pay with the card of this number and answer the session; it stays open if the card's bank asks first.

        Raises:
            StripeError: 402 when the card is declined, 400 when the session is not open.
        """
        with self._world.lock:
            return checkout.pay(self._call(session_id), session_id, card_of(number), email)

    def authenticate(self, session_id: str, email: str = CUSTOMER) -> Json:
        """Prove to the bank who holds the card, and pay.

        Raises:
            StripeError: 402 when the card is declined nevertheless, 400 when nobody is being asked.
        """
        with self._world.lock:
            return checkout.authenticate(self._call(session_id), session_id, email)

    def refuse_authentication(self, session_id: str) -> str:
        """Fail to prove it; answers what the page says then.

        Raises:
            StripeError: 400 when nobody is being asked.
        """
        with self._world.lock:
            return str(checkout.refuse_authentication(self._call(session_id), session_id))

    def debit(self, session_id: str, number: str = GOOD_ACCOUNT, email: str = CUSTOMER) -> Json:
        """Pay by Bacs Direct Debit from the account of this number and answer the session: complete, and unpaid.

        Raises:
            StripeError: 402 when the number is no test account's, 400 when the session is not open or takes no debit.
        """
        with self._world.lock:
            return bacs.pay(self._call(session_id), session_id, account_of(number), email)

    def settle_debit(self, session_id: str, outcome: bacs.Outcome = bacs.Outcome.SUCCEEDS) -> Json:
        """Let a debit's bank answer now instead of in days; answers the session.

        Raises:
            StripeError: 400 when no debit is under way.
        """
        with self._world.lock:
            return bacs.settle(self._call(session_id), session_id, outcome)

    def take_debit_back(self, session_id: str) -> Json:
        """Let the bank take the money of a debit back that has succeeded; answers the dispute.

        Raises:
            StripeError: 400 when no debit has paid the session.
        """
        with self._world.lock:
            return bacs.take_back(self._call(session_id), session_id)

    def levers(self) -> Levers:
        """The same for a browser or a script."""
        session: dict[str, Kind] = {"session": Text()}
        outcomes = Choice(tuple(bacs.Outcome))
        return {
            ("POST", "checkout/authenticate"): (session, lambda given: self.authenticate(given.get("session", ""))),
            ("POST", "checkout/refuse"): (session, self._refuse),
            ("POST", "debits/settle"): ({**session, "outcome": outcomes}, self._settle),
            ("POST", "debits/take_back"): (session, lambda given: self.take_debit_back(given.get("session", ""))),
        }

    def _refuse(self, given: Json) -> Json:
        return {"message": self.refuse_authentication(given.get("session", ""))}

    def _settle(self, given: Json) -> Json:
        outcome = bacs.Outcome(given.get("outcome", bacs.Outcome.SUCCEEDS))
        return self.settle_debit(given.get("session", ""), outcome)

    def _call(self, session_id: str) -> Call:
        return Call(self._world, self._world.owner_of("checkout.session", session_id), Cause())
