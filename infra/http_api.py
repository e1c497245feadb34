"""The HTTP API: every route by name, closed unless it says that it is public, throttled one by one, logged by key."""

import json

from aws_cdk import RemovalPolicy, Stack, aws_lambda, aws_logs
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk.aws_apigatewayv2_authorizers import HttpJwtAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration

from infra.acknowledge import acknowledge
from infra.function import retention
from infra.grants import Resources
from infra.names import access_log_group
from infra.spec import Capability, Route
from infra.stages import Stage

_HEADERS_IN = ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match"]
_HEADERS_OUT = ["etag", "location", "retry-after"]
# Route keys and never paths: a path names people. No address of the caller either.
_LOG_LINE = {
    "request_id": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "route": "$context.routeKey",
    "status": "$context.status",
    "latency_ms": "$context.responseLatency",
    "integration_ms": "$context.integrationLatency",
    "integration_error": "$context.integrationErrorMessage",
    "authorizer_error": "$context.authorizer.error",
    "response_bytes": "$context.responseLength",
}


def make_http_api(
    stack: Stack, resources: Resources, functions: dict[str, aws_lambda.Function], capabilities: tuple[Capability, ...]
) -> gateway.HttpApi:
    """The API with the routes of all capabilities and its one stage, ``$default``."""
    stage = resources.stage
    api = gateway.HttpApi(
        stack,
        "HttpApi",
        api_name=stage.physical("api"),
        create_default_stage=False,
        cors_preflight=_cors(stage),
        default_authorizer=HttpJwtAuthorizer("SignIn", stage.issuer, jwt_audience=[stage.audience]),
    )
    made: list[gateway.HttpRoute] = []
    for capability in capabilities:
        made += _add_routes(api, capability, functions[capability.name])
    routes = tuple(route for capability in capabilities for route in capability.routes)
    _add_stage(stack, resources, api, routes, made)
    return api


def _cors(stage: Stage) -> gateway.CorsPreflightOptions:
    methods = gateway.CorsHttpMethod
    return gateway.CorsPreflightOptions(
        allow_origins=list(stage.origins),
        allow_methods=[methods.GET, methods.POST, methods.PUT, methods.PATCH, methods.DELETE],
        allow_headers=_HEADERS_IN,
        expose_headers=_HEADERS_OUT,
    )


def _add_routes(api: gateway.HttpApi, capability: Capability, function: aws_lambda.Function) -> list[gateway.HttpRoute]:
    if not capability.routes:
        return []
    integration = HttpLambdaIntegration(capability.name, function, scope_permission_to_route=False)
    return [made for route in capability.routes for made in _add_route(api, route, integration)]


def _add_route(api: gateway.HttpApi, route: Route, integration: HttpLambdaIntegration) -> list[gateway.HttpRoute]:
    made = api.add_routes(
        path=route.path,
        methods=[gateway.HttpMethod[route.method]],
        integration=integration,
        authorizer=gateway.HttpNoneAuthorizer() if route.public else None,
    )
    if route.public:
        for one in made:
            acknowledge(one, "AwsSolutions-APIG4", _why_public(route))
    return made


def _why_public(route: Route) -> str:
    if route.path.startswith("/v1/webhooks/"):
        return "The caller is Stripe: the function checks the signature of each request"
    return "A public description of the service, with no data of anybody"


def _add_stage(
    stack: Stack, resources: Resources, api: gateway.HttpApi, routes: tuple[Route, ...], made: list[gateway.HttpRoute]
) -> None:
    log_group = aws_logs.LogGroup(
        stack,
        "HttpApiLogs",
        log_group_name=access_log_group(resources.stage),
        retention=retention(resources.stage),
        encryption_key=resources.key,
        removal_policy=RemovalPolicy.DESTROY,
    )
    stage = gateway.CfnStage(
        stack,
        "HttpApiStage",
        api_id=api.api_id,
        stage_name="$default",
        auto_deploy=True,
        access_log_settings=gateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=log_group.log_group_arn, format=json.dumps(_LOG_LINE)
        ),
        default_route_settings=_throttle(rate=50, burst=100),
        route_settings={route.key: _route_settings(route) for route in routes},
    )
    for route in made:
        # Throttling a route by its key is an error before the route is there.
        stage.node.add_dependency(route)


def _throttle(rate: int, burst: int) -> gateway.CfnStage.RouteSettingsProperty:
    return gateway.CfnStage.RouteSettingsProperty(
        throttling_rate_limit=rate, throttling_burst_limit=burst, detailed_metrics_enabled=True
    )


def _route_settings(route: Route) -> dict[str, object]:
    return {
        "ThrottlingRateLimit": route.rate,
        "ThrottlingBurstLimit": route.burst,
        "DetailedMetricsEnabled": True,
    }
