"""Requests as API Gateway's HTTP API hands them to a function (payload 2.0), and what Lambda says about itself."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from tests.support.contexts import SCHOOL

FAR_AWAY = 4_102_444_800
"""1 January 2100: when test tokens expire."""


def claims(
    *memberships: tuple[str, str, Iterable[str]], subject: str = "user-1", mfa: bool = True, **others: str
) -> dict[str, str]:
    """An access token's claims as the JWT authorizer writes them: texts, lists as ``[a b]``.

    Args:
        memberships: (school, person, roles) of the caller.
        subject: the signed-in user.
        mfa: whether a second factor was used.
        others: further claims, or other values for those above.
    """
    listed = " ".join(f"{school}:{person}:{'+'.join(roles)}" for school, person, roles in memberships)
    return {
        "iss": "http://127.0.0.1:8401",
        "aud": "school-events",
        "sub": subject,
        "exp": str(FAR_AWAY),
        "iat": "1764000000",
        "tty": "at",
        "memberships": f"[{listed}]",
        "mfa": "true" if mfa else "false",
    } | others


def http_event(
    route: str,
    path_parameters: Mapping[str, str] | None = None,
    body: Any = None,
    *,
    roles: Iterable[str] = ("school_admin",),
    person: str = "staff-admin",
    school_id: str = SCHOOL,
    claimed: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A request.

    Args:
        route: method and path template, ``POST /v1/schools/{school_id}/events``.
        path_parameters: values of the template's parameters besides ``school_id``.
        body: sent as JSON; a ``str`` is sent as it is.
        roles: the caller's roles in the school; none for a public route.
        person: the contact or member of staff the caller is.
        school_id: the school in the path, and of the membership.
        claimed: the whole set of claims, instead of those made from roles, person and school.
        query: query parameters.
        headers: further headers; a body comes as ``application/json`` unless told otherwise.
    """
    method, template = route.split(" ", 1)
    parameters = dict(path_parameters or {})
    if "{school_id}" in template:
        parameters.setdefault("school_id", school_id)
    path = template
    for name, value in parameters.items():
        path = path.replace(f"{{{name}}}", quote(value, safe="~"))
    sent = body if body is None or isinstance(body, str) else json.dumps(body)
    roles = tuple(roles)
    if claimed is None:
        claimed = claims((school_id, person, roles)) if roles else {}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": {"content-type": "application/json"} | {k.lower(): v for k, v in (headers or {}).items()},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "api.test",
            "domainPrefix": "api",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "tests",
            },
            "requestId": "request-1",
            "routeKey": route,
            "stage": "$default",
            "time": "23/Nov/2026:09:00:00 +0000",
            "timeEpoch": 1795424400000,
        },
        "isBase64Encoded": False,
    }
    if claimed:
        event["requestContext"]["authorizer"] = {"jwt": {"claims": dict(claimed), "scopes": None}}
    if parameters:
        event["pathParameters"] = parameters
    if query:
        event["queryStringParameters"] = dict(query)
    if sent is not None:
        event["body"] = sent
    return event


def json_of(answer: Mapping[str, Any]) -> Any:
    """The body of an answer."""
    return json.loads(answer["body"])


@dataclass
class LambdaContext:
    """What Lambda tells a function about its invocation."""

    function_name: str = "function-under-test"
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-2:123456789012:function:function-under-test"
    aws_request_id: str = "invocation-1"
    remaining_ms: int = 29_000

    def get_remaining_time_in_millis(self) -> int:
        """How long the invocation may still take."""
        return self.remaining_ms


def sqs_event(*bodies: Any, queue: str = "queue", receives: int = 1) -> dict[str, Any]:
    """A batch of queue messages.

    Args:
        bodies: one for each message, sent as JSON; a ``str`` is sent as it is.
        queue: the queue's name.
        receives: how often each has been received.
    """
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": f"handle-{number}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {
                    "ApproximateReceiveCount": str(receives),
                    "SentTimestamp": "1795424400000",
                    "SenderId": "sender",
                    "ApproximateFirstReceiveTimestamp": "1795424400000",
                },
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:eu-west-2:123456789012:{queue}",
                "awsRegion": "eu-west-2",
            }
            for number, body in enumerate(bodies, start=1)
        ]
    }
