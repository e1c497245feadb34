"""What tests of the core share."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from school_events.core.logs import logger

type LogLines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def log_lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[LogLines]:
    """The lines our logger has written so far in this test, at the level a deployed function has."""
    stream, level = io.StringIO(), logger.log_level
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.setLevel(level)
