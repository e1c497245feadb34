"""Turns the grants of a capability into policy statements and environment variables."""

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import Aws, Stack, aws_dynamodb, aws_events, aws_iam, aws_kms, aws_s3, aws_sqs

from infra.names import (
    STREAM_FAILURES,
    bucket_name,
    function_log_group,
    secret_arn_pattern,
    secret_name,
    snapshots_arn,
)
from infra.spec import (
    BucketGrant,
    BusGrant,
    Capability,
    Grant,
    HealthKeyGrant,
    IndexGrant,
    PushGrant,
    QueueTrigger,
    SecretGrant,
    SendGrant,
    SnapshotsGrant,
    StreamTrigger,
    TableGrant,
)
from infra.stages import REGION, Stage

_QUEUE_CONSUMER = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes")
_STREAM_CONSUMER = (
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
)
# What a caller needs on the key, by the service that asks for it on the caller's behalf.
_KEY_READ = ("kms:Decrypt",)
_KEY_WRITE = ("kms:Decrypt", "kms:GenerateDataKey")
_KEY_TABLE = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")
# What an answer about health is bound to (``bookings.health.rules.encryption_context``).
_ANSWER_IS_BOUND_TO = ("school", "booking", "question")


@dataclass(frozen=True)
class QueuePair:
    """A queue and where its hopeless messages go."""

    queue: aws_sqs.Queue
    dead: aws_sqs.Queue


@dataclass(frozen=True)
class Resources:
    """What can be granted."""

    stack: Stack
    stage: Stage
    key: aws_kms.IKey
    health_key: aws_kms.IKey
    tables: dict[str, aws_dynamodb.Table]
    queues: dict[str, QueuePair]
    bus: aws_events.IEventBus
    buckets: dict[str, aws_s3.IBucket]
    stream_failures: aws_s3.IBucket

    @property
    def push_application_arn(self) -> str:
        """The SNS platform application's ARN, or empty where the stage has none."""
        return self._push_arn("app") if self.stage.push_application else ""

    @property
    def push_endpoint_arns(self) -> str:
        """The ARN pattern of all devices registered with that application."""
        return f"{self._push_arn('endpoint')}/*"

    def _push_arn(self, kind: str) -> str:
        return f"arn:aws:sns:{REGION}:{Aws.ACCOUNT_ID}:{kind}/{self.stage.push_application}"


def environment(capability: Capability, resources: Resources) -> dict[str, str]:
    """The environment variables that name what the capability is granted."""
    named: dict[str, str] = {}
    for grant in capability.grants:
        named.update(_variables(grant, resources))
    return named


def _variables(grant: Grant, resources: Resources) -> dict[str, str]:
    match grant:
        case TableGrant(table=name) | IndexGrant(table=name):
            variable, value = f"{name.upper()}_TABLE", resources.tables[name].table_name
        case SecretGrant(secret=variable):
            value = secret_name(resources.stage, variable)
        case SendGrant(variable=variable):
            value = _target(grant, resources).queue_url
        case BucketGrant(bucket=name):
            variable, value = f"{name.upper()}_BUCKET", resources.buckets[name].bucket_name
        case SnapshotsGrant():
            variable, value = "PORTAL_SNAPSHOTS_BUCKET", resources.stage.portal_snapshots_bucket
        case BusGrant():
            variable, value = "EVENT_BUS_NAME", resources.bus.event_bus_name
        case PushGrant():
            variable, value = "PUSH_APPLICATION_ARN", resources.push_application_arn
        case HealthKeyGrant():
            variable, value = "HEALTH_KEY", resources.health_key.key_arn
    return {variable: value}


def policy(capability: Capability, resources: Resources) -> aws_iam.PolicyDocument:
    """Everything the capability's role may do, action by action and resource by resource."""
    statements = [
        *_running(capability, resources),
        *(made for grant in capability.grants for made in _statements(grant, resources)),
        *(made for trigger in capability.triggers for made in _trigger_statements(trigger, resources)),
        *_failure_statements(capability, resources),
        *_key_statements(capability, resources),
    ]
    return aws_iam.PolicyDocument(statements=statements)


def _running(capability: Capability, resources: Resources) -> Iterator[aws_iam.PolicyStatement]:
    group = function_log_group(resources.stage, capability.name)
    yield _allow(
        "Logs",
        ("logs:CreateLogStream", "logs:PutLogEvents"),
        f"arn:aws:logs:{REGION}:{Aws.ACCOUNT_ID}:log-group:{group}:*",
    )
    yield _allow("Traces", ("xray:PutTraceSegments", "xray:PutTelemetryRecords"), "*")


def _statements(grant: Grant, resources: Resources) -> Iterator[aws_iam.PolicyStatement]:
    match grant:
        case TableGrant(table=name, actions=actions):
            items = tuple(f"dynamodb:{action}" for action in actions)
            yield _allow(f"{name.capitalize()}Items", items, resources.tables[name].table_arn)
        case IndexGrant(table=name, indexes=indexes):
            arns = [f"{resources.tables[name].table_arn}/index/{index}" for index in indexes]
            yield _allow(f"{name.capitalize()}Indexes", ("dynamodb:Query",), *arns)
        case SecretGrant(secret=variable):
            arn = secret_arn_pattern(resources.stack, resources.stage, variable)
            yield _allow(variable.title().replace("_", ""), ("secretsmanager:GetSecretValue",), arn)
        case SendGrant():
            yield _allow(_sid("Send", grant.variable), ("sqs:SendMessage",), _target(grant, resources).queue_arn)
        case BucketGrant(bucket=name, action=action, prefix=prefix):
            sid = _sid(name, action.split(":")[1], prefix.rstrip("/"))
            yield _allow(sid, (action,), f"{_bucket_arn(resources, name)}/{prefix}*")
        case SnapshotsGrant():
            yield from snapshot_statements(resources.stage)
        case BusGrant():
            yield _allow("Bus", ("events:PutEvents",), resources.bus.event_bus_arn)
        case PushGrant():
            yield from _push_statements(grant, resources)
        case HealthKeyGrant():
            yield _health_statement(grant, resources)


