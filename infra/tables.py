"""The tables: one per capability, all keyed by ``pk`` and ``sk`` (``decisions/0001-item-keys.md`` lists the items)."""

from dataclasses import dataclass

from aws_cdk import RemovalPolicy, aws_dynamodb, aws_kms
from constructs import Construct

from infra.spec import AUDIT, BOOKINGS, EVENTS, IDEMPOTENCY, INBOX, PAYMENTS, PEOPLE, REPORTS
from infra.stages import Stage


@dataclass(frozen=True)
class TableShape:
    """A table's indexes, and whether its changes are streamed to the outbox."""

    name: str
    indexes: tuple[str, ...] = ()
    streamed: bool = False


TABLES = (
    TableShape(PEOPLE, ("listing", "by_pupil", "by_alias", "due"), streamed=True),
    TableShape(EVENTS, ("listing", "by_event", "by_staff", "due"), streamed=True),
    TableShape(BOOKINGS, ("by_event", "by_pupil", "due"), streamed=True),
    TableShape(PAYMENTS, ("listing", "ledger", "due"), streamed=True),
    TableShape(INBOX, ("due",)),
    TableShape(AUDIT),
    TableShape(IDEMPOTENCY),
    TableShape(REPORTS),
)


def index_attributes(index: str) -> tuple[str, str]:
    """An index's partition and sort key: ``by_event`` has ``event_pk`` and ``event_sk``, ``due`` has ``due_pk`` …"""
    stem = index.removeprefix("by_")
    return f"{stem}_pk", f"{stem}_sk"


def make_table(scope: Construct, shape: TableShape, stage: Stage, key: aws_kms.IKey) -> aws_dynamodb.Table:
    """A table on demand, encrypted under our key, restorable to any second of the last 35 days."""
    table = aws_dynamodb.Table(
        scope,
        f"{shape.name.capitalize()}Table",
        table_name=stage.physical(shape.name),
        partition_key=_string("pk"),
        sort_key=_string("sk"),
        billing_mode=aws_dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=aws_dynamodb.TableEncryption.CUSTOMER_MANAGED,
        encryption_key=key,
        point_in_time_recovery_specification=aws_dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        time_to_live_attribute="expires_at",
        stream=aws_dynamodb.StreamViewType.NEW_AND_OLD_IMAGES if shape.streamed else None,
        deletion_protection=stage.keep_data,
        removal_policy=RemovalPolicy.RETAIN if stage.keep_data else RemovalPolicy.DESTROY,
    )
    for index in shape.indexes:
        partition, sort = index_attributes(index)
        table.add_global_secondary_index(index_name=index, partition_key=_string(partition), sort_key=_string(sort))
    return table


def _string(name: str) -> aws_dynamodb.Attribute:
    return aws_dynamodb.Attribute(name=name, type=aws_dynamodb.AttributeType.STRING)
