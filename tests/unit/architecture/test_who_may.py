"""Every route against every sort of caller: whoever is not named is refused, and nothing changes (I2, I6)."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.support.http_events import LambdaContext, claims, http_event, json_of
from tests.support.people import a_small_school, portal_message, staff_told, tell
from tests.support.tables import everything, messages
from tests.unit.architecture.routes import HANDLERS, IN_SCHOOL, ROLES, ROUTES, Known

type Claims = Callable[[Known], dict[str, str]]

PERSONS = {"school_admin": "staff-admin", "finance": "staff-finance", "staff": "staff-1", "parent": "contact-1"}
QUEUES = ("notifications", "stripe-events", "exports", "portal-dlq", "invitations")
CLOSED = [route for route in ROUTES if not route.rule.public]
OUTSIDE = [route for route in CLOSED if not route.in_school]


@pytest.fixture
def _school(tables: None) -> None:
    """Two schools with the same people, of whom only those of the first call."""
    a_small_school()
    tell(staff_told("staff-finance", ("finance",)))
    school = {"name": "Other", "time_zone": "Europe/London", "nation": "ENG", "authorised_categories": []}
    tell(portal_message("SchoolUpdated", {"school": school | {"parents_mfa_exempt": False}}, school_id="school-2"))


def ask(route: Known, claimed: dict[str, str], school_id: str = "school-1") -> dict[str, Any]:
    """Call a route through its function, with a request that is well formed."""
    body: dict[str, Any] | None = None if route.rule.method in {"GET", "DELETE"} else {}
    event = http_event(route.rule.key, route.parameters(), body, claimed=claimed, school_id=school_id)
    answer: dict[str, Any] = HANDLERS[route.function].lambda_handler(event, LambdaContext())
    return answer


def answered(routes: Iterable[Known], claimed: Claims, expected: int, school_id: str = "school-1") -> dict[str, int]:
    """The routes that do not answer as expected; none of them may change anything."""
    before = everything()
    statuses = {route.rule.key: int(ask(route, claimed(route), school_id)["statusCode"]) for route in routes}
    assert statuses, "no route was asked"
    assert everything() == before
    assert [queue for queue in QUEUES if messages(queue)] == []
    return {key: status for key, status in statuses.items() if status != expected}


def as_role(role: str, **others: str) -> Claims:
    """A member of the first school in one role."""
    return lambda _route: claims(("school-1", PERSONS[role], [role])) | others


@pytest.mark.usefixtures("_school")
@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_a_route_does_not_name_is_refused(role: str) -> None:
    refused = [route for route in IN_SCHOOL if role not in route.rule.roles]
    assert answered(refused, as_role(role), 403) == {}


@pytest.mark.usefixtures("_school")
@pytest.mark.parametrize("role", ROLES)
def test_every_role_in_another_school_finds_nothing(role: str) -> None:
    assert answered(IN_SCHOOL, as_role(role), 404, "school-2") == {}


@pytest.mark.usefixtures("_school")
def test_a_stranger_finds_no_school() -> None:
    assert answered(IN_SCHOOL, lambda _route: claims(), 404) == {}


@pytest.mark.usefixtures("_school")
def test_a_school_of_others_answers_like_one_that_does_not_exist() -> None:
    for route in IN_SCHOOL:
        there, nowhere = (ask(route, as_role("school_admin")(route), school) for school in ("school-2", "nowhere"))
        assert (there["statusCode"], json_of(there)) == (nowhere["statusCode"], json_of(nowhere))


@pytest.mark.usefixtures("_school")
@pytest.mark.parametrize(
    "broken",
    [None, {"exp": ""}, {"exp": "1"}, {"tty": "it"}, {"sub": ""}],
    ids=["none", "no expiry", "expired", "id token", "nobody"],
)
def test_without_a_good_token_every_route_is_closed(broken: dict[str, str] | None) -> None:
    def claimed(route: Known) -> dict[str, str]:
        return {} if broken is None else as_role(min(route.rule.roles), **broken)(route)

    assert answered(CLOSED, claimed, 401) == {}


@pytest.mark.usefixtures("_school")
@pytest.mark.parametrize("role", ROLES)
def test_without_a_second_factor_no_school_is_open(role: str) -> None:
    named = [route for route in IN_SCHOOL if role in route.rule.roles]
    assert answered(named, as_role(role, mfa="false"), 401) == {}


@pytest.mark.usefixtures("_school")
@pytest.mark.parametrize("role", ["school_admin", "finance", "staff"])
def test_who_has_left_the_staff_is_out_whatever_the_token_says(role: str) -> None:
    named = [route for route in IN_SCHOOL if role in route.rule.roles]
    assert answered(named, lambda _route: claims(("school-1", "staff-gone", [role])), 404) == {}


@pytest.mark.usefixtures("_school")
@pytest.mark.parametrize("role", ["school_admin", "finance"])
def test_a_role_the_portal_took_away_is_gone_whatever_the_token_says(role: str) -> None:
    named = [route for route in IN_SCHOOL if role in route.rule.roles]
    assert answered(named, lambda _route: claims(("school-1", "staff-1", [role])), 403) == {}


@pytest.mark.usefixtures("_school")
@pytest.mark.parametrize("role", ROLES)
def test_every_role_a_route_names_gets_past_the_door(role: str) -> None:
    """What then is asked for does not exist, so the answer is about that and never about the caller."""
    for route in (route for route in IN_SCHOOL if role in route.rule.roles):
        status = int(ask(route, as_role(role)(route))["statusCode"])
        assert status not in {401, 403, 500}, f"{route.rule.key} answers {status}"


@pytest.mark.usefixtures("_school")
@pytest.mark.parametrize("route", OUTSIDE, ids=lambda route: route.rule.key)
def test_outside_schools_any_signed_in_caller_is_answered(route: Known) -> None:
    assert ask(route, claims())["statusCode"] == 200
