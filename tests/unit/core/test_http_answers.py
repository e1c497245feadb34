"""What a route answers is what it says it answers."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from school_events.core.http import ApiModel, SchoolApi, reply
from tests.support.http_events import LambdaContext, http_event, json_of


class Named(ApiModel):
    name: str


class Other(ApiModel):
    size: int


def an_api() -> SchoolApi:
    api = SchoolApi("things")

    @api.route("GET", "/v1/right", public=True, summary="Right")
    def right() -> Response[Named]:
        return reply(Named(name="Ann"), status=202, version=3, location="/v1/things/1")

    @api.route("GET", "/v1/wrong", public=True, summary="Wrong")
    def wrong() -> Response[Named]:
        return reply(Other(size=1))

    return api


def answer_to(route: str) -> dict[str, Any]:
    return an_api().handle(http_event(route, roles=()), LambdaContext())


def test_an_answer_carries_its_body_status_version_and_place() -> None:
    answer = answer_to("GET /v1/right")
    assert (answer["statusCode"], json_of(answer)) == (202, {"name": "Ann"})
    assert answer["headers"]["ETag"] == '"3"'
    assert answer["headers"]["Location"] == "/v1/things/1"
    assert answer["headers"]["Content-Type"] == "application/json"


def test_an_answer_that_is_not_what_the_route_says_is_a_bug_and_not_the_callers_fault() -> None:
    answer = answer_to("GET /v1/wrong")
    assert answer["statusCode"] == 500
    assert json_of(answer)["type"] == "urn:school-events:problem:internal"
