"""What is deployed is what is answered, and every route says who may call it."""

import itertools

import pytest

from tests.unit.architecture.routes import APIS, DEPLOYED, HANDLERS, MARK, ROLES, ROUTES


def test_every_function_that_is_sent_requests_has_a_handler() -> None:
    missing = [name for name, routes in DEPLOYED.items() if routes and name not in HANDLERS]
    assert missing == []


@pytest.mark.parametrize("name", [name for name, routes in DEPLOYED.items() if routes])
def test_a_function_answers_exactly_the_routes_it_is_sent(name: str) -> None:
    deployed = {route.key: route.public for route in DEPLOYED[name]}
    if name in APIS:
        assert {rule.key: rule.public for rule in APIS[name].rules.values()} == deployed
    else:
        assert all(deployed.values()), "a function that checks no caller may only have public routes"


def test_no_function_answers_routes_that_nobody_sends_it() -> None:
    assert [name for name in APIS if not DEPLOYED.get(name)] == []


def test_every_route_that_is_not_public_names_roles() -> None:
    nameless = [route.rule.key for route in ROUTES if not route.rule.public and not route.rule.roles]
    assert nameless in ([], ["GET /v1/me"])


def test_no_public_route_is_inside_a_school_or_names_roles() -> None:
    wrong = [route.rule.key for route in ROUTES if route.rule.public and (route.in_school or route.rule.roles)]
    assert wrong == []


def test_every_role_named_is_one_that_exists() -> None:
    assert set().union(*(route.rule.roles for route in ROUTES)) == set(ROLES)


def test_no_route_is_answered_by_two_functions() -> None:
    keys = [route.rule.key for route in ROUTES]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", APIS)
def test_no_path_can_be_read_as_that_of_another_route_of_the_function(name: str) -> None:
    """The caller's role is checked for the route API Gateway chose, and the resolver chooses by path again."""
    alike = [
        (one.key, other.key)
        for one, other in itertools.combinations(APIS[name].rules.values(), 2)
        if one.method == other.method and could_be_alike(one.path, other.path)
    ]
    assert alike == []


def could_be_alike(one: str, other: str) -> bool:
    """Whether some path fits both templates."""
    ones, others = one.split("/"), other.split("/")
    if len(ones) != len(others):
        return False
    return all(a == b or MARK.fullmatch(a) or MARK.fullmatch(b) for a, b in zip(ones, others, strict=True))


def test_the_comparison_of_paths_knows_alike_from_different() -> None:
    assert could_be_alike("/v1/{a}/x", "/v1/y/{b}")
    assert not could_be_alike("/v1/{a}/x", "/v1/{a}/y")
    assert not could_be_alike("/v1/{a}", "/v1/{a}/y")
