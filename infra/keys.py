"""The keys: one for tables, queues, secrets, buckets and logs, and one for what families tell of a child's health."""

from aws_cdk import Aws, Duration, RemovalPolicy, Stack, aws_iam, aws_kms

from infra.names import portal_rule_arn
from infra.stages import REGION, Stage


def make_key(stack: Stack, stage: Stage) -> aws_kms.Key:
    """The stage's key. People and functions need a grant of their own; services get in under the conditions here."""
    key = _key(stack, stage, "Key", "data", "School Events: tables, queues, secrets, buckets, logs")
    for statement in _service_statements(stack, stage):
        key.add_to_resource_policy(statement)
    return key


def make_health_key(stack: Stack, stage: Stage) -> aws_kms.Key:
    """The key that answers about health are encrypted under, each by itself; no service has any use for it.

    Who can read the tables, and the key they lie under, still reads no answer.
    """
    return _key(stack, stage, "HealthKey", "health", "School Events: answers about health")


def _key(stack: Stack, stage: Stage, construct: str, name: str, about: str) -> aws_kms.Key:
    return aws_kms.Key(
        stack,
        construct,
        alias=f"alias/{stage.physical(name)}",
        description=about,
        enable_key_rotation=True,
        pending_window=Duration.days(30 if stage.keep_data else 7),
        removal_policy=RemovalPolicy.RETAIN if stage.keep_data else RemovalPolicy.DESTROY,
    )


def _service_statements(stack: Stack, stage: Stage) -> list[aws_iam.PolicyStatement]:
    return [
        aws_iam.PolicyStatement(
            sid="PortalRulePutsIntoItsEncryptedQueue",
            principals=[aws_iam.ServicePrincipal("events.amazonaws.com")],
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions={"ArnEquals": {"aws:SourceArn": portal_rule_arn(stack, stage)}},
        ),
        aws_iam.PolicyStatement(
            sid="LogsOfThisStage",
            principals=[aws_iam.ServicePrincipal(f"logs.{REGION}.amazonaws.com")],
            actions=[
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
                "kms:GenerateDataKey",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:DescribeKey",
            ],
            resources=["*"],
            conditions={
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": (
                        f"arn:aws:logs:{REGION}:{Aws.ACCOUNT_ID}:log-group:/aws/*/{stage.physical('*')}"
                    )
                }
            },
        ),
        aws_iam.PolicyStatement(
            sid="AlarmsReachTheirEncryptedTopic",
            principals=[aws_iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        ),
    ]
