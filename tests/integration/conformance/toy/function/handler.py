"""A function that does what a test asks of it, with its own role's permissions."""

import importlib
import json
import os
import sys
import time
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

LambdaEvent = dict[str, Any]
# Only the layer brings this module: no type checker sees it.
LAYER: Any = importlib.import_module("toy_layer")


def lambda_handler(lambda_event: LambdaEvent, context: object) -> Any:
    """Batches go to the batch loop, HTTP requests and direct calls to the task they name."""
    if "Records" in lambda_event:
        return _records(lambda_event["Records"])
    if "requestContext" in lambda_event:
        return _http(lambda_event)
    return _task(lambda_event, context)


def _records(records: list[LambdaEvent]) -> LambdaEvent:
    failures = [record["messageId"] for record in records if record["eventSource"] == "aws:sqs" and _is_bad(record)]
    for record in records:
        if record["eventSource"] == "aws:dynamodb":
            _note("stream", record["dynamodb"]["Keys"]["sk"]["S"], json.dumps(record, default=str))
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failures]}


def _is_bad(record: LambdaEvent) -> bool:
    body = json.loads(record["body"])
    detail = body.get("detail", body)
    _note("queue", detail["name"], json.dumps(record))
    return bool(detail.get("bad"))


def _note(kind: str, name: str, text: str) -> None:
    boto3.client("dynamodb").update_item(
        TableName=os.environ["NOTES_TABLE"],
        Key={"pk": {"S": kind}, "sk": {"S": name}},
        UpdateExpression="SET #t = :t ADD seen :one",
        ExpressionAttributeNames={"#t": "text"},
        ExpressionAttributeValues={":t": {"S": text}, ":one": {"N": "1"}},
    )


def _http(lambda_event: LambdaEvent) -> LambdaEvent:
    if lambda_event["rawPath"].endswith("/fail"):
        raise RuntimeError("the toy was asked to fail")
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"event": lambda_event, "greeting": LAYER.GREETING}),
    }


def _task(lambda_event: LambdaEvent, context: Any) -> LambdaEvent:
    match lambda_event["task"]:
        case "call":
            return _call(lambda_event["service"], lambda_event["operation"], lambda_event["arguments"])
        case "environment":
            return dict(os.environ) | {"time_zone": time.tzname[0], "request_id": context.aws_request_id}
        case "file":
            return {"sources": _sources(), "path": sys.path}
        case "presign":
            return {"url": _presigned(lambda_event["bucket"], lambda_event["key"])}
    raise ValueError(lambda_event["task"])


def _sources() -> dict[str, str]:
    return {"layer": LAYER.__file__, "handler": __file__, "boto3": boto3.__file__}


def _presigned(bucket: str, key: str) -> str:
    client = boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))
    url: str = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=60)
    return url


def _call(service: str, operation: str, arguments: LambdaEvent) -> LambdaEvent:
    try:
        answer = getattr(boto3.client(service), operation)(**arguments)
    except ClientError as error:
        return {"error": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}
    return {"answer": json.loads(json.dumps(answer, default=str))}
