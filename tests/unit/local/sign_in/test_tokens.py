"""Tokens are what FusionAuth would give, and a flawed one has just that flaw."""

import base64
import json
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from local.sign_in.keys import SigningKey
from local.sign_in.mint import main
from local.sign_in.people import Person, load_people, save_people
from local.sign_in.tokens import Flaw, Issuer, mint
from school_events.core.caller import caller_from_claims
from school_events.core.errors import Unauthenticated

from .conftest import ADMIN, BOTH, NOW


def checked(token: str, issuer: Issuer) -> dict[str, Any]:
    """The claims of a token, checked as strictly as a careful API checks them, with the key from the key set."""
    keys = jwt.PyJWKSet.from_dict(issuer.key.jwks())
    claims: dict[str, Any] = jwt.decode(
        token,
        keys[jwt.get_unverified_header(token)["kid"]].key,
        algorithms=["RS256"],
        audience=issuer.audience,
        issuer=issuer.url,
        options={"require": ["exp", "iat", "sub"], "verify_exp": False, "verify_iat": False},
    )
    if datetime.fromtimestamp(claims["exp"], UTC) <= NOW:
        raise jwt.ExpiredSignatureError
    return claims


def test_an_access_token_carries_fusionauths_claims_and_ours(issuer: Issuer) -> None:
    token = mint(BOTH, issuer, NOW)
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "typ": "JWT", "kid": issuer.key.key_id}
    claims = checked(token, issuer)
    assert claims["memberships"] == list(BOTH.memberships)
    assert claims["mfa"] is True
    assert claims["tty"] == "at"
    assert claims["exp"] - claims["iat"] == 3600
    assert claims.keys() >= {"jti", "tid", "applicationId", "authenticationType", "roles", "gty", "auth_time", "scope"}
    assert BOTH.name not in json.dumps(claims)


def test_the_product_reads_the_caller_out_of_the_claims_as_the_gateway_hands_them_over(issuer: Issuer) -> None:
    claims = checked(mint(BOTH, issuer, NOW), issuer)
    handed = {name: f"[{' '.join(value)}]" if isinstance(value, list) else str(value) for name, value in claims.items()}
    caller = caller_from_claims(handed, NOW)
    assert caller.subject == BOTH.subject
    assert [(one.school_id, one.person_id, set(one.roles)) for one in caller.memberships] == [
        ("demo-school", "stf-004", {"staff"}),
        ("demo-school", "con-0009", {"parent"}),
    ]


@pytest.mark.parametrize(
    "flaw",
    [
        Flaw.NO_EXPIRY,
        Flaw.EXPIRED,
        Flaw.WRONG_AUDIENCE,
        Flaw.WRONG_ISSUER,
        Flaw.HS256,
        Flaw.UNSIGNED,
        Flaw.UNKNOWN_KEY,
    ],
)
def test_a_careful_check_refuses_the_flaw(flaw: Flaw, issuer: Issuer) -> None:
    with pytest.raises(jwt.InvalidTokenError):
        checked(mint(ADMIN, issuer, NOW, flaw=flaw), issuer)


def test_the_hs256_forgery_would_pass_where_the_public_key_is_taken_for_a_secret(issuer: Issuer) -> None:
    token = mint(ADMIN, issuer, NOW, flaw=Flaw.HS256)
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert header["alg"] == "HS256"
    assert header["kid"] == issuer.key.key_id


def test_an_id_token_is_well_signed_but_the_product_refuses_it(issuer: Issuer) -> None:
    claims = checked(mint(ADMIN, issuer, NOW, flaw=Flaw.ID_TOKEN), issuer)
    assert claims["name"] == ADMIN.name
    assert "memberships" not in claims
    with pytest.raises(Unauthenticated):
        caller_from_claims(claims, NOW)


def test_tokens_without_second_factor_or_memberships_are_otherwise_good(issuer: Issuer) -> None:
    assert checked(mint(ADMIN, issuer, NOW, flaw=Flaw.NO_MFA), issuer)["mfa"] is False
    assert checked(mint(ADMIN, issuer, NOW, flaw=Flaw.NO_MEMBERSHIPS), issuer)["memberships"] == []


def test_a_token_lives_as_long_as_asked(issuer: Issuer) -> None:
    claims = checked(mint(ADMIN, issuer, NOW, lifetime=timedelta(minutes=5)), issuer)
    assert claims["exp"] - claims["iat"] == 300


def test_a_kept_key_is_the_same_after_a_restart_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    first = SigningKey.kept_in(tmp_path / "keys")
    again = SigningKey.kept_in(tmp_path / "keys")
    assert first.key_id == again.key_id
    (file,) = (tmp_path / "keys").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_programs_that_make_the_key_at_once_get_the_same_one(tmp_path: Path) -> None:
    together = threading.Barrier(4)

    def start(_: int) -> str:
        together.wait()
        return SigningKey.kept_in(tmp_path).key_id

    with ThreadPoolExecutor(together.parties) as programs:
        assert len(set(programs.map(start, range(together.parties)))) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_the_key_set_holds_no_private_part(issuer: Issuer) -> None:
    (key,) = issuer.key.jwks()["keys"]
    assert key.keys() == {"kty", "n", "e", "alg", "use", "kid"}


def test_a_persons_subject_is_the_same_every_time() -> None:
    assert ADMIN.subject == Person("admin", "Other name", "", "", ()).subject
    assert ADMIN.subject != BOTH.subject


def test_people_come_out_of_the_file_as_they_went_in(tmp_path: Path) -> None:
    save_people([ADMIN, BOTH], tmp_path / "people.json")
    assert list(load_people(tmp_path / "people.json").values()) == [ADMIN, BOTH]


@pytest.mark.parametrize("content", ['[{"key": "admin"}]', '[{"memberships": []}]', '["admin"]'])
def test_a_file_that_holds_no_people_is_named_in_the_error(content: str, tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"people\.json"):
        load_people(path)


def test_two_people_with_one_key_are_refused(tmp_path: Path) -> None:
    save_people([ADMIN, ADMIN], tmp_path / "people.json")
    with pytest.raises(ValueError, match="two people"):
        load_people(tmp_path / "people.json")


def test_the_command_mints_a_token_for_a_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_people([ADMIN], tmp_path / "people.json")
    where = ["--people", str(tmp_path / "people.json"), "--keys", str(tmp_path)]
    assert main(["admin", *where, "--flaw", "no-exp"]) == 0
    claims = jwt.decode(
        capsys.readouterr().out.strip(),
        SigningKey.kept_in(tmp_path).public_pem,
        algorithms=["RS256"],
        audience="school-events",
    )
    assert claims["memberships"] == list(ADMIN.memberships)
    assert "exp" not in claims


def test_the_command_says_whom_it_knows_when_asked_for_a_stranger(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_people([ADMIN], tmp_path / "people.json")
    with pytest.raises(SystemExit):
        main(["nobody", "--people", str(tmp_path / "people.json"), "--keys", str(tmp_path)])
    assert "admin" in capsys.readouterr().err
