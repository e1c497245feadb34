"""The description of the API, a page to try it on, and whether it is up; open to everybody, touching nothing."""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any, Literal

from aws_lambda_powertools.event_handler import Response

from school_events.core.http import ApiModel, SchoolApi

HERE = Path(__file__).parent
OPENAPI = json.dumps(json.loads((HERE / "openapi.json").read_text()), separators=(",", ":"), ensure_ascii=False)
PAGE = (HERE / "page.html").read_text()

api = SchoolApi("docs")


class Health(ApiModel):
    """The API is up."""

    status: Literal["ok"] = "ok"


def content_security_policy(page: str) -> str:
    """The policy that lets a page do what stands in it and nothing else: its own script and style, its own API."""
    scripts, styles = (re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL) for tag in ("script", "style"))
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(map(_source, scripts))}",
            f"style-src {' '.join(map(_source, styles))}",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _source(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


POLICY = content_security_policy(PAGE)


@api.route("GET", "/v1/openapi.json", public=True, summary="This description")
def openapi() -> Response[str]:
    """OpenAPI 3.1, made from the functions' own routes."""
    return Response(200, "application/json", OPENAPI, {"Cache-Control": "public, max-age=300"})


@api.route("GET", "/v1/docs", public=True, summary="This description as a page, on which routes can be tried")
def page() -> Response[str]:
    """Needs nothing from anywhere else."""
    headers: dict[str, str | list[str]] = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "public, max-age=300",
    }
    return Response(200, "text/html; charset=utf-8", PAGE, headers)


@api.route("GET", "/v1/health", public=True, summary="Whether the API is up")
def health() -> Health:
    """Says that requests reach a function that answers; what stands behind it is watched by alarms."""
    return Health()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
