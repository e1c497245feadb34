"""Deploy the product into an embedded AWS, and set what an operator sets on AWS after the first deployment."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from infra.spec import CURSOR, STRIPE_KEY, STRIPE_WEBHOOK
from local import snapshots
from local.aws import assembly, deploy
from local.aws.clients import Clients
from local.aws.localise import LocalStack, localise
from local.aws.reapply import reapply
from local.deployed import Deployed, deployed_functions, local_stage_settings
from local.places import Ports
from local.progress import Progress
from local.stage import LocalStage
from local.stripe.endpoints import PLATFORM_SECRET
from local.stripe.running import WEBHOOK_SECRET
from local.synth import template_hash

STRIPE_KEY_VALUE = "sk_test_local"


def deploy_product(ports: Ports, assembly_folder: Path, progress: Progress) -> LocalStage:
    """Deploy into an empty emulator.

    Raises:
        DeployFailedError: CloudFormation refused a stack.
    """
    clients = Clients(ports.url(ports.aws))
    deploy.prepare(clients)
    stage = LocalStage(ports, deploy_stacks(clients, assembly_folder, progress))
    with progress.step("secrets, push application and the Portal's bucket set"):
        _fill_secrets(stage)
        _make_push_application(stage)
        snapshots.make_bucket(clients)
    return stage


def deploy_stacks(clients: Clients, assembly_folder: Path, progress: Progress) -> Deployed:
    """Create or update every stack of a cloud assembly, and put back what the emulator's CloudFormation dropped.

    Raises:
        DeployFailedError: CloudFormation refused a stack.
    """
    outputs: dict[str, str] = {}
    stacks: list[LocalStack] = []
    for synthesised in assembly.read(assembly_folder):
        with progress.step(f"stack {synthesised.name} deployed") as step:
            stack = localise(synthesised)
            physical = deploy.deploy(clients, stack)
            reapply(clients, stack, physical)
            outputs |= deploy.outputs(clients, stack.name)
            stacks.append(stack)
            step.detail = f"{len(physical)} resources, {len(stack.functions)} functions"
    return Deployed(outputs, template_hash(), deployed_functions(stacks))


def _fill_secrets(stage: LocalStage) -> None:
    contents: dict[str, dict[str, object]] = {
        STRIPE_KEY.secret: {"api_key": STRIPE_KEY_VALUE},
        STRIPE_WEBHOOK.secret: {
            "signing_secrets": [WEBHOOK_SECRET],
            "platform_signing_secrets": [PLATFORM_SECRET],
            "livemode": False,
        },
        CURSOR.secret: {"key": secrets.token_urlsafe(48)},
    }
    for variable, content in contents.items():
        name = stage.deployed.outputs[f"{variable.title().replace('_', '')}Name"]
        stage.client("secretsmanager").put_secret_value(SecretId=name, SecretString=json.dumps(content))


def _make_push_application(stage: LocalStage) -> None:
    """SNS platform applications have no CloudFormation resource, so on AWS too they are made by hand."""
    platform, name = local_stage_settings().push_application.split("/")
    stage.client("sns").create_platform_application(
        Name=name, Platform=platform, Attributes={"PlatformCredential": "local"}
    )
