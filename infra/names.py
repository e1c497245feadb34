"""Names and ARNs that one stack has to know of another without a reference, which would make a circle."""

from aws_cdk import ArnFormat, Aws, Stack

from infra.spec import SECRET_NAMES
from infra.stages import Stage

BUS = "school-events"
PORTAL_BUS = "school-events-portal"
STREAM_FAILURES = "stream-failures"
ACCESS_LOGS = "access-logs"


def bucket_name(stage: Stage, name: str, account: str = Aws.ACCOUNT_ID) -> str:
    """A bucket's name; it carries the account, since bucket names are shared by the whole world."""
    return f"{stage.physical(name)}-{account}"


def snapshots_arn(stage: Stage) -> str:
    """The objects of the Portal's bucket that are snapshots for us."""
    return f"arn:aws:s3:::{stage.portal_snapshots_bucket}/{stage.portal_snapshots_prefix}*"


def schedule_name(stage: Stage, capability: str) -> str:
    """The schedule that runs a function once a day."""
    return stage.physical(capability)


def portal_rule_name(stage: Stage) -> str:
    """The rule that puts the Portal's messages into their queue."""
    return stage.physical("portal")


def portal_rule_arn(stack: Stack, stage: Stage) -> str:
    """The same rule's ARN, which queue and key policies are limited to."""
    return stack.format_arn(service="events", resource="rule", resource_name=f"{PORTAL_BUS}/{portal_rule_name(stage)}")


def secret_name(stage: Stage, variable: str) -> str:
    """The physical name of the secret that an environment variable names: ``school-events/dev/stripe-key``."""
    return f"school-events/{stage.name}/{SECRET_NAMES[variable]}"


def secret_arn_pattern(stack: Stack, stage: Stage, variable: str) -> str:
    """The secret's ARN, whose last six characters Secrets Manager makes up."""
    return stack.format_arn(
        service="secretsmanager",
        resource="secret",
        resource_name=f"{secret_name(stage, variable)}-??????",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def function_log_group(stage: Stage, capability: str) -> str:
    """Where a function's lines go."""
    return f"/aws/lambda/{stage.physical(capability)}"


def access_log_group(stage: Stage) -> str:
    """Where the HTTP API's lines go; the prefix is the one that needs no log resource policy of ours."""
    return f"/aws/vendedlogs/{stage.physical('http-api')}"
