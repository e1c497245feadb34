"""Each stage is synthesised once for all tests."""

import pytest

from infra.synth import synthesise
from tests.infra.assembly import Assembly


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """What would go to AWS, checked by cdk-nag on the way: an unacknowledged finding fails the synthesis."""
    return Assembly(synthesise("prod", tmp_path_factory.mktemp("prod"), _UNCOPIED, checked=True))


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """What the local stage deploys."""
    context = {"issuer": "http://127.0.0.1:9001", "stripe_api_url": "http://127.0.0.1:9002"}
    return Assembly(synthesise("local", tmp_path_factory.mktemp("local"), _UNCOPIED | context, checked=True))


# Assets stay where they were built: the tests read templates.
_UNCOPIED = {"aws:cdk:disable-asset-staging": "true"}
