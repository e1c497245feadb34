"""AWS in memory (moto): the product's tables and indexes as ``infra`` makes them, queues, bus, buckets, secrets, a key.

A test asks for the fixture ``tables``; everything is empty at its start. moto answers one call at a time, so what
happens under concurrency is tested elsewhere.
"""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends
from moto.kms.models import kms_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sqs.models import sqs_backends

from school_events.core import aws, thin_aws
from tests.support import roles, short_way

INDEXES = {
    "People": ("listing", "by_pupil", "by_alias", "due"),
    "Events": ("listing", "by_event", "by_staff", "due"),
    "Bookings": ("by_event", "by_pupil", "due"),
    "Payments": ("listing", "ledger", "due"),
    "Inbox": ("due",),
    "Audit": (),
    "Idempotency": (),
    "Reports": (),
}
STREAMED = frozenset({"People", "Events", "Bookings", "Payments"})
QUEUES = ("notifications", "stripe-events", "exports", "portal-dlq", "reconciliation", "anonymise", "invitations")
SECRETS = {
    "cursor": {"key": "0123456789abcdef0123456789abcdef"},
    "stripe-key": {"api_key": "sk_test_school_events"},
    "stripe-webhook": {"signing_secrets": ["whsec_test"], "livemode": False},
}
BUCKETS = ("exports", "documents")
BUS = "school-events"
HEALTH_KEY = "alias/health"
_ACCOUNT, _REGION = "123456789012", "eu-west-2"
_empty_tables: dict[str, Any] = {}
_made: dict[Callable[[], None], dict[str, Any]] = {}


@pytest.fixture
def tables() -> Iterator[None]:
    """Empty tables, queues, bus and bucket, and the secrets, for one test; handlers may do what they are granted."""
    with mock_aws(), short_way.taken(), roles.enforced(), _thin_calls_as_others():
        aws._secrets.clear()
        thin_aws._secrets.clear()
        _make_tables_again()
        _make_again(make_secrets, secretsmanager_backends)
        _make_again(make_health_key, kms_backends)
        for queue in QUEUES:
            sqs_backends[_ACCOUNT][_REGION].create_queue(queue)
        for bucket in BUCKETS:
            aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
        aws.client("events").create_event_bus(Name=BUS)
        yield


@contextmanager
def _thin_calls_as_others() -> Iterator[None]:
    """moto knows of calls that botocore makes; so it makes those that the product makes without it."""
    methods = {"AmazonSQS.SendMessage": "send_message", "secretsmanager.GetSecretValue": "get_secret_value"}

    def ask(service: str, operation: str, asked: dict[str, Any]) -> Any:
        try:
            return getattr(aws.client(service), methods[operation])(**asked)
        except (BotoCoreError, ClientError) as error:
            raise thin_aws.NotAnswered(type(error).__name__) from error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thin_aws, "ask", ask)
        yield


def make_tables() -> None:
    """The tables with their indexes and streams, in whatever AWS the product's clients talk to."""
    for name, indexes in INDEXES.items():
        _create(name, indexes)


def _make_tables_again() -> None:
    """moto's tables, made by requests once in a process, then copied."""
    backend = dynamodb_backends[_ACCOUNT][_REGION]
    if not _empty_tables:
        make_tables()
        _empty_tables.update(copy.deepcopy(backend.tables))
    backend.tables = copy.deepcopy(_empty_tables)


def _make_again(make: Callable[[], None], backends: Any) -> None:
    """What moto keeps of one service, likewise."""
    backend = backends[_ACCOUNT][_REGION]
    if make not in _made:
        make()
        _made[make] = copy.deepcopy(vars(backend))
    vars(backend).update(copy.deepcopy(_made[make]))


def make_secrets() -> None:
    """The secrets, likewise."""
    for name, content in SECRETS.items():
        aws.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(content))


def make_health_key() -> None:
    """The key of answers about health, likewise."""
    with pytest.MonkeyPatch.context() as patch:
        # moto gives every key an RSA pair, which takes longer than all else here; this one has no use for it.
        patch.setattr("moto.kms.models.generate_private_key", lambda _: None)
        made = aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    aws.client("kms").create_alias(AliasName=HEALTH_KEY, TargetKeyId=made)


def rows(table: str) -> list[dict[str, Any]]:
    """Everything in a table, as DynamoDB writes it, by key: to show that nothing, or just this, has changed."""
    asked: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
    page = aws.client("dynamodb").scan(**asked)
    found: list[dict[str, Any]] = page["Items"]
    while "LastEvaluatedKey" in page:
        page = aws.client("dynamodb").scan(**asked, ExclusiveStartKey=page["LastEvaluatedKey"])
        found += page["Items"]
    return sorted(found, key=lambda row: (row["pk"]["S"], row["sk"]["S"]))


def empty(*tables: str) -> None:
    """Delete everything in these tables."""
    for table in tables:
        for row in rows(table):
            aws.client("dynamodb").delete_item(TableName=table, Key={"pk": row["pk"], "sk": row["sk"]})


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every table's rows: compare before and after to show that a refused request changed nothing."""
    return {table: rows(table) for table in INDEXES}


def messages(queue: str) -> list[dict[str, Any]]:
    """Takes the JSON bodies waiting in a queue."""
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    bodies: list[dict[str, Any]] = []
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for one in found:
            bodies.append(json.loads(one["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return bodies


def _create(name: str, indexes: tuple[str, ...]) -> None:
    keys = [("pk", "sk"), *(_index_keys(index) for index in indexes)]
    extra: dict[str, Any] = {}
    if indexes:
        extra["GlobalSecondaryIndexes"] = [
            {"IndexName": index, "KeySchema": _schema(*_index_keys(index)), "Projection": {"ProjectionType": "ALL"}}
            for index in indexes
        ]
    if name in STREAMED:
        extra["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    aws.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=_schema("pk", "sk"),
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for pair in keys for key in pair],
        **extra,
    )


def _index_keys(index: str) -> tuple[str, str]:
    stem = index.removeprefix("by_")
    return f"{stem}_pk", f"{stem}_sk"


def _schema(pk: str, sk: str) -> list[dict[str, str]]:
    return [{"AttributeName": pk, "KeyType": "HASH"}, {"AttributeName": sk, "KeyType": "RANGE"}]


def what_is_due(*but: str) -> list[str]:
    """What is due, but for the looks at a school's money and its events at Stripe, which never end, and some kinds."""
    ignored = tuple(f"DUE#{kind}#" for kind in ("MONEY_CHECK", "STRIPE_SWEEP", *but))
    tables = ("Events", "Bookings", "Payments")
    found = [row["due_pk"]["S"] for table in tables for row in rows(table) if "due_pk" in row]
    return [one for one in found if not one.startswith(ignored)]
