"""The description is served to anybody, and the page needs nothing from anywhere else."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from functions.docs import handler
from school_events.core import aws
from tests.support.http_events import LambdaContext, http_event, json_of


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(service: str) -> None:
        raise AssertionError(f"{service} is touched")

    monkeypatch.setattr(aws, "client", refused)


def get(path: str) -> dict[str, Any]:
    return handler.lambda_handler(http_event(f"GET {path}", roles=()), LambdaContext())


def test_the_description_is_the_one_checked_in() -> None:
    answer = get("/v1/openapi.json")
    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"] == "application/json"
    assert json_of(answer)["info"]["title"] == "School Events API"


def test_health_says_ok_without_a_token() -> None:
    answer = get("/v1/health")
    assert (answer["statusCode"], json_of(answer)) == (200, {"status": "ok"})


def test_the_page_loads_nothing_and_its_policy_lets_only_its_own_script_and_style_run() -> None:
    answer = get("/v1/docs")
    page, policy = answer["body"], answer["headers"]["Content-Security-Policy"]
    assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    found = _Tags()
    found.feed(page)
    assert not found.loading
    assert not found.handlers
    assert not re.search(r"https?://|innerHTML|eval\(", page)
    assert page.count("<script>") == page.count("<style>") == 1
    assert policy == handler.content_security_policy(page)
    assert policy != handler.content_security_policy(page.replace('"use strict"', '"use strict" '))


def test_the_page_asks_the_api_beside_it() -> None:
    page = get("/v1/docs")["body"]
    assert 'fetch("openapi.json")' in page
    assert "connect-src 'self'" in get("/v1/docs")["headers"]["Content-Security-Policy"]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.loading: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if "src" in names or tag in {"link", "iframe", "object", "embed", "img"}:
            self.loading.append(tag)
        self.handlers += [name for name in names if name.startswith("on") or name == "style"]
