"""The platform's two webhook endpoints: one for what its connected accounts do, one for its own account.

Each has signing secrets of its own. While a secret is being rolled both are live, and every delivery carries a
signature of each (https://docs.stripe.com/webhooks#roll-endpoint-secrets).
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from local.stripe.errors import Json

ROLLED_SECRET = "whsec_local_rolled"  # noqa: S105 (signs nothing outside this machine)
PLATFORM_SECRET = "whsec_local_platform"  # noqa: S105 (signs nothing outside this machine)


class EndpointName(StrEnum):
    """Which endpoint."""

    CONNECT = "connect"
    PLATFORM = "platform"


@dataclass(frozen=True)
class Endpoint:
    """Where events go and what they are signed with.

    Args:
        url: the address; None delivers nothing.
        secrets: those that are live, the newest first.
    """

    url: str | None
    secrets: tuple[str, ...]

    def pointed_at(self, url: str | None, secret: str | None) -> "Endpoint":
        """The endpoint at another address; with a secret given, that one alone."""
        return Endpoint(url, (secret,) if secret else self.secrets)

    def rolled(self, secret: str) -> "Endpoint":
        """The endpoint with a new secret beside the present ones."""
        return replace(self, secrets=(secret, *self.secrets))

    def retired(self) -> "Endpoint":
        """The endpoint with its newest secret alone."""
        return replace(self, secrets=self.secrets[:1])


def endpoint_of(event: Json) -> EndpointName:
    """Which endpoint hears of an event: that of the platform if no connected account is named."""
    return EndpointName.CONNECT if "account" in event else EndpointName.PLATFORM
