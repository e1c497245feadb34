"""The dashboard: the API on top, then functions, queues and streams."""

from aws_cdk import aws_cloudwatch
from constructs import Construct

from infra.monitoring import api_metric, function_metric, own_metric, queue_metric
from infra.spec import Capability, QueueTrigger, StreamTrigger
from infra.stages import Stage

_HALF, _FULL = 12, 24
_LAG = ("p50", "p95")
_PORTAL = ("PortalMessagesRefused", "PortalMessagesWaiting", "PortalVersionClashes", "PortalFieldsDropped")
_SNAPSHOTS = ("SnapshotMissing", "SnapshotWrong", "SnapshotExtra", "SnapshotInvalid", "SnapshotRefused")


def make_dashboard(
    scope: Construct, stage: Stage, capabilities: tuple[Capability, ...], api_id: str
) -> aws_cloudwatch.Dashboard:
    """One page for a stage."""
    dashboard = aws_cloudwatch.Dashboard(scope, "Dashboard", dashboard_name=stage.physical("overview"))
    dashboard.add_widgets(
        _graph("Calls", [api_metric(api_id, name, "Sum") for name in ("Count", "4xx", "5xx")]),
        _graph("Latency, ms", [api_metric(api_id, "Latency", statistic) for statistic in ("p50", "p99")]),
    )
    dashboard.add_widgets(
        _graph("Portal messages applied after, ms", [own_metric("portal_sync", "PortalSyncLag", one) for one in _LAG]),
        _graph("Portal messages", [own_metric("portal_sync", name) for name in _PORTAL]),
    )
    dashboard.add_widgets(
        _graph("What snapshots put right", [own_metric("reconciliation", name) for name in _SNAPSHOTS]),
        _graph("Nightly retention runs", [own_metric("retention", "RetentionRun")]),
    )
    names = [capability.name for capability in capabilities]
    for title, metric, statistic in (
        ("Errors", "Errors", "Sum"),
        ("Throttles", "Throttles", "Sum"),
        ("Duration, p99 ms", "Duration", "p99"),
        ("Calls of functions", "Invocations", "Sum"),
    ):
        dashboard.add_widgets(_graph(title, [function_metric(stage, name, metric, statistic) for name in names], _FULL))
    queues = [
        trigger.queue
        for capability in capabilities
        for trigger in capability.triggers
        if isinstance(trigger, QueueTrigger)
    ]
    visible = "ApproximateNumberOfMessagesVisible"
    dashboard.add_widgets(
        _graph("Waiting messages", [queue_metric(stage, queue, visible) for queue in queues]),
        _graph("Dead letters", [queue_metric(stage, f"{queue}-dlq", visible) for queue in queues]),
    )
    streaming = [
        capability.name
        for capability in capabilities
        if any(isinstance(trigger, StreamTrigger) for trigger in capability.triggers)
    ]
    dashboard.add_widgets(
        _graph("Stream lag, ms", [function_metric(stage, name, "IteratorAge", "Maximum") for name in streaming], _FULL)
    )
    return dashboard


def _graph(title: str, metrics: list[aws_cloudwatch.Metric], width: int = _HALF) -> aws_cloudwatch.GraphWidget:
    return aws_cloudwatch.GraphWidget(title=title, left=list(metrics), width=width)
