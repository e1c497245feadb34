"""Plain HTTP to the local Stripe's pages and controls, redirects not followed."""

import json
from typing import Any

import requests

from local.stripe.running import LocalStripe


def get(url: str) -> requests.Response:
    """Open a page."""
    return requests.get(url, timeout=60, allow_redirects=False)


def press(url: str, **fields: str) -> requests.Response:
    """Send a page's form."""
    return requests.post(url, data=fields, timeout=60, allow_redirects=False)


def control(server: LocalStripe, name: str, **arguments: Any) -> Any:
    """Pull a lever under `/_control` that must work."""
    answer = requests.post(f"{server.url}/_control/{name}", data=json.dumps(arguments), timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()
