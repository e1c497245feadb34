"""What the emulator's CloudFormation drops without a word, put back through the ordinary AWS APIs.

The list is short on purpose: what the product's behaviour depends on. The conformance tests hold each line of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.aws.clients import Clients
from local.aws.localise import LocalStack

Physical = dict[str, str]
Properties = dict[str, Any]


def reapply(clients: Clients, stack: LocalStack, physical: Physical) -> int:
    """Set the dropped properties of a deployed stack.

    Args:
        clients: of the emulator.
        stack: what was deployed.
        physical: logical id → physical id, as `deploy` returned it.

    Returns:
        The number of properties set.
    """
    return sum(
        _APPLY[resource["Type"]](clients, physical[logical_id], resource.get("Properties", {}), physical)
        for logical_id, resource in stack.template["Resources"].items()
        if resource["Type"] in _APPLY and logical_id in physical
    )


def _table(clients: Clients, name: str, properties: Properties, physical: Physical) -> int:
    dynamodb = clients.client("dynamodb")
    done = 0
    if time_to_live := properties.get("TimeToLiveSpecification"):
        _set_time_to_live(dynamodb, name, time_to_live)
        done += 1
    if recovery := properties.get("PointInTimeRecoverySpecification"):
        dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
        done += 1
    if encryption := properties.get("SSESpecification"):
        wanted = {"Enabled": encryption["SSEEnabled"], "SSEType": encryption.get("SSEType", "KMS")}
        if "KMSMasterKeyId" in encryption:
            wanted["KMSMasterKeyId"] = _resolved(encryption["KMSMasterKeyId"], physical)
        dynamodb.update_table(TableName=name, SSESpecification=wanted)
        done += 1
    return done


def _set_time_to_live(dynamodb: Any, name: str, wanted: dict[str, Any]) -> None:
    # AWS refuses to enable what is enabled, so a second deployment looks first.
    current = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if (current["TimeToLiveStatus"] == "ENABLED") != wanted["Enabled"]:
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)


def _api(clients: Clients, api_id: str, properties: Properties, _physical: Physical) -> int:
    cors = properties.get("CorsConfiguration")
    if not cors:
        return 0
    clients.client("apigatewayv2").update_api(ApiId=api_id, CorsConfiguration=cors)
    return 1


def _function(clients: Clients, name: str, properties: Properties, _physical: Physical) -> int:
    reserved = properties.get("ReservedConcurrentExecutions")
    if reserved is None:
        return 0
    clients.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
    return 1


def _resolved(value: Any, physical: Physical) -> str:
    match value:
        case {"Ref": str(logical_id)} | {"Fn::GetAtt": [str(logical_id), "Arn"]}:
            return physical[logical_id]
        case _:
            return str(value)


_APPLY: dict[str, Callable[[Clients, str, Properties, Physical], int]] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::ApiGatewayV2::Api": _api,
    "AWS::Lambda::Function": _function,
}
