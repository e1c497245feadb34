"""The embedded AWS runs functions as Lambda does: its runtime, its environment, the function's own role."""

from __future__ import annotations

import sys

from local.waiting import wait_for
from tests.integration.conformance.conftest import Toy


def test_an_error_comes_back_in_lambdas_shape(toy: Toy) -> None:
    kind, error = toy.invoke("Api", {"task": "nonsense"})

    assert kind == "Unhandled"
    assert error["errorType"] == "ValueError"
    assert error["errorMessage"] == "nonsense"
    assert error["stackTrace"]


def test_a_function_is_told_what_lambda_tells_it(toy: Toy) -> None:
    _, environment = toy.invoke("Api", {"task": "environment"})

    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == toy.physical["Api"]
    assert environment["AWS_REGION"] == "eu-west-2"
    assert environment["_HANDLER"] == "handler.lambda_handler"
    assert environment["AWS_LAMBDA_LOG_FORMAT"] == "JSON"
    assert environment["time_zone"] == "UTC"
    assert environment["request_id"]


def test_nothing_of_the_machine_or_the_emulator_leaks_into_a_function(toy: Toy) -> None:
    _, environment = toy.invoke("Api", {"task": "environment"})

    assert environment.keys().isdisjoint({"AUTH", "GATEWAY_PORT", "POWERTOOLS_SERVICE_NAME", "VIRTUAL_ENV", "USER"})
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")


def test_a_function_sees_its_layers_and_lambdas_own_packages_and_no_others(toy: Toy) -> None:
    _, answer = toy.invoke("Api", {"task": "file"})

    sources = answer["sources"]
    assert sources["layer"].endswith("layer/python/toy_layer.py")
    assert "build/runtime" in sources["boto3"]
    assert not any(path.startswith(sys.prefix) for path in answer["path"])


def test_a_function_acts_as_its_own_role(toy: Toy) -> None:
    caller = toy.as_function("sts", "get_caller_identity")["answer"]["Arn"]

    assert toy.physical["ApiRole"] in caller
    assert toy.physical["Api"] in caller


def test_an_action_the_role_does_not_name_is_denied(toy: Toy) -> None:
    key = {"pk": {"S": "denied"}, "sk": {"S": "denied"}}

    refusal = toy.as_function("dynamodb", "delete_item", TableName=toy.physical["Main"], Key=key)

    assert refusal["error"] == "AccessDeniedException"
    assert "dynamodb:DeleteItem" in refusal["message"]


def test_a_table_the_role_does_not_name_is_denied(toy: Toy) -> None:
    item = {"pk": {"S": "denied"}, "sk": {"S": "denied"}}

    refusal = toy.as_function("dynamodb", "put_item", TableName=toy.physical["Secret"], Item=item)

    assert refusal["error"] == "AccessDeniedException"


def test_who_may_send_a_message_may_send_a_batch(toy: Toy) -> None:
    """As on AWS, where `sqs:SendMessage` covers both; the emulator asks for more, which the localised policy grants."""
    entries = [{"Id": "1", "MessageBody": '{"name": "sent-by-function"}'}]

    sent = toy.as_function("sqs", "send_message_batch", QueueUrl=toy.physical["Work"], Entries=entries)

    assert [one["Id"] for one in sent["answer"]["Successful"]] == ["1"]


def test_an_index_has_to_be_granted_by_its_own_name(toy: Toy) -> None:
    query = {
        "TableName": toy.physical["Main"],
        "IndexName": "listing",
        "KeyConditionExpression": "listing_pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "x"}},
    }

    assert toy.as_function("dynamodb", "query", **query)["error"] == "AccessDeniedException"


def test_a_transaction_with_one_denied_part_writes_nothing(toy: Toy) -> None:
    def put(table: str) -> dict[str, object]:
        item = {"pk": {"S": "half-denied"}, "sk": {"S": "x"}}
        return {"Put": {"TableName": toy.physical[table], "Item": item}}

    refusal = toy.as_function("dynamodb", "transact_write_items", TransactItems=[put("Main"), put("Secret")])

    assert refusal["error"] == "AccessDeniedException"
    key = {"pk": {"S": "half-denied"}, "sk": {"S": "x"}}
    assert "Item" not in toy.client("dynamodb").get_item(TableName=toy.physical["Main"], Key=key)


def test_what_a_function_writes_is_in_its_log_group(toy: Toy) -> None:
    toy.invoke("Api", {"task": "nonsense"})
    group = f"/aws/lambda/{toy.physical['Api']}"

    def written() -> bool:
        events = toy.client("logs").filter_log_events(logGroupName=group)["events"]
        return any("ValueError" in event["message"] for event in events)

    assert wait_for("the error in the log", written)


def test_reserved_concurrency_is_as_the_template_says(toy: Toy) -> None:
    answer = toy.client("lambda").get_function_concurrency(FunctionName=toy.physical["Worker"])

    assert answer["ReservedConcurrentExecutions"] == 2
