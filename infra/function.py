"""One place for what every Lambda function of the product has in common."""

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import (
    AssetHashType,
    Duration,
    RemovalPolicy,
    aws_iam,
    aws_lambda,
    aws_logs,
)
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.assets import Asset, function_asset, layer_asset
from infra.grants import Resources, environment, policy
from infra.names import STREAM_FAILURES, bucket_name, function_log_group, snapshots_arn
from infra.spec import BucketGrant, Capability, PushGrant, SnapshotsGrant, StreamTrigger
from infra.stages import REGION, Stage

COMMON_LAYERS = ("dependencies", "school_events")
_RUNTIME = aws_lambda.Runtime.PYTHON_3_13


@dataclass(frozen=True)
class Layers:
    """The layer versions of an application, by name."""

    versions: dict[str, aws_lambda.LayerVersion]

    def of(self, capability: Capability) -> list[aws_lambda.ILayerVersion]:
        """The layers a capability's function is given."""
        return [self.versions[name] for name in (*COMMON_LAYERS, *capability.layers)]


def make_layers(scope: Construct, names: tuple[str, ...], stage: Stage) -> Layers:
    """Builds the layers of these names (``infra/assets.py``) for the stage's processors."""
    return Layers({name: _layer(scope, name, stage) for name in names})


def _layer(scope: Construct, name: str, stage: Stage) -> aws_lambda.LayerVersion:
    return aws_lambda.LayerVersion(
        scope,
        f"Layer{name.title().replace('_', '')}",
        layer_version_name=stage.physical(f"layer_{name}"),
        code=_code(layer_asset(name, stage.architecture)),
        compatible_runtimes=[_RUNTIME],
        compatible_architectures=[_architecture(stage)],
        removal_policy=RemovalPolicy.DESTROY,
    )


def make_function(
    scope: Construct, capability: Capability, resources: Resources, layers: Layers
) -> aws_lambda.Function:
    """A capability's function with a role and a log group of its own.

    Args:
        scope: the application stack.
        capability: what it is.
        resources: what its grants may mean.
        layers: the application's layers.
    """
    stage = resources.stage
    name = _title(capability.name)
    function = aws_lambda.Function(
        scope,
        f"{name}Function",
        function_name=stage.physical(capability.name),
        description=capability.about,
        runtime=_RUNTIME,
        architecture=_architecture(stage),
        handler="handler.lambda_handler",
        code=_code(function_asset(capability.name)),
        layers=layers.of(capability),
        memory_size=capability.memory,
        timeout=Duration.seconds(capability.timeout),
        # Everything the role may do stands in its own document: no construct adds to it.
        role=_role(scope, capability, resources).without_policy_updates(),
        environment=_environment(capability, resources),
        tracing=aws_lambda.Tracing.ACTIVE,
        log_group=_log_group(scope, capability, resources),
        logging_format=aws_lambda.LoggingFormat.JSON,
        system_log_level_v2=aws_lambda.SystemLogLevel.WARN,
        application_log_level_v2=aws_lambda.ApplicationLogLevel[stage.log_level],
    )
    acknowledge(function, "AwsSolutions-L1", "Python 3.13 is the version that uv.lock and the wheels are resolved for")
    return function


def _environment(capability: Capability, resources: Resources) -> dict[str, str]:
    stage = resources.stage
    settings = {
        "APP_URL": stage.app_url,
        "SNAPSHOT_MOST_ABSENT_PERCENT": str(stage.snapshot_most_absent_percent),
        "STRIPE_API_URL": stage.stripe_api_url,
        "TOKEN_AUDIENCE": stage.audience,
        "TOKEN_ISSUER": stage.issuer,
    }
    wanted = list(capability.settings)
    if any(not route.public for route in capability.routes):
        wanted += ["TOKEN_AUDIENCE", "TOKEN_ISSUER"]
    return {
        "STAGE": stage.name,
        "LOG_LEVEL": stage.log_level,
        "POWERTOOLS_SERVICE_NAME": capability.name,
        "POWERTOOLS_METRICS_NAMESPACE": "SchoolEvents",
        **{name: settings[name] for name in wanted},
        **environment(capability, resources),
    }


def _role(scope: Construct, capability: Capability, resources: Resources) -> aws_iam.Role:
    role = aws_iam.Role(
        scope,
        f"{_title(capability.name)}Role",
        role_name=resources.stage.physical(capability.name),
        description=f"What the function {capability.name} may do",
        assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={"grants": policy(capability, resources)},
    )
    for arn, reason in _unavoidable_patterns(capability, resources.stage):
        acknowledge(role, f"AwsSolutions-IAM5[Resource::{arn}]", reason)
    return role


def _unavoidable_patterns(capability: Capability, stage: Stage) -> Iterator[tuple[str, str]]:
    """Resources of the role that end in a star, as cdk-nag writes them, and why no narrower one exists."""
    account = "<AWS::AccountId>"
    group = function_log_group(stage, capability.name)
    yield "*", "X-Ray takes no resource for writing traces"
    yield f"arn:aws:logs:{REGION}:{account}:log-group:{group}:*", "Streams of its own log group: Lambda names them"
    things = (*capability.grants, *capability.triggers)
    for thing in things:
        if isinstance(thing, BucketGrant):
            objects = f"arn:aws:s3:::{bucket_name(stage, thing.bucket, account)}/{thing.prefix}*"
            yield objects, "Exports and documents are objects named by their random id"
    if any(isinstance(thing, SnapshotsGrant) for thing in things):
        yield snapshots_arn(stage), "Snapshots are objects that the Portal names, under the prefix that is ours"
    if any(isinstance(thing, StreamTrigger) for thing in things):
        yield (
            f"arn:aws:s3:::{bucket_name(stage, STREAM_FAILURES, account)}/*",
            "Lambda names the objects it writes here",
        )
    if stage.push_application and any(isinstance(thing, PushGrant) and thing.on_endpoints for thing in things):
        application = stage.push_application
        yield f"arn:aws:sns:{REGION}:{account}:endpoint/{application}/*", "One endpoint a device, named by SNS"


def _log_group(scope: Construct, capability: Capability, resources: Resources) -> aws_logs.LogGroup:
    return aws_logs.LogGroup(
        scope,
        f"{_title(capability.name)}Logs",
        log_group_name=function_log_group(resources.stage, capability.name),
        retention=retention(resources.stage),
        encryption_key=resources.key,
        removal_policy=RemovalPolicy.DESTROY,
    )


def retention(stage: Stage) -> aws_logs.RetentionDays:
    """How long the stage keeps its lines."""
    return {
        1: aws_logs.RetentionDays.ONE_DAY,
        30: aws_logs.RetentionDays.ONE_MONTH,
        90: aws_logs.RetentionDays.THREE_MONTHS,
    }[stage.log_days]


def _architecture(stage: Stage) -> aws_lambda.Architecture:
    return aws_lambda.Architecture.ARM_64 if stage.architecture == "arm64" else aws_lambda.Architecture.X86_64


def _code(asset: Asset) -> aws_lambda.Code:
    return aws_lambda.Code.from_asset(str(asset.path), asset_hash=asset.digest, asset_hash_type=AssetHashType.CUSTOM)


def _title(name: str) -> str:
    return name.title().replace("_", "")
