"""What the school that owns an account does at Stripe, and what Stripe does with it, without the platform's doing."""

from local.stripe import accounts
from local.stripe.dashboard import Levers
from local.stripe.errors import Json
from local.stripe.parameters import Choice, Kind, Text
from local.stripe.world import Call, World

CAPABILITIES = ("bacs_debit_payments", "card_payments", "transfers")


class AccountHolders:
    """The acts themselves; each is told of in events."""

    def __init__(self, world: World) -> None:
        """Act in this world."""
        self._world = world

    def complete(self, account_id: str) -> Json:
        """Give Stripe all it wants to know: the account can charge and be paid out, again too."""
        with self._world.lock:
            return accounts.complete(self._call(account_id))

    def restrict(self, account_id: str, capability: str = "") -> Json:
        """Let Stripe want a document: nothing can be charged until it has it. With a capability only that one goes."""
        with self._world.lock:
            return accounts.restrict(self._call(account_id), capability)

    def deauthorise(self, account_id: str) -> None:
        """Disconnect the platform: it hears so, is refused (403) from then on, and hears no more."""
        with self._world.lock:
            accounts.deauthorise(self._call(account_id))

    def reauthorise(self, account_id: str) -> None:
        """Connect the platform to the account again.

        Raises:
            StripeError: 404 when there is no such account.
        """
        accounts.reauthorise(self._world, account_id)

    def levers(self) -> Levers:
        """The same for a browser or a script."""
        account: dict[str, Kind] = {"account": Text()}
        restricted: dict[str, Kind] = {**account, "capability": Choice(CAPABILITIES)}
        return {
            ("POST", "accounts/complete"): (account, lambda given: self.complete(given.get("account", ""))),
            ("POST", "accounts/restrict"): (restricted, self._restrict),
            ("POST", "accounts/deauthorise"): (account, lambda given: self.deauthorise(given.get("account", ""))),
            ("POST", "accounts/reauthorise"): (account, lambda given: self.reauthorise(given.get("account", ""))),
        }

    def _restrict(self, given: Json) -> Json:
        return self.restrict(given.get("account", ""), given.get("capability", ""))

    def _call(self, account_id: str) -> Call:
        return self._world.call(account_id)
