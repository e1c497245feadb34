"""Access and id tokens with FusionAuth's claims, good ones and, for tests, bad ones.

Claims as FusionAuth 1.60 and later writes them: `tty` tells an access token (`at`) from an id token, `gty` lists the
grants, the header has `alg`, `typ` and `kid` only. `memberships` and `mfa` are what the deployment's populate lambda
adds (REQUIREMENTS.md I1). Source: FusionAuth, "OAuth tokens", and FusionAuth/fusionauth-issues 3177.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid5

import jwt

from .keys import SigningKey
from .people import Person

LIFETIME: Final = timedelta(hours=1)
_TENANT: Final = UUID("d7d09513-a3f5-401c-9685-34ab6c552453")
_SCOPE: Final = "openid profile email"


class Flaw(StrEnum):
    """What is wrong with a token that must be refused."""

    NO_EXPIRY = "no-exp"
    EXPIRED = "expired"
    WRONG_AUDIENCE = "wrong-audience"
    WRONG_ISSUER = "wrong-issuer"
    HS256 = "hs256"
    UNSIGNED = "unsigned"
    UNKNOWN_KEY = "unknown-key"
    ID_TOKEN = "id-token"  # noqa: S105 - a name, not a secret
    NO_MFA = "no-mfa"
    NO_MEMBERSHIPS = "no-memberships"


@dataclass(frozen=True)
class Issuer:
    """Who signs, and for whom.

    Attributes:
        url: The `iss` of tokens, and where the sign-in answers: `http://127.0.0.1:8401`.
        audience: The `aud` of tokens: the client id of School Events at the sign-in.
        key: Signs the tokens.
    """

    url: str
    audience: str
    key: SigningKey


def mint(
    person: Person,
    issuer: Issuer,
    now: datetime,
    *,
    flaw: Flaw | None = None,
    lifetime: timedelta = LIFETIME,
) -> str:
    """A token for a person.

    Args:
        person: Whom it speaks of.
        issuer: Who signs it.
        now: The instant it is issued at, with a zone.
        flaw: What to do wrong; nothing makes a good access token.
        lifetime: How long it is good for.
    """
    claims = _flawed(access_claims(person, issuer, now, lifetime), flaw, now)
    if flaw is Flaw.ID_TOKEN:
        claims = id_claims(person, issuer, now, lifetime)
    if flaw is Flaw.HS256:
        return _signed_with_the_public_key(claims, issuer.key)
    if flaw is Flaw.UNSIGNED:
        return jwt.encode(claims, "", algorithm="none", headers={"kid": issuer.key.key_id})
    signer = SigningKey.generate() if flaw is Flaw.UNKNOWN_KEY else issuer.key
    return jwt.encode(claims, signer.private, algorithm="RS256", headers={"kid": issuer.key.key_id})


def access_claims(person: Person, issuer: Issuer, now: datetime, lifetime: timedelta = LIFETIME) -> dict[str, Any]:
    """The claims of an access token."""
    return {
        **_registered(person, issuer, now, lifetime, "at"),
        "applicationId": issuer.audience,
        "roles": [],
        "memberships": list(person.memberships),
        "mfa": person.mfa,
    }


def id_claims(
    person: Person, issuer: Issuer, now: datetime, lifetime: timedelta = LIFETIME, nonce: str | None = None
) -> dict[str, Any]:
    """The claims of an id token: who signed in, for the app to greet, not for the API to trust."""
    claims = {
        **_registered(person, issuer, now, lifetime, "id"),
        "email": person.email,
        "name": person.name,
        "preferred_username": person.email,
    }
    return {**claims, "nonce": nonce} if nonce else claims


def _registered(person: Person, issuer: Issuer, now: datetime, lifetime: timedelta, token_type: str) -> dict[str, Any]:
    issued = int(now.timestamp())
    return {
        "aud": issuer.audience,
        "exp": int((now + lifetime).timestamp()),
        "iat": issued,
        "iss": issuer.url,
        "sub": person.subject,
        "jti": str(uuid5(_TENANT, f"{person.subject} {now.isoformat()} {token_type}")),
        "authenticationType": "PASSWORD",
        "auth_time": issued,
        "email_verified": True,
        "scope": _SCOPE,
        "gty": ["authorization_code"],
        "tid": str(_TENANT),
        "tty": token_type,
    }


def _flawed(claims: dict[str, Any], flaw: Flaw | None, now: datetime) -> dict[str, Any]:
    """The claims with one thing wrong."""
    changes: dict[Flaw, dict[str, Any]] = {
        Flaw.EXPIRED: {"exp": int((now - timedelta(minutes=1)).timestamp())},
        Flaw.WRONG_AUDIENCE: {"aud": "another-application"},
        Flaw.WRONG_ISSUER: {"iss": "https://sign-in.attacker.test"},
        Flaw.NO_MFA: {"mfa": False},
        Flaw.NO_MEMBERSHIPS: {"memberships": []},
    }
    if flaw is Flaw.NO_EXPIRY:
        return {name: value for name, value in claims.items() if name != "exp"}
    return {**claims, **changes.get(flaw, {})} if flaw else claims


def _signed_with_the_public_key(claims: dict[str, Any], key: SigningKey) -> str:
    """The classic forgery: HMAC with the public key as the secret. PyJWT rightly refuses to make one."""
    header = {"alg": "HS256", "typ": "JWT", "kid": key.key_id}
    body = ".".join(_base64(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return f"{body}.{_base64(hmac.digest(key.public_pem, body.encode(), hashlib.sha256))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
