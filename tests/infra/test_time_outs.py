"""Whatever does not answer is given up while there is still time to say so: time-outs and tries fit each function."""

import pytest
from botocore.config import Config

from infra.capabilities import CAPABILITIES
from infra.spec import Capability
from school_events.core import aws, dynamodb, thin_aws
from school_events.payments import stripe_client

_ENDING = 2
"""Seconds that a function keeps to answer with (``core.context``)."""

_BEFORE_STRIPE = 10
"""Seconds a function may take before its first call to Stripe; later nothing is asked that could not end in time."""

_MOST_OF_A_ROUTE = 29
"""Seconds after which API Gateway has given up (https://docs.aws.amazon.com/apigateway, quotas of HTTP APIs: 30)."""

_TALKATIVE = [one for one in CAPABILITIES if one.grants]
_OF_STRIPE = [one for one in CAPABILITIES if "stripe" in one.layers]


def _longest(config: Config) -> float:
    """How long one call may take with all its attempts, and the longest waits between them (1 s, 2 s, 4 s …)."""
    attempts = config.retries["total_max_attempts"]
    waits = 2 ** (attempts - 1) - 1
    return float(attempts * (config.connect_timeout + config.read_timeout) + waits)


def _config(service: str) -> Config:
    config: Config = aws.client(service).meta.config
    return config


def _in_time(capability: Capability, seconds: float) -> bool:
    return seconds <= capability.timeout - _ENDING


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("capability", _TALKATIVE, ids=[one.name for one in _TALKATIVE])
def test_a_call_to_aws_that_hangs_is_given_up_in_time(capability: Capability) -> None:
    services = ("events", "kms", "s3", "secretsmanager", "sns", "sqs")
    assert all(_in_time(capability, _longest(_config(service))) for service in services)
    assert _in_time(capability, _longest(dynamodb.connection().client.meta.config))


def test_a_webhook_is_refused_in_time_when_neither_its_secret_nor_its_queue_answers() -> None:
    (capability,) = [one for one in CAPABILITIES if one.name == "stripe_webhook"]
    connecting_and_answering = 2 * thin_aws.SECONDS
    assert _in_time(capability, 2 * thin_aws.ATTEMPTS * connecting_and_answering)


@pytest.mark.parametrize("capability", _OF_STRIPE, ids=[one.name for one in _OF_STRIPE])
def test_a_call_to_stripe_that_hangs_is_given_up_in_time(capability: Capability) -> None:
    """Stripe's SDK waits at most half a second before its first retry, and twice as long before each further one."""
    tries, waits = 1 + stripe_client.RETRIES, 0.5 * (2**stripe_client.RETRIES - 1)
    each = stripe_client.SECONDS_TO_CONNECT + stripe_client.SECONDS_TO_ANSWER
    assert stripe_client.LONGEST_CALL.total_seconds() == tries * each + waits
    assert _in_time(capability, _BEFORE_STRIPE + tries * each + waits)


@pytest.mark.parametrize("capability", CAPABILITIES, ids=[one.name for one in CAPABILITIES])
def test_a_function_with_a_route_ends_before_the_gateway_gives_up(capability: Capability) -> None:
    assert not capability.routes or capability.timeout <= _MOST_OF_A_ROUTE
