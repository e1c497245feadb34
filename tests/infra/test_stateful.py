"""Data is encrypted, restorable, streamed where others depend on it, and forgotten in time."""

from typing import Any

import pytest

from infra.stages import context_file, stage_from
from infra.tables import TABLES, index_attributes
from tests.infra.assembly import Assembly, listed, text

KEY = "AWS::KMS::Key"
TABLE = "AWS::DynamoDB::Table"
BUCKET = "AWS::S3::Bucket"


def test_there_is_a_table_for_each_capability_that_keeps_something(prod: Assembly) -> None:
    names = {properties["TableName"] for properties in prod.properties(TABLE)}
    assert names == {f"school-events-prod-{shape.name}" for shape in TABLES}
    assert len(names) == 8


def test_every_table_is_encrypted_under_our_key(prod: Assembly) -> None:
    (key,) = (name for name in prod.resources(KEY) if not name.startswith("Health"))
    for properties in prod.properties(TABLE):
        specification = properties["SSESpecification"]
        assert specification["SSEEnabled"]
        assert specification["SSEType"] == "KMS"
        assert specification["KMSMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}


def test_every_table_can_be_restored_to_a_point_in_time(prod: Assembly) -> None:
    for properties in prod.properties(TABLE):
        assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_every_table_forgets_expired_items_and_is_paid_by_use(prod: Assembly) -> None:
    for properties in prod.properties(TABLE):
        assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
        assert properties["BillingMode"] == "PAY_PER_REQUEST"


def test_every_table_is_keyed_by_pk_and_sk(prod: Assembly) -> None:
    for properties in prod.properties(TABLE):
        assert _keys(properties["KeySchema"]) == ("pk", "sk")


def test_tables_have_exactly_the_indexes_they_are_said_to_have(prod: Assembly) -> None:
    for shape in TABLES:
        properties = prod.named(TABLE, "TableName", f"school-events-prod-{shape.name}")
        indexes = properties.get("GlobalSecondaryIndexes", [])
        assert {index["IndexName"]: _keys(index["KeySchema"]) for index in indexes} == {
            name: index_attributes(name) for name in shape.indexes
        }
        assert all(index["Projection"] == {"ProjectionType": "ALL"} for index in indexes)


def test_tables_whose_changes_others_follow_stream_both_images(prod: Assembly) -> None:
    streamed = {
        properties["TableName"].removeprefix("school-events-prod-")
        for properties in prod.properties(TABLE)
        if properties.get("StreamSpecification") == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    }
    assert streamed == {"people", "events", "bookings", "payments"}


def test_production_data_survives_the_deletion_of_its_stack(prod: Assembly) -> None:
    for kind in (TABLE, BUCKET, KEY, "AWS::SecretsManager::Secret"):
        for resource in prod.resources(kind).values():
            assert resource["DeletionPolicy"] == "Retain", resource
    assert all(properties["DeletionProtectionEnabled"] for properties in prod.properties(TABLE))


def test_the_local_stage_leaves_nothing_behind(local: Assembly) -> None:
    for kind in (TABLE, BUCKET, KEY):
        for resource in local.resources(kind).values():
            assert resource["DeletionPolicy"] == "Delete"


def test_the_keys_are_rotated(prod: Assembly) -> None:
    assert [one["EnableKeyRotation"] for one in prod.properties(KEY)] == [True, True]


def test_no_service_has_any_use_for_the_key_of_answers_about_health(prod: Assembly) -> None:
    (key,) = (one for name, one in prod.resources(KEY).items() if name.startswith("Health"))
    assert not [one for one in key["Properties"]["KeyPolicy"]["Statement"] if "Service" in one["Principal"]]


def test_eventbridge_may_use_the_key_for_the_portals_rule_only(prod: Assembly) -> None:
    (statement,) = _service_statements(prod, "events.amazonaws.com")
    assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert list(statement["Condition"]) == ["ArnEquals"]
    assert ":rule/school-events-portal/school-events-prod-portal" in text(statement["Condition"])


def test_cloudwatch_may_use_the_key_for_our_logs_and_our_alarms_only(prod: Assembly) -> None:
    (logs,) = _service_statements(prod, "logs.eu-west-2.amazonaws.com")
    assert "log-group:/aws/*/school-events-prod-*" in text(logs["Condition"]["ArnLike"])
    (alarms,) = _service_statements(prod, "cloudwatch.amazonaws.com")
    assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_no_service_may_use_the_key_without_a_condition(prod: Assembly) -> None:
    for statement in _key_statements(prod):
        assert "Service" not in statement["Principal"] or statement["Condition"]


def test_an_export_is_gone_after_a_day(prod: Assembly) -> None:
    exports = _bucket(prod, "exports")
    (rule,) = exports["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == 1
    assert rule["Status"] == "Enabled"
    assert "Prefix" not in rule


def test_what_was_sent_as_a_document_is_gone_after_a_day_and_what_was_deleted_after_as_long_as_tables_go_back(
    prod: Assembly,
) -> None:
    documents = _bucket(prod, "documents")
    assert documents["VersioningConfiguration"] == {"Status": "Enabled"}
    sent, everything = documents["LifecycleConfiguration"]["Rules"]
    assert (sent["Prefix"], sent["ExpirationInDays"]) == ("waiting/", 1)
    assert sent["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert "Prefix" not in everything
    assert "ExpirationInDays" not in everything, "what a school keeps stays"
    assert everything["NoncurrentVersionExpiration"] == {"NoncurrentDays": 35}
    assert {sent["Status"], everything["Status"]} == {"Enabled"}


def test_documents_are_sent_from_the_apps_origins_only_and_reading_them_leaves_a_trace(prod: Assembly) -> None:
    documents = _bucket(prod, "documents")
    sending, _ = documents["CorsConfiguration"]["CorsRules"]
    assert sending["AllowedOrigins"] == list(stage_from((context_file() | {"stage": "prod"}).get).origins)
    assert "*" not in sending["AllowedOrigins"]
    assert sending["AllowedMethods"] == ["POST"]
    assert "LoggingConfiguration" in documents


@pytest.mark.parametrize("name", ["documents", "exports"])
def test_a_browser_that_is_led_on_to_a_file_may_read_it_though_it_then_names_no_origin(
    prod: Assembly, name: str
) -> None:
    following = _bucket(prod, name)["CorsConfiguration"]["CorsRules"][-1]
    assert (following["AllowedOrigins"], following["AllowedMethods"]) == (["*"], ["GET"])


def test_buckets_are_private_and_encrypted(prod: Assembly) -> None:
    for properties in prod.properties(BUCKET):
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        algorithm = rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
        # S3 cannot deliver access logs into a bucket under a customer's key.
        assert algorithm == ("AES256" if "access-logs" in text(properties["BucketName"]) else "aws:kms")


def test_reading_an_export_leaves_a_trace(prod: Assembly) -> None:
    assert "LoggingConfiguration" in _bucket(prod, "exports")


def test_buckets_refuse_plain_http_except_in_the_local_stage(prod: Assembly, local: Assembly) -> None:
    assert _buckets_that_refuse_plain_http(prod) == set(prod.resources(BUCKET))
    assert _buckets_that_refuse_plain_http(local) == set()


def test_secrets_are_under_our_key_and_empty_until_somebody_fills_them(prod: Assembly) -> None:
    by_name = {properties["Name"]: properties for properties in prod.properties("AWS::SecretsManager::Secret")}
    assert set(by_name) == {f"school-events/prod/{name}" for name in ("stripe-key", "stripe-webhook", "cursor")}
    assert all("KmsKeyId" in properties for properties in by_name.values())
    assert by_name["school-events/prod/stripe-key"]["SecretString"] == '{"api_key": ""}'
    assert '"signing_secrets": []' in by_name["school-events/prod/stripe-webhook"]["SecretString"]
    assert by_name["school-events/prod/cursor"]["GenerateSecretString"]["PasswordLength"] == 64


def test_the_buses_carry_the_names_that_the_portal_knows(prod: Assembly) -> None:
    names = {properties["Name"] for properties in prod.properties("AWS::Events::EventBus")}
    assert names == {"school-events", "school-events-portal"}


def _keys(schema: list[dict[str, str]]) -> tuple[str, str]:
    by_type = {part["KeyType"]: part["AttributeName"] for part in schema}
    return by_type["HASH"], by_type["RANGE"]


def _bucket(assembly: Assembly, name: str) -> dict[str, Any]:
    (found,) = [
        properties for properties in assembly.properties(BUCKET) if f"-{name}-" in text(properties["BucketName"])
    ]
    return found


def _key_statements(assembly: Assembly) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = assembly.properties(KEY)[0]["KeyPolicy"]["Statement"]
    return statements


def _service_statements(assembly: Assembly, service: str) -> list[dict[str, Any]]:
    return [statement for statement in _key_statements(assembly) if statement["Principal"] == {"Service": service}]


def _buckets_that_refuse_plain_http(assembly: Assembly) -> set[str]:
    return {
        properties["Bucket"]["Ref"]
        for properties in assembly.properties("AWS::S3::BucketPolicy")
        for statement in listed(properties["PolicyDocument"]["Statement"])
        if statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }
