"""Who gets in, and as whom: nobody whom the route does not name (I1, I2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from school_events.core.context import Actor
from tests.support.http_events import LambdaContext, claims, http_event, json_of
from tests.unit.core.things import THING, THINGS, Things

GET, POST = f"GET {THING}", f"POST {THINGS}"
ONE = {"thing_id": "thing-1"}


def status(answer: dict[str, Any]) -> int:
    """The status of an answer, which must be a proper problem if it is an error."""
    code = int(answer["statusCode"])
    if code >= 400:
        body = json_of(answer)
        assert {name.lower(): value for name, value in answer["headers"].items()}["content-type"] == (
            "application/problem+json"
        )
        assert body["status"] == code
        assert body["type"].startswith("urn:school-events:problem:")
        assert body["title"]
    return code


@pytest.fixture
def things() -> Things:
    return Things()


def test_a_named_role_gets_in_as_who_they_are(things: Things) -> None:
    answer = things.call(GET, ONE)
    assert (status(answer), json_of(answer)) == (200, {"id": "thing-1", "school_id": "school-1"})
    (ctx,) = things.contexts
    assert (ctx.school_id, ctx.actor) == ("school-1", Actor("staff", "staff-admin"))
    assert ctx.roles == {"school_admin"}
    assert (ctx.mfa, ctx.request_id, ctx.origin) == (True, "request-1", "192.0.2.1")
    assert things.asked_access == ["staff-admin"]


@pytest.mark.parametrize("role", ["staff", "finance"])
def test_a_role_the_route_does_not_name_is_refused(things: Things, role: str) -> None:
    assert status(things.call(GET, ONE, roles=[role])) == 403
    assert things.reached == things.asked_access == []


def test_without_a_token_nobody_gets_in(things: Things) -> None:
    assert status(things.call(GET, ONE, roles=())) == 401
    assert status(things.call("GET /v1/me", roles=())) == 401
    event = http_event(GET, ONE)
    event["requestContext"]["authorizer"] = {}
    assert status(things.send(event)) == 401
    assert things.reached == []


@pytest.mark.parametrize("broken", [{"exp": ""}, {"tty": "it"}, {"sub": ""}])
def test_a_token_that_proves_nothing_gets_nobody_in(things: Things, broken: dict[str, str]) -> None:
    claimed = claims(("school-1", "staff-admin", ["school_admin"])) | broken
    assert status(things.call(GET, ONE, claimed=claimed)) == 401
    assert things.reached == []


def test_a_school_one_is_no_member_of_answers_like_one_that_does_not_exist(things: Things) -> None:
    claimed = claims(("school-1", "staff-admin", ["school_admin"]))
    other = things.call(GET, ONE, claimed=claimed, school_id="school-2")
    missing = things.call(GET, ONE, claimed=claimed, school_id="nowhere")
    assert status(other) == 404
    assert other["body"] == missing["body"]
    assert things.reached == things.asked_access == []


@pytest.mark.parametrize("route", ["DELETE " + THING, "GET /v1/elsewhere", "", "$default"])
def test_a_route_nobody_registered_does_not_exist(things: Things, route: str) -> None:
    event = http_event(GET, ONE)
    event["routeKey"] = route
    assert status(things.send(event)) == 404
    assert things.reached == []


def test_a_route_without_roles_lets_nobody_in(things: Things) -> None:
    @things.api.route("GET", "/v1/schools/{school_id}/forgotten", summary="Nobody said who may")
    def forgotten(school_id: str) -> None:
        raise AssertionError

    assert status(things.call("GET /v1/schools/{school_id}/forgotten")) == 403


def test_a_path_that_is_not_the_routes_cannot_lead_elsewhere(things: Things) -> None:
    """API Gateway decodes ``%2F``: the path of one route, as sent, may look like that of another."""
    event = http_event(GET, {"thing_id": "thing-1/secret"}, roles=["parent"], person="contact-1")
    event["rawPath"] = "/v1/schools/school-1/things/thing-1/secret"
    assert status(things.send(event)) == 404
    event = http_event(GET, ONE, roles=["parent"], person="contact-1")
    event["rawPath"] = "/v1/schools/school-1/things/thing-1/secret"
    assert json_of(things.send(event))["id"] == "thing-1"
    assert "secret" not in things.reached


def test_the_school_a_handler_is_told_is_the_school_that_was_checked(things: Things) -> None:
    event = http_event(GET, ONE)
    event["rawPath"] = "/v1/schools/school-2/things/thing-1"
    assert json_of(things.send(event))["school_id"] == "school-1"


@pytest.mark.parametrize("parameters", [None, {}, {"thing_id": "thing-1"}, {"school_id": "school-1"}])
def test_a_request_without_its_parameters_names_nothing(things: Things, parameters: dict[str, str] | None) -> None:
    event = http_event(GET, ONE)
    event["pathParameters"] = parameters
    assert status(things.send(event)) == 404
    assert things.reached == []


@pytest.mark.parametrize("thing", ["a b", "ä", "a%2Fb", "..", "a#b", 'a"b', "{school_id}", "\n", "a?b", "🎈", "%00"])
def test_no_parameter_is_a_server_error(things: Things, thing: str) -> None:
    assert status(things.call(GET, {"thing_id": thing})) in {200, 404}
    assert things.reached in ([], [thing])


@pytest.mark.parametrize(("thing", "reached"), [("x" * 256, True), ("x" * 257, False), ("é" * 129, False)])
def test_what_is_too_long_for_a_key_is_not_looked_for(things: Things, thing: str, reached: bool) -> None:
    things.call(GET, {"thing_id": thing})
    assert things.reached == ([thing] if reached else [])


def test_a_public_route_asks_nobody_who_they_are(things: Things) -> None:
    assert json_of(things.call("GET /v1/up", roles=()))["id"] == "up"
    assert things.asked_access == []


def test_outside_schools_any_signed_in_caller_gets_in(things: Things) -> None:
    assert json_of(things.call("GET /v1/me", claimed=claims()))["id"] == "user-1"
    assert things.asked_access == []


def test_a_teacher_with_a_child_at_the_school_comes_as_what_the_route_is_for(things: Things) -> None:
    both = claims(("school-1", "staff-1", ["staff"]), ("school-1", "contact-1", ["parent"]))
    assert status(things.call(GET, ONE, claimed=both)) == 200
    assert things.contexts[0].actor == Actor("contact", "contact-1")
    assert things.contexts[0].roles == {"parent"}
    assert status(things.call(POST, body={"name": "x"}, claimed=both)) == 403


@pytest.mark.parametrize("staff_id", ["staff-1", "gone"])
def test_who_is_staff_and_a_parent_sees_what_either_may_see(things: Things, staff_id: str) -> None:
    both = claims(("school-1", staff_id, ["school_admin"]), ("school-1", "contact-1", ["parent"]))
    answer = things.call(GET, {"thing_id": "of-a-child"}, claimed=both)
    assert (status(answer), json_of(answer)["id"]) == (200, "of-a-child")
    assert things.contexts[-1].actor == Actor("contact", "contact-1")


def test_who_is_both_and_asks_first_as_what_it_is_not_for_is_answered_as_the_other(things: Things) -> None:
    memberships = ("school-1", "contact-1", ["parent"]), ("school-1", "staff-1", ["school_admin"])
    for both in (claims(*memberships), claims(*reversed(memberships))):
        answer = things.call(f"POST {THING}/ask", ONE, claimed=both)
        assert (status(answer), json_of(answer)["id"]) == (200, "staff-1")
        assert status(things.call(f"POST {THING}/ask", {"thing_id": "nobodys"}, claimed=both)) == 404
    assert status(things.call(f"POST {THING}/ask", ONE, claimed=claims(memberships[0]))) == 422


def test_who_is_refused_as_both_is_refused(things: Things) -> None:
    both = claims(("school-1", "gone", ["school_admin"]), ("school-1", "gone", ["parent"]))
    assert status(things.call(GET, ONE, claimed=both)) == 404
    assert things.reached == []


def test_who_no_longer_is_a_member_is_told_so_by_the_access_check(things: Things) -> None:
    answer = things.call(GET, ONE, person="too-busy")
    assert status(answer) == 503
    assert int(answer["headers"]["Retry-After"]) > 0
    assert things.reached == []


def test_each_call_starts_knowing_nobody(things: Things) -> None:
    for outcome in (GET, f"POST {THING}/break"):
        things.call(outcome, ONE)
        with pytest.raises(RuntimeError, match="public"):
            _ = things.api.caller
        with pytest.raises(RuntimeError, match="outside a school"):
            _ = things.api.context
        with pytest.raises(RuntimeError, match="public"):
            things.api.context_in(things.contexts[0])  # type: ignore[arg-type]


def test_retries_end_before_the_function_does(things: Things) -> None:
    things.send(http_event(GET, ONE), LambdaContext(remaining_ms=65_000))
    left = things.contexts[0].deadline - datetime.now(UTC)
    assert timedelta(seconds=0) < left < timedelta(seconds=64)


def test_unknown_callers_learn_nothing_of_what_is_wrong_with_their_body(things: Things) -> None:
    assert status(things.call(POST, body="{", roles=())) == 401
    assert status(things.call(POST, body="{", roles=["parent"])) == 403
    assert status(things.call(POST, body="x" * 300_000, roles=())) == 401
