"""Structured logs and metrics without personal data: ids, counts, states and durations only (I4).

Nothing a person typed, and no name, address or answer, is ever given to these functions.
"""

import logging
import os

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

# Lambda's own log level is also that of every library; what these say of a call that went well is not ours to keep.
for _library in ("botocore", "pynamodb", "stripe", "urllib3"):
    logging.getLogger(_library).setLevel(logging.WARNING)

logger = Logger(use_rfc3339=True, utc=True, log_uncaught_exceptions=False)
metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "SchoolEvents"))


def count(name: str, value: int = 1) -> None:
    """Count something, under the function's own name, flushed at the end of the invocation."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def flush() -> None:
    """Write what was counted."""
    if metrics.metric_set:
        metrics.flush_metrics()


def place_of(error: BaseException) -> str:
    """The place an error was raised, as ``file:line``: enough to find it, without what it was about."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
