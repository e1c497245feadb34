"""The description of the API, a page to try it, and whether it is up: open to everybody, touching nothing."""

from infra.spec import Capability, Route

CAPABILITY = Capability(
    name="docs",
    about="OpenAPI document, documentation page, health",
    routes=(
        Route("GET", "/v1/openapi.json", public=True, rate=10, burst=20),
        Route("GET", "/v1/docs", public=True, rate=10, burst=20),
        Route("GET", "/v1/health", public=True, rate=20, burst=40),
    ),
    memory=256,
    timeout=5,
)