def snapshot_statements(stage: Stage) -> Iterator[aws_iam.PolicyStatement]:
    """Our side of reading the Portal's bucket; bucket and key are another account's, whose policies have to agree."""
    yield _allow("PortalSnapshots", ("s3:GetObject",), snapshots_arn(stage))
    if stage.portal_snapshots_key:
        yield aws_iam.PolicyStatement(
            sid="PortalSnapshotsKey",
            actions=list(_KEY_READ),
            resources=[stage.portal_snapshots_key],
            conditions={"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}},
        )


def _health_statement(grant: HealthKeyGrant, resources: Resources) -> aws_iam.PolicyStatement:
    """Nothing is encrypted or decrypted that is not bound to a school, a booking and a question.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-encryption-context
    """
    bound = {
        "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": list(_ANSWER_IS_BOUND_TO)},
        "Null": {f"kms:EncryptionContext:{name}": "false" for name in _ANSWER_IS_BOUND_TO},
    }
    return aws_iam.PolicyStatement(
        sid="HealthAnswers",
        actions=[f"kms:{action}" for action in grant.actions],
        resources=[resources.health_key.key_arn],
        conditions=bound if resources.stage.policies_know_encryption_contexts else None,
    )


def _push_statements(grant: PushGrant, resources: Resources) -> Iterator[aws_iam.PolicyStatement]:
    if not resources.push_application_arn:
        return
    if grant.on_application:
        yield _allow("PushApplication", grant.on_application, resources.push_application_arn)
    if grant.on_endpoints:
        yield _allow("PushEndpoints", grant.on_endpoints, resources.push_endpoint_arns)


def _trigger_statements(trigger: object, resources: Resources) -> Iterator[aws_iam.PolicyStatement]:
    match trigger:
        case QueueTrigger(queue=name):
            yield _allow(_sid("Take", name), _QUEUE_CONSUMER, resources.queues[name].queue.queue_arn)
        case StreamTrigger(table=name):
            yield _allow(_sid("Stream", name), _STREAM_CONSUMER, _stream_arn(resources.tables[name]))


def _failure_statements(capability: Capability, resources: Resources) -> Iterator[aws_iam.PolicyStatement]:
    if any(isinstance(trigger, StreamTrigger) for trigger in capability.triggers):
        failures = _bucket_arn(resources, STREAM_FAILURES)
        yield _allow("StreamFailures", ("s3:PutObject",), f"{failures}/*")
        yield _allow("StreamFailuresBucket", ("s3:ListBucket",), failures)


def _bucket_arn(resources: Resources, name: str) -> str:
    return f"arn:aws:s3:::{bucket_name(resources.stage, name)}"


def _stream_arn(table: aws_dynamodb.Table) -> str:
    arn = table.table_stream_arn
    if arn is None:
        raise ValueError(f"{table.node.id} has no stream: see infra/tables.py")
    return arn


def _key_statements(capability: Capability, resources: Resources) -> Iterator[aws_iam.PolicyStatement]:
    for service, actions in sorted(_key_uses(capability).items()):
        yield aws_iam.PolicyStatement(
            sid=f"Key{service.capitalize()}",
            actions=sorted(actions),
            resources=[resources.key.key_arn],
            conditions={"StringEquals": {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}},
        )


def _key_uses(capability: Capability) -> dict[str, set[str]]:
    uses: dict[str, set[str]] = {}

    def use(service: str, actions: tuple[str, ...]) -> None:
        uses.setdefault(service, set()).update(actions)

    for thing in (*capability.grants, *capability.triggers):
        match thing:
            case TableGrant() | IndexGrant():
                use("dynamodb", _KEY_TABLE)
            case SecretGrant():
                use("secretsmanager", _KEY_READ)
            case SendGrant():
                use("sqs", _KEY_WRITE)
            case QueueTrigger():
                use("sqs", _KEY_READ)
            case BucketGrant(action="s3:GetObject"):
                use("s3", _KEY_READ)
            case BucketGrant(action="s3:PutObject"):
                use("s3", _KEY_WRITE)
            case StreamTrigger():
                use("dynamodb", _KEY_READ)
                use("s3", _KEY_WRITE)
    return uses


def _target(grant: SendGrant, resources: Resources) -> aws_sqs.Queue:
    pair = resources.queues[grant.queue]
    return pair.dead if grant.dead else pair.queue


def _sid(*parts: str) -> str:
    return "".join(word.capitalize() for part in parts for word in part.replace("-", "_").split("_"))


def _allow(sid: str, actions: tuple[str, ...], *arns: str) -> aws_iam.PolicyStatement:
    return aws_iam.PolicyStatement(sid=sid, actions=list(actions), resources=list(arns))
