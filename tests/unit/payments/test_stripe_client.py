"""Asking Stripe: with a key that may be rolled, for accounts that may leave, within a function's time."""

import json
import subprocess
import sys
import time
from typing import Any

import pytest
from requests import Session

from school_events.core import aws
from school_events.core.errors import TryAgain
from school_events.payments.stripe_client import AccountLeft, ask, stripe
from tests.support.contexts import a_context
from tests.support.shop import Shop

_GOOD = "rk_test_rolled"


def _roll(key: str) -> None:
    """Put another key into the secret; no process has seen it yet."""
    aws.client("secretsmanager").put_secret_value(SecretId="stripe-key", SecretString=json.dumps({"api_key": key}))


def _remember(monkeypatch: pytest.MonkeyPatch, key: str, seconds_ago: float) -> None:
    """Let this process have read a key some time ago."""
    monkeypatch.setitem(aws._secrets, "stripe-key", (time.monotonic() - seconds_ago, {"api_key": key}))


def _account(shop: Shop) -> str:
    return ask(a_context(), lambda: stripe().v1.accounts.retrieve(shop.account_id)).id


def test_a_key_that_was_rolled_is_read_again_at_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    _roll(_GOOD)
    _remember(monkeypatch, "revoked", seconds_ago=60)
    assert _account(shop) == shop.account_id


def test_a_key_stripe_does_not_know_is_tried_once_and_read_again_at_most_every_few_seconds(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    _roll(_GOOD)
    _remember(monkeypatch, "revoked", seconds_ago=1)
    monkeypatch.setattr(aws, "AT_MOST_IF_DOUBTED", 60)  # However slow the machine is.
    with pytest.raises(TryAgain):
        _account(shop)


def test_what_is_asked_of_an_account_that_is_not_ours_any_more_says_so(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(shop.server.world.books, shop.account_id)
    with pytest.raises(AccountLeft):
        _account(shop)


def test_each_request_has_a_time_to_connect_and_one_to_answer(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    request = Session.request

    def spied(session: Session, *args: Any, **given: Any) -> Any:
        seen.append(given["timeout"])
        return request(session, *args, **given)

    monkeypatch.setattr(Session, "request", spied)
    _account(shop)
    assert seen == [(2, 6)]


def test_the_sdk_is_loaded_when_stripe_is_asked_and_not_before() -> None:
    loaded = "import sys; import school_events.payments.stripe_client; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)  # noqa: S603
    assert "stripe" not in done.stdout.split()
