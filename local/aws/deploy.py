"""Put stacks into the embedded AWS through its CloudFormation, as a deployment to AWS does."""

from __future__ import annotations

import json
import time
from typing import Any

from botocore.exceptions import ClientError

from local.aws.clients import Clients
from local.aws.emulator import REGION
from local.aws.localise import DEPLOYMENT_BUCKET, LocalStack

BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
DEPLOY_SECONDS = 120.0
_POLL_SECONDS = 0.05


class DeployFailedError(Exception):
    """CloudFormation refused a stack; the message names the resource and the reason."""


def prepare(clients: Clients) -> None:
    """Make what `cdk bootstrap` makes on AWS: a bucket for packages and the version of the bootstrap."""
    clients.client("s3").create_bucket(
        Bucket=DEPLOYMENT_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    clients.client("ssm").put_parameter(Name=BOOTSTRAP_VERSION, Value="30", Type="String", Overwrite=True)


def deploy(clients: Clients, stack: LocalStack) -> dict[str, str]:
    """Create or update a stack and wait for it.

    Returns:
        Logical id → physical id of its resources.

    Raises:
        DeployFailedError: a resource was refused.
    """
    s3 = clients.client("s3")
    for function in stack.functions:
        s3.put_object(Bucket=DEPLOYMENT_BUCKET, Key=function.key, Body=function.content)
    template_key = f"{stack.name}.template.json"
    s3.put_object(Bucket=DEPLOYMENT_BUCKET, Key=template_key, Body=json.dumps(stack.template).encode())
    request = {
        "StackName": stack.name,
        "TemplateURL": f"{clients.endpoint}/{DEPLOYMENT_BUCKET}/{template_key}",
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    _create_or_update(clients.client("cloudformation"), request)
    _wait(clients.client("cloudformation"), stack.name)
    return physical_ids(clients, stack.name)


def outputs(clients: Clients, stack_name: str) -> dict[str, str]:
    """The outputs of a deployed stack."""
    stack = clients.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def physical_ids(clients: Clients, stack_name: str) -> dict[str, str]:
    """Logical id → physical id of a deployed stack's resources."""
    pages = clients.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack_name)
    return {
        resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
        for page in pages
        for resource in page["StackResourceSummaries"]
    }


def _create_or_update(cloudformation: Any, request: dict[str, Any]) -> None:
    try:
        cloudformation.create_stack(**request)
    except cloudformation.exceptions.AlreadyExistsException:
        try:
            cloudformation.update_stack(**request)
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise


def _wait(cloudformation: Any, name: str) -> None:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < deadline:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        status: str = stack["StackStatus"]
        if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            return
        if not status.endswith("IN_PROGRESS"):
            raise DeployFailedError(f"stack {name} ended as {status}: {_reasons(cloudformation, name)}")
        time.sleep(_POLL_SECONDS)
    raise DeployFailedError(f"stack {name} was not deployed within {DEPLOY_SECONDS:.0f} s")


def _reasons(cloudformation: Any, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    return "; ".join(
        f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', '?')}"
        for event in failed
    )
