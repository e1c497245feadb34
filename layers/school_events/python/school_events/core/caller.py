"""Who calls: the claims of a FusionAuth access token, checked beyond what API Gateway checks (I1).

API Gateway has checked signature, issuer and audience, but lets a token without ``exp`` pass and knows
nothing of token types or second factors. It hands claims over as text, lists as ``[a b]``.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast, get_args

from school_events.core.context import ActorKind, Role
from school_events.core.errors import Unauthenticated

_ROLES: frozenset[str] = frozenset(get_args(Role))
_STAFF_ROLES: frozenset[Role] = frozenset({"school_admin", "finance", "staff"})
_PORTAL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Membership:
    """What the caller is in one school: the contact or member of staff they are there, and their roles."""

    school_id: str
    person_id: str
    roles: frozenset[Role]

    @property
    def kind(self) -> ActorKind:
        """``staff`` if any role is one of the school's own, else ``contact``."""
        return "staff" if self.roles & _STAFF_ROLES else "contact"


@dataclass(frozen=True)
class Caller:
    """The holder of a checked access token."""

    subject: str
    memberships: tuple[Membership, ...]
    mfa: bool

    def memberships_in(self, school_id: str) -> tuple[Membership, ...]:
        """What the caller is in a school; empty for a stranger."""
        return tuple(one for one in self.memberships if one.school_id == school_id)


def caller_from_claims(claims: Mapping[str, Any], now: datetime) -> Caller:
    """The caller an access token's claims speak of.

    Args:
        claims: as API Gateway's JWT authorizer hands them over (texts; lists as ``[a b]``).
        now: the present instant, UTC.

    Raises:
        Unauthenticated: the token has no expiry or is past it, is no access token, or names nobody.
    """
    expiry = str(claims.get("exp", ""))
    if not now.timestamp() < _number(expiry) < math.inf:
        raise Unauthenticated("The access token has no expiry or is past it")
    if claims.get("tty") != "at":
        raise Unauthenticated("This is not an access token")
    subject = str(claims.get("sub", ""))
    if not subject:
        raise Unauthenticated("The access token names nobody")
    memberships = tuple(_membership(text) for text in as_list(claims.get("memberships", "[]")))
    return Caller(subject, tuple(one for one in memberships if one), str(claims.get("mfa", "")).lower() == "true")


def as_list(claim: Any) -> list[str]:
    """A list claim, however it arrives."""
    if isinstance(claim, list):
        return [str(one) for one in claim]
    return str(claim).strip().removeprefix("[").removesuffix("]").split()


def _membership(text: str) -> Membership | None:
    """What a text of the claim says; nothing if it is junk.

    A membership names one person, a contact or a member of staff, whose ids the Portal gives independently of each
    other: a member of staff who also is a parent has two memberships, and is no parent by the one of staff.
    """
    school_id, _, rest = text.partition(":")
    person_id, _, roles = rest.partition(":")
    known = frozenset(cast(Role, role) for role in roles.split("+") if role in _ROLES)
    if known & _STAFF_ROLES:
        known -= {"parent"}
    if not (_PORTAL_ID.fullmatch(school_id) and _PORTAL_ID.fullmatch(person_id) and known):
        return None
    return Membership(school_id, person_id, known)


def _number(text: str) -> float:
    """A number written as text; 0 for what is none (and no comparison holds for ``nan``)."""
    try:
        return float(text)
    except ValueError:
        return 0.0
