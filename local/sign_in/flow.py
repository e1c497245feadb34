"""The authorization-code flow with PKCE, apart from HTTP: what is asked for, codes, and what a code is worth."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import jwt

from .people import Person
from .tokens import LIFETIME, Issuer, id_claims, mint

CODE_LIFETIME: Final = timedelta(seconds=60)
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class FlowError(Exception):
    """The request cannot go on; `code` is one of OAuth 2.0's error codes (RFC 6749)."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


@dataclass(frozen=True)
class AuthorizationRequest:
    """What an app asks for when it sends somebody to sign in."""

    redirect_uri: str
    code_challenge: str
    state: str = ""
    nonce: str = ""


@dataclass(frozen=True)
class _Code:
    request: AuthorizationRequest
    person: Person
    expires_at: datetime


@dataclass
class SignIn:
    """The sign-in of one machine.

    Attributes:
        issuer: Who signs the tokens, and for which client.
        people: Who can sign in, by key.
        now: Tells the present instant.
        new_code: Makes an authorization code nobody can guess.
    """

    issuer: Issuer
    people: Mapping[str, Person]
    now: Callable[[], datetime]
    new_code: Callable[[], str]
    _codes: dict[str, _Code] = field(default_factory=dict)

    def discovery(self) -> dict[str, Any]:
        """The OpenID Connect discovery document."""
        url = self.issuer.url
        return {
            "issuer": url,
            "authorization_endpoint": f"{url}/oauth2/authorize",
            "token_endpoint": f"{url}/oauth2/token",
            "jwks_uri": f"{url}/.well-known/jwks.json",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "subject_types_supported": ["public"],
            "scopes_supported": ["openid", "profile", "email"],
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "jti", "tty", "memberships", "mfa"],
        }

    def asked(self, parameters: Mapping[str, str]) -> AuthorizationRequest:
        """Reads the parameters of `/oauth2/authorize`.

        Raises:
            FlowError: Something is missing, or the app is not one that may sign people in here.
        """
        redirect_uri = parameters.get("redirect_uri", "")
        if parameters.get("client_id") != self.issuer.audience:
            raise FlowError("invalid_client", f"client_id must be {self.issuer.audience}")
        if not _is_on_this_machine(redirect_uri):
            raise FlowError("invalid_request", "redirect_uri must lead to this machine: http://127.0.0.1 or localhost")
        if parameters.get("response_type") != "code":
            raise FlowError("unsupported_response_type", "response_type must be code")
        if parameters.get("code_challenge_method") != "S256" or not parameters.get("code_challenge"):
            raise FlowError("invalid_request", "PKCE is needed: code_challenge with code_challenge_method S256")
        return AuthorizationRequest(
            redirect_uri, parameters["code_challenge"], parameters.get("state", ""), parameters.get("nonce", "")
        )

    def signed_in(self, request: AuthorizationRequest, person_key: str) -> str:
        """The address the browser goes back to once somebody was picked, with the code in it.

        Raises:
            FlowError: Nobody has that key.
        """
        code = self.new_code()
        self._codes[code] = _Code(request, self.person(person_key), self.now() + CODE_LIFETIME)
        answer = {"code": code, "state": request.state} if request.state else {"code": code}
        joint = "&" if urlsplit(request.redirect_uri).query else "?"
        return f"{request.redirect_uri}{joint}{urlencode(answer)}"

    def redeem(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """The tokens a code is worth: the answer of `/oauth2/token`. A code is worth something once.

        Raises:
            FlowError: The code, its verifier or anything else is not as it was given out.
        """
        if parameters.get("grant_type") != "authorization_code":
            raise FlowError("unsupported_grant_type", "grant_type must be authorization_code")
        if parameters.get("client_id") != self.issuer.audience:
            raise FlowError("invalid_client", f"client_id must be {self.issuer.audience}")
        code = self._codes.pop(parameters.get("code", ""), None)
        if code is None or code.expires_at <= self.now():
            raise FlowError("invalid_grant", "the code is unknown, used or expired")
        if parameters.get("redirect_uri") != code.request.redirect_uri:
            raise FlowError("invalid_grant", "redirect_uri is not the one the code was asked for with")
        if not hmac.compare_digest(_challenge(parameters.get("code_verifier", "")), code.request.code_challenge):
            raise FlowError("invalid_grant", "code_verifier does not fit the code_challenge")
        return self._answer(code)

    def person(self, key: str) -> Person:
        """Who has a key.

        Raises:
            FlowError: Nobody does.
        """
        if key not in self.people:
            raise FlowError("invalid_request", "nobody has that key")
        return self.people[key]

    def token_for(self, key: str) -> str:
        """An access token for a person without the flow, for trying the API from a terminal.

        Raises:
            FlowError: Nobody has that key.
        """
        return mint(self.person(key), self.issuer, self.now())

    def _answer(self, code: _Code) -> dict[str, Any]:
        now = self.now()
        claims = id_claims(code.person, self.issuer, now, nonce=code.request.nonce or None)
        key = self.issuer.key
        return {
            "access_token": mint(code.person, self.issuer, now),
            "id_token": jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.key_id}),
            "token_type": "Bearer",
            "expires_in": int(LIFETIME.total_seconds()),
            "scope": claims["scope"],
            "userId": code.person.subject,
        }


def _is_on_this_machine(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in {"http", "https"} and parts.hostname in _LOOPBACK and not parts.fragment


def _challenge(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
