"""Turn a synthesised stack into one the embedded AWS runs: same resources, functions packed for its Runtime API."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.aws import packages
from local.aws.assembly import Stack

DEPLOYMENT_BUCKET = "local-deployment"
FUNCTION = "AWS::Lambda::Function"
LAYER = "AWS::Lambda::LayerVersion"
# How Lambda tells its runtime what `LoggingConfig` says.
LOGGING_VARIABLES = {"LogFormat": "AWS_LAMBDA_LOG_FORMAT", "ApplicationLogLevel": "AWS_LAMBDA_LOG_LEVEL"}
# The emulator names the endpoint of a phone `app/…/<id>` where SNS says `endpoint/…/<id>`; policies must follow it.
_PUSH_ENDPOINT = re.compile(r":endpoint/(ADM|APNS|APNS_SANDBOX|BAIDU|GCM|MACOS|MACOS_SANDBOX|MPNS|WNS)/")
# Where AWS asks for sqs:SendMessage alone, the emulator asks for an action of the call's own name.
_CALLED_IN_BATCHES = {"sqs:SendMessage": "sqs:SendMessageBatch"}
# Calls whose resource the emulator does not see: it asks for a permission on anything.
_RESOURCE_UNSEEN = frozenset({"sns:CreatePlatformEndpoint", "sns:SetEndpointAttributes", "sns:DeleteEndpoint"})


@dataclass(frozen=True)
class LocalFunction:
    """One function as the emulator gets it."""

    logical_id: str
    recipe: packages.Recipe
    content: bytes

    @property
    def key(self) -> str:
        """Object key of the package in the deployment bucket."""
        return f"{packages.code_hash(self.content).translate(str.maketrans('/+', '_-'))}.zip"


@dataclass(frozen=True)
class LocalStack:
    """A stack ready for the emulator's CloudFormation."""

    name: str
    template: dict[str, Any]
    functions: tuple[LocalFunction, ...]


def localise(stack: Stack) -> LocalStack:
    """Pack every Python function with a bootstrap and fold its layers in; everything else stays as synthesised."""
    template = json.loads(_PUSH_ENDPOINT.sub(r":app/\1/", json.dumps(stack.template)))
    resources: dict[str, Any] = template["Resources"]
    layers = {
        logical_id: stack.assets[resource["Properties"]["Content"]["S3Key"]]
        for logical_id, resource in resources.items()
        if resource["Type"] == LAYER
    }
    for resource in resources.values():
        if resource["Type"] in {"AWS::IAM::Policy", "AWS::IAM::Role"}:
            _permit_as_the_emulator_asks(resource["Properties"])
    functions = tuple(
        _localise_function(stack, logical_id, resource["Properties"], layers)
        for logical_id, resource in resources.items()
        if _is_python_function(resource)
    )
    for logical_id in layers:
        del resources[logical_id]
    return LocalStack(stack.name, template, functions)


def _permit_as_the_emulator_asks(properties: Mapping[str, Any]) -> None:
    """Permissions that AWS reads one way and the emulator another, so that both allow the same calls."""
    documents = [properties.get("PolicyDocument")]
    documents += [policy["PolicyDocument"] for policy in properties.get("Policies", ())]
    for statement in (one for document in documents if document for one in document["Statement"]):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        statement["Action"] = actions + [_CALLED_IN_BATCHES[one] for one in actions if one in _CALLED_IN_BATCHES]
        if _RESOURCE_UNSEEN.issuperset(actions):
            statement["Resource"] = "*"


def _is_python_function(resource: Mapping[str, Any]) -> bool:
    return resource["Type"] == FUNCTION and str(resource["Properties"].get("Runtime", "")).startswith("python")


def _localise_function(
    stack: Stack, logical_id: str, properties: dict[str, Any], layers: Mapping[str, Path]
) -> LocalFunction:
    recipe = packages.Recipe(
        folder=stack.assets[properties["Code"]["S3Key"]],
        layers=_layers_of(properties.pop("Layers", []), layers),
        variables=_logging(properties.get("LoggingConfig", {})),
    )
    function = LocalFunction(logical_id, recipe, packages.package(recipe))
    properties["Runtime"] = packages.RUNTIME
    properties["Code"] = {"S3Bucket": DEPLOYMENT_BUCKET, "S3Key": function.key}
    return function


def _layers_of(references: Sequence[Mapping[str, str]], layers: Mapping[str, Path]) -> tuple[Path, ...]:
    return tuple(layers[reference["Ref"]] for reference in references)


def _logging(configuration: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((LOGGING_VARIABLES[name], value) for name, value in configuration.items() if name in LOGGING_VARIABLES)
