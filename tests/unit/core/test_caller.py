"""An access token proves who calls, or nothing at all."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.core.caller import Caller, Membership, as_list, caller_from_claims
from school_events.core.errors import Unauthenticated
from tests.support.contexts import NOW
from tests.support.http_events import claims

ADMIN = ("school-1", "staff-1", ["school_admin"])


def caller(**changed: Any) -> Caller:
    return caller_from_claims(claims(ADMIN) | changed, NOW)


def memberships(claim: Any) -> tuple[Membership, ...]:
    return caller(memberships=claim).memberships


def test_claims_arrive_as_text_and_are_understood() -> None:
    known = caller()
    assert known.subject == "user-1"
    assert known.mfa is True
    assert known.memberships == (Membership("school-1", "staff-1", frozenset({"school_admin"})),)


@pytest.mark.parametrize("exp", [None, "", "soon", "nan", "inf", "-inf", "1e400", "0", "-1", str(NOW.timestamp())])
def test_a_token_without_an_expiry_or_past_it_proves_nothing(exp: str | None) -> None:
    given_claims: dict[str, Any] = dict(claims(ADMIN))
    given_claims.pop("exp")
    if exp is not None:
        given_claims["exp"] = exp
    with pytest.raises(Unauthenticated):
        caller_from_claims(given_claims, NOW)


@pytest.mark.parametrize("exp", [NOW.timestamp() + 1, str(int(NOW.timestamp()) + 1), "4.102444800E9"])
def test_a_token_is_good_until_its_expiry_however_the_number_is_written(exp: float | str) -> None:
    assert caller(exp=exp).subject == "user-1"


@pytest.mark.parametrize("kind", [None, "", "it", "rt", "AT"])
def test_only_an_access_token_counts(kind: str | None) -> None:
    with pytest.raises(Unauthenticated):
        caller(tty=kind)


def test_a_token_must_name_somebody() -> None:
    with pytest.raises(Unauthenticated):
        caller(sub="")
    with pytest.raises(Unauthenticated):
        caller_from_claims({}, NOW)


@pytest.mark.parametrize(
    ("claim", "mfa"), [("true", True), (True, True), ("false", False), ("", False), ("yes", False)]
)
def test_a_second_factor_counts_only_if_the_token_says_true(claim: Any, mfa: bool) -> None:
    assert caller(mfa=claim).mfa is mfa


def test_a_token_without_a_word_on_second_factors_has_none() -> None:
    silent = {name: value for name, value in claims(ADMIN).items() if name != "mfa"}
    assert caller_from_claims(silent, NOW).mfa is False


@pytest.mark.parametrize(
    ("claim", "listed"),
    [("[a b]", ["a", "b"]), ("[a]", ["a"]), ("[]", []), ("", []), (["a", "b"], ["a", "b"]), (" [a  b] ", ["a", "b"])],
)
def test_lists_are_read_as_api_gateway_writes_them(claim: Any, listed: list[str]) -> None:
    assert as_list(claim) == listed


@pytest.mark.parametrize(
    "junk",
    [
        "school-1",
        "school-1:staff-1",
        "school-1:staff-1:",
        "school-1:staff-1:king",
        ":staff-1:staff",
        "school-1::staff",
        "school#1:staff-1:staff",
        "school-1:staff#1:staff",
        "school-1:staff-1:staff:extra",
        "sch/ool:staff-1:staff",
        "a" * 65 + ":staff-1:staff",
    ],
)
def test_a_membership_that_makes_no_sense_gives_nothing_and_spoils_nothing(junk: str) -> None:
    assert memberships(f"[{junk} school-2:staff-2:finance]") == (
        Membership("school-2", "staff-2", frozenset({"finance"})),
    )


def test_roles_nobody_knows_are_ignored() -> None:
    assert memberships("[school-1:staff-1:king+finance]")[0].roles == {"finance"}


@given(st.text(max_size=80))
def test_no_text_of_a_claim_breaks_reading_it(text: str) -> None:
    for membership in memberships(text):
        assert membership.roles
        assert "#" not in membership.school_id + membership.person_id


def test_one_family_may_have_children_in_two_schools() -> None:
    known = caller(memberships="[school-1:contact-1:parent school-2:contact-9:parent]")
    assert [one.person_id for one in known.memberships_in("school-2")] == ["contact-9"]
    assert known.memberships_in("school-3") == ()


def test_a_teacher_with_a_child_at_the_school_is_two_people_there() -> None:
    known = caller(memberships="[school-1:staff-1:staff+finance school-1:contact-1:parent]")
    assert [(one.kind, one.person_id) for one in known.memberships_in("school-1")] == [
        ("staff", "staff-1"),
        ("contact", "contact-1"),
    ]


def test_nobody_is_a_parent_by_their_staff_id() -> None:
    """The Portal numbers contacts and staff apart: staff member 7 must not become contact 7."""
    assert memberships("[school-1:7:staff+parent]") == (Membership("school-1", "7", frozenset({"staff"})),)
