"""Queues in pairs: each with a dead-letter queue that keeps what nothing could be done with for two weeks."""

from aws_cdk import Duration, Stack, aws_iam, aws_kms, aws_sqs

from infra.acknowledge import acknowledge
from infra.grants import QueuePair
from infra.names import portal_rule_arn
from infra.spec import PORTAL_QUEUE, Capability, QueueTrigger
from infra.stages import Stage

# As AWS advises for queues that a function reads: its time-out, and five more for retries of a throttled poller.
_VISIBILITY_FACTOR = 6


def make_queues(
    stack: Stack, stage: Stage, capabilities: tuple[Capability, ...], key: aws_kms.IKey
) -> dict[str, QueuePair]:
    """The queues that capabilities are triggered by, by name."""
    pairs = {
        trigger.queue: _make_pair(stack, stage, trigger, capability.timeout, key)
        for capability in capabilities
        for trigger in capability.triggers
        if isinstance(trigger, QueueTrigger)
    }
    _let_the_portal_rule_in(stack, stage, pairs[PORTAL_QUEUE])
    return pairs


def _make_pair(stack: Stack, stage: Stage, trigger: QueueTrigger, timeout: int, key: aws_kms.IKey) -> QueuePair:
    name = trigger.queue
    title = name.title().replace("-", "")
    dead = aws_sqs.Queue(
        stack,
        f"{title}DeadLetters",
        queue_name=stage.physical(f"{name}-dlq"),
        encryption=aws_sqs.QueueEncryption.KMS,
        encryption_master_key=key,
        data_key_reuse=Duration.hours(1),
        enforce_ssl=stage.require_tls,
        retention_period=Duration.days(14),
    )
    queue = aws_sqs.Queue(
        stack,
        f"{title}Queue",
        queue_name=stage.physical(name),
        encryption=aws_sqs.QueueEncryption.KMS,
        encryption_master_key=key,
        data_key_reuse=Duration.hours(1),
        enforce_ssl=stage.require_tls,
        retention_period=Duration.days(4),
        visibility_timeout=Duration.seconds(timeout * _VISIBILITY_FACTOR),
        dead_letter_queue=aws_sqs.DeadLetterQueue(queue=dead, max_receive_count=trigger.receives),
    )
    if not stage.require_tls:
        for one in (queue, dead):
            acknowledge(one, "AwsSolutions-SQS4", "The embedded AWS of the local stage speaks plain HTTP on loopback")
    return QueuePair(queue, dead)


def _let_the_portal_rule_in(stack: Stack, stage: Stage, pair: QueuePair) -> None:
    for queue in (pair.queue, pair.dead):
        queue.add_to_resource_policy(
            aws_iam.PolicyStatement(
                sid="PortalRule",
                principals=[aws_iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": portal_rule_arn(stack, stage)}},
            )
        )
