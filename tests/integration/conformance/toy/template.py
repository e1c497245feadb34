"""A small stack with one of everything the product's stacks rely on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from local.aws.assembly import Stack

FOLDER = Path(__file__).parent
AUDIENCE = "toy"
PUSH = "GCM/toy"
ORIGIN = "https://app.example.test"


_STREAM_FILTER = {"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "streamed"}]}}}}


def toy_stack(issuer: str) -> Stack:
    """The toy stack; access tokens come from `issuer`."""
    resources = _tables() | _queues() | _functions() | _api(issuer) | _others()
    return Stack(
        "toy",
        {"Resources": resources},
        {"function.zip": FOLDER / "function", "layer.zip": FOLDER / "layer"},
    )


def _att(logical_id: str, name: str = "Arn") -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, name]}


def _ref(logical_id: str) -> dict[str, Any]:
    return {"Ref": logical_id}


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def _table(**more: Any) -> dict[str, Any]:
    return _resource(
        "AWS::DynamoDB::Table",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )


def _tables() -> dict[str, Any]:
    return {
        "Key": _resource(
            "AWS::KMS::Key",
            KeyPolicy={
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}},
                        "Action": "kms:*",
                        "Resource": "*",
                    }
                ],
            },
        ),
        "Main": _table(
            StreamSpecification={"StreamViewType": "NEW_AND_OLD_IMAGES"},
            TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": True},
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            SSESpecification={"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": _att("Key")},
        ),
        "Notes": _table(),
        "Secret": _table(),
    }


def _queues() -> dict[str, Any]:
    return {
        "DeadLetters": _resource("AWS::SQS::Queue"),
        "Work": _resource(
            "AWS::SQS::Queue",
            VisibilityTimeout=1,
            RedrivePolicy={"deadLetterTargetArn": _att("DeadLetters"), "maxReceiveCount": 3},
        ),
        "Bus": _resource("AWS::Events::EventBus", Name="toy-bus"),
        "Rule": _resource(
            "AWS::Events::Rule",
            EventBusName=_ref("Bus"),
            EventPattern={"source": ["toy"], "detail-type": ["ThingChanged"]},
            Targets=[{"Id": "work", "Arn": _att("Work")}],
        ),
    }


def _role(*statements: dict[str, Any]) -> dict[str, Any]:
    return _resource(
        "AWS::IAM::Role",
        AssumeRolePolicyDocument={
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        },
        Policies=[
            {
                "PolicyName": "own",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)},
            }
        ],
    )


def _allow(resource: Any, *actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def _sns(kind: str, name: str) -> dict[str, str]:
    return {"Fn::Sub": f"arn:aws:sns:${{AWS::Region}}:${{AWS::AccountId}}:{kind}/{name}"}


def _function(role: str, **more: Any) -> dict[str, Any]:
    return _resource(
        "AWS::Lambda::Function",
        Runtime="python3.13",
        Handler="handler.lambda_handler",
        Code={"S3Bucket": "assets", "S3Key": "function.zip"},
        Layers=[_ref("Layer")],
        Role=_att(role),
        MemorySize=256,
        Timeout=10,
        Environment={"Variables": {"NOTES_TABLE": _ref("Notes"), "MAIN_TABLE": _ref("Main")}},
        LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "INFO"},
        **more,
    )


def _functions() -> dict[str, Any]:
    note = _allow(_att("Notes"), "dynamodb:UpdateItem")
    stream = _allow(
        _att("Main", "StreamArn"),
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:DescribeStream",
        "dynamodb:ListStreams",
    )
    queue = _allow(_att("Work"), "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    return {
        "Layer": _resource("AWS::Lambda::LayerVersion", Content={"S3Bucket": "assets", "S3Key": "layer.zip"}),
        "ApiRole": _role(
            _allow(
                _att("Main"),
                "dynamodb:PutItem",
                "dynamodb:GetItem",
                "dynamodb:UpdateItem",
                "dynamodb:ConditionCheckItem",
            ),
            _allow(_att("Files"), "s3:ListBucket"),
            _allow({"Fn::Sub": "${Files.Arn}/*"}, "s3:GetObject"),
            _allow(_att("Work"), "sqs:SendMessage"),
            _allow(_sns("app", PUSH), "sns:CreatePlatformEndpoint"),
            _allow(_sns("endpoint", f"{PUSH}/*"), "sns:DeleteEndpoint"),
            _allow(_sns("endpoint", f"{PUSH}/*"), "sns:Publish"),
        ),
        "WorkerRole": _role(note, stream, queue),
        "Api": _function("ApiRole"),
        "Worker": _function("WorkerRole", ReservedConcurrentExecutions=2),
        "WorkSource": _resource(
            "AWS::Lambda::EventSourceMapping",
            EventSourceArn=_att("Work"),
            FunctionName=_ref("Worker"),
            BatchSize=10,
            FunctionResponseTypes=["ReportBatchItemFailures"],
        ),
        "StreamSource": _resource(
            "AWS::Lambda::EventSourceMapping",
            EventSourceArn=_att("Main", "StreamArn"),
            FunctionName=_ref("Worker"),
            StartingPosition="TRIM_HORIZON",
            BatchSize=100,
            FilterCriteria={"Filters": [{"Pattern": json.dumps(_STREAM_FILTER)}]},
        ),
    }


def _api(issuer: str) -> dict[str, Any]:
    return {
        "HttpApi": _resource(
            "AWS::ApiGatewayV2::Api",
            Name="toy",
            ProtocolType="HTTP",
            CorsConfiguration={
                "AllowOrigins": [ORIGIN],
                "AllowMethods": ["GET", "POST"],
                "AllowHeaders": ["authorization", "content-type"],
                "MaxAge": 600,
            },
        ),
        "Stage": _resource("AWS::ApiGatewayV2::Stage", ApiId=_ref("HttpApi"), StageName="$default", AutoDeploy=True),
        "Authorizer": _resource(
            "AWS::ApiGatewayV2::Authorizer",
            ApiId=_ref("HttpApi"),
            Name="token",
            AuthorizerType="JWT",
            IdentitySource=["$request.header.Authorization"],
            JwtConfiguration={"Audience": [AUDIENCE], "Issuer": issuer},
        ),
        "Integration": _resource(
            "AWS::ApiGatewayV2::Integration",
            ApiId=_ref("HttpApi"),
            IntegrationType="AWS_PROXY",
            IntegrationUri=_att("Api"),
            PayloadFormatVersion="2.0",
        ),
        "PrivateRoute": _route("GET /things/{thing_id}", AuthorizationType="JWT", AuthorizerId=_ref("Authorizer")),
        "PublicRoute": _route("GET /public"),
        "FailRoute": _route("GET /fail"),
        "Invoke": _resource(
            "AWS::Lambda::Permission",
            Action="lambda:InvokeFunction",
            FunctionName=_ref("Api"),
            Principal="apigateway.amazonaws.com",
        ),
    }


def _route(key: str, **more: Any) -> dict[str, Any]:
    return _resource(
        "AWS::ApiGatewayV2::Route",
        ApiId=_ref("HttpApi"),
        RouteKey=key,
        Target={"Fn::Sub": "integrations/${Integration}"},
        **more,
    )


def _others() -> dict[str, Any]:
    return {"Files": _resource("AWS::S3::Bucket")}
