"""What calls a function besides the HTTP API: queues, table streams, the clock."""

import json

from aws_cdk import Aws, Duration, Stack, aws_events, aws_iam, aws_lambda, aws_scheduler
from aws_cdk import aws_events_targets as targets
from aws_cdk.aws_lambda_event_sources import S3OnFailureDestination

from infra.grants import Resources
from infra.names import schedule_name
from infra.spec import Capability, DailyTrigger, QueueTrigger, ScheduleTrigger, StreamTrigger

# A daily run that could not be made is tried again for so long; what is due is still due at the next.
_LATEST_RETRY = Duration.hours(2)


def add_triggers(stack: Stack, capability: Capability, function: aws_lambda.Function, resources: Resources) -> None:
    """Lets everything call the function that its capability names."""
    for trigger in capability.triggers:
        match trigger:
            case QueueTrigger():
                _from_queue(function, trigger, resources)
            case StreamTrigger():
                _from_stream(function, trigger, resources)
            case ScheduleTrigger():
                _on_schedule(stack, capability, function, trigger, resources)
            case DailyTrigger():
                _every_day(stack, capability, function, trigger, resources)


def _from_queue(function: aws_lambda.Function, trigger: QueueTrigger, resources: Resources) -> None:
    function.add_event_source_mapping(
        f"From{trigger.queue.title().replace('-', '')}",
        event_source_arn=resources.queues[trigger.queue].queue.queue_arn,
        batch_size=trigger.batch,
        max_batching_window=Duration.seconds(trigger.window) if trigger.window else None,
        report_batch_item_failures=True,
    )


def _from_stream(function: aws_lambda.Function, trigger: StreamTrigger, resources: Resources) -> None:
    """Takes a table's changes in order per key; what cannot be worked off in time is kept in S3 for a replay.

    A stream forgets after 24 hours. Retrying for six leaves the rest of that day to whoever is called by the alarm.
    """
    function.add_event_source_mapping(
        f"From{trigger.table.capitalize()}",
        event_source_arn=resources.tables[trigger.table].table_stream_arn,
        starting_position=aws_lambda.StartingPosition.TRIM_HORIZON,
        batch_size=100,
        parallelization_factor=2,
        bisect_batch_on_error=True,
        report_batch_item_failures=True,
        retry_attempts=20,
        max_record_age=Duration.hours(6),
        filters=[{"pattern": json.dumps(_stream_filter(trigger))}],
        on_failure=S3OnFailureDestination(resources.stream_failures),
    )


def _stream_filter(trigger: StreamTrigger) -> dict[str, object]:
    keys = [{"prefix": key.removesuffix("*")} if key.endswith("*") else key for key in trigger.sort_keys]
    return {"dynamodb": {"Keys": {"sk": {"S": keys}}}}


def _on_schedule(
    stack: Stack, capability: Capability, function: aws_lambda.Function, trigger: ScheduleTrigger, resources: Resources
) -> None:
    """Runs that failed are not repeated: the next one takes up what is still due."""
    function.configure_async_invoke(retry_attempts=0, max_event_age=Duration.minutes(trigger.minutes))
    aws_events.Rule(
        stack,
        f"{capability.name.capitalize()}Schedule",
        rule_name=resources.stage.physical(capability.name),
        description=f"Runs {capability.name} every {trigger.minutes} min",
        schedule=aws_events.Schedule.rate(Duration.minutes(trigger.minutes)),
        targets=[targets.LambdaFunction(function, retry_attempts=0, max_event_age=Duration.minutes(trigger.minutes))],
    )


def _every_day(
    stack: Stack, capability: Capability, function: aws_lambda.Function, trigger: DailyTrigger, resources: Resources
) -> None:
    """Runs the function once a day; a tick carries nothing, so one that was lost is missed (an alarm), not kept."""
    function.configure_async_invoke(retry_attempts=2, max_event_age=_LATEST_RETRY)
    title = capability.name.capitalize()
    name = schedule_name(resources.stage, capability.name)
    role = aws_iam.Role(
        stack,
        f"{title}ScheduleRole",
        role_name=f"{name}-schedule",
        description=f"Lets EventBridge Scheduler run {capability.name}",
        assumed_by=aws_iam.ServicePrincipal(
            "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        ),
        inline_policies={
            "run": aws_iam.PolicyDocument(
                statements=[
                    aws_iam.PolicyStatement(
                        sid="Run", actions=["lambda:InvokeFunction"], resources=[function.function_arn]
                    )
                ]
            )
        },
    )
    aws_scheduler.CfnSchedule(
        stack,
        f"{title}Schedule",
        name=name,
        description=f"Runs {capability.name} every day at {trigger.hour:02d}:00, London time",
        schedule_expression=f"cron(0 {trigger.hour} * * ? *)",
        schedule_expression_timezone="Europe/London",
        flexible_time_window=aws_scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
        target=aws_scheduler.CfnSchedule.TargetProperty(
            arn=function.function_arn,
            role_arn=role.role_arn,
            retry_policy=aws_scheduler.CfnSchedule.RetryPolicyProperty(
                maximum_event_age_in_seconds=_LATEST_RETRY.to_seconds(), maximum_retry_attempts=10
            ),
        ),
    )
