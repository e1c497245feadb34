"""The API is closed but for what is public by nature, limited route by route, and logs no path."""

import importlib
import json

import pytest

from infra.capabilities import CAPABILITIES
from infra.spec import Route
from school_events.core.http import SchoolApi
from tests.infra.assembly import Assembly

ROUTES = [route for capability in CAPABILITIES for route in capability.routes]
PUBLIC = {"GET /v1/openapi.json", "GET /v1/docs", "GET /v1/health", "POST /v1/webhooks/stripe"}


def test_every_route_but_the_public_ones_asks_for_a_token(prod: Assembly) -> None:
    (authorizer,) = prod.resources("AWS::ApiGatewayV2::Authorizer")
    for properties in prod.properties("AWS::ApiGatewayV2::Route"):
        if properties["RouteKey"] in PUBLIC:
            assert properties["AuthorizationType"] == "NONE"
            assert "AuthorizerId" not in properties
        else:
            assert properties["AuthorizationType"] == "JWT"
            assert properties["AuthorizerId"] == {"Ref": authorizer}


def test_the_routes_are_those_of_the_capabilities_each_once(prod: Assembly) -> None:
    keys = [properties["RouteKey"] for properties in prod.properties("AWS::ApiGatewayV2::Route")]
    assert sorted(keys) == sorted(route.key for route in ROUTES)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("name", [one.name for one in CAPABILITIES if one.routes and one.name != "stripe_webhook"])
def test_the_gateway_has_exactly_the_routes_of_the_handler(name: str) -> None:
    (capability,) = [one for one in CAPABILITIES if one.name == name]
    api: SchoolApi = importlib.import_module(f"functions.{name}.handler").api
    assert {route.key: route.public for route in capability.routes} == {
        key: rule.public for key, rule in api.rules.items()
    }


def test_no_two_routes_answer_to_the_same_path() -> None:
    shapes = [(route.method, _shape(route)) for route in ROUTES]
    assert len(set(shapes)) == len(shapes)


def test_everything_of_a_school_is_under_the_school() -> None:
    outside = {route.key for route in ROUTES if not route.path.startswith("/v1/schools/{school_id}/")}
    assert outside == PUBLIC | {"GET /v1/me"}


def test_tokens_are_checked_against_the_stages_issuer_and_audience(prod: Assembly, local: Assembly) -> None:
    (properties,) = prod.properties("AWS::ApiGatewayV2::Authorizer")
    assert properties["AuthorizerType"] == "JWT"
    assert properties["JwtConfiguration"] == {
        "Audience": ["school-events"],
        "Issuer": "https://sign-in.school-events.example",
    }
    (properties,) = local.properties("AWS::ApiGatewayV2::Authorizer")
    assert properties["JwtConfiguration"]["Issuer"] == "http://127.0.0.1:9001"


def test_functions_check_tokens_against_the_same_issuer_and_audience(prod: Assembly) -> None:
    (authorizer,) = prod.properties("AWS::ApiGatewayV2::Authorizer")
    closed = {one.name for one in CAPABILITIES if any(not route.public for route in one.routes)}
    for properties in prod.properties("AWS::Lambda::Function"):
        variables = properties["Environment"]["Variables"]
        if variables["POWERTOOLS_SERVICE_NAME"] in closed:
            assert variables["TOKEN_ISSUER"] == authorizer["JwtConfiguration"]["Issuer"]
            assert [variables["TOKEN_AUDIENCE"]] == authorizer["JwtConfiguration"]["Audience"]
        else:
            assert "TOKEN_ISSUER" not in variables


def test_every_route_has_a_limit_of_its_own(prod: Assembly) -> None:
    (stage,) = prod.properties("AWS::ApiGatewayV2::Stage")
    assert set(stage["RouteSettings"]) == {route.key for route in ROUTES}
    for settings in stage["RouteSettings"].values():
        assert 0 < settings["ThrottlingRateLimit"] <= settings["ThrottlingBurstLimit"]


def test_limits_are_set_after_the_routes_they_name(prod: Assembly) -> None:
    (stage,) = prod.resources("AWS::ApiGatewayV2::Stage").values()
    assert set(prod.resources("AWS::ApiGatewayV2::Route")) <= set(stage["DependsOn"])


def test_a_hot_event_is_let_in(prod: Assembly) -> None:
    (stage,) = prod.properties("AWS::ApiGatewayV2::Stage")
    booking = stage["RouteSettings"]["POST /v1/schools/{school_id}/bookings"]
    assert booking["ThrottlingBurstLimit"] >= 1500


def test_the_access_log_has_the_route_and_neither_path_nor_caller(prod: Assembly) -> None:
    (stage,) = prod.properties("AWS::ApiGatewayV2::Stage")
    line = json.loads(stage["AccessLogSettings"]["Format"])
    assert line["route"] == "$context.routeKey"
    assert {"status", "request_id", "latency_ms"} <= set(line)
    assert not [value for value in line.values() if "path" in value.lower() or "identity" in value or "claims" in value]


def test_browsers_of_the_stages_apps_may_call_and_no_others(prod: Assembly) -> None:
    (api,) = prod.properties("AWS::ApiGatewayV2::Api")
    cors = api["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["https://app.school-events.example"]
    assert {"authorization", "idempotency-key", "if-match"} <= set(cors["AllowHeaders"])
    assert "AllowCredentials" not in cors


def test_the_api_may_call_only_functions_that_have_routes(prod: Assembly) -> None:
    callers = [
        properties["FunctionName"]["Fn::GetAtt"][0]
        for properties in prod.properties("AWS::Lambda::Permission")
        if properties["Principal"] == "apigateway.amazonaws.com"
    ]
    with_routes = [capability.name for capability in CAPABILITIES if capability.routes]
    assert len(callers) == len(set(callers)) == len(with_routes)


def _shape(route: Route) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in route.path.split("/"))
