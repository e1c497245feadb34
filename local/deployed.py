"""What a running stage was given, kept in its folder for the commands that talk to it from another process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from infra.assets import LAYERS, layer_asset
from infra.capabilities import CAPABILITIES
from infra.stages import Stage, context_file, host_architecture, stage_from
from local.aws.localise import LocalStack
from local.places import Ports, RunFolder


class NotRunningError(Exception):
    """No stage runs on these ports."""


def local_stage_settings() -> Stage:
    """The local stage's settings in `cdk.json`: they name its resources."""
    return stage_from({**context_file(), "stage": "local"}.get)


@dataclass(frozen=True)
class DeployedFunction:
    """One deployed function."""

    name: str
    """Its physical name."""
    layers: list[str]
    """Names of its layers, as in `infra.assets.LAYERS`."""
    variables: dict[str, str]
    """What Lambda itself sets from its configuration."""


@dataclass(frozen=True)
class Deployed:
    """A deployment to the embedded AWS."""

    outputs: dict[str, str]
    """The stacks' outputs, by name."""
    template_hash: str
    """Of everything but the code of functions and layers (`local.synth.template_hash`)."""
    functions: dict[str, DeployedFunction]
    """By the name of their folder."""

    def save(self, folder: RunFolder) -> None:
        """Keep it in the stage's folder."""
        folder.deployed.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, ports: Ports) -> Deployed:
        """What the stage on these ports was given.

        Raises:
            NotRunningError: nothing was deployed there.
        """
        try:
            kept: dict[str, Any] = json.loads(RunFolder.of(ports).deployed.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise NotRunningError(
                f"no local stage runs on port {ports.first}: start one with make run, or name its port with PORT="
            ) from error
        functions = {name: DeployedFunction(**one) for name, one in kept["functions"].items()}
        return cls(kept["outputs"], kept["template_hash"], functions)


def deployed_functions(stacks: list[LocalStack]) -> dict[str, DeployedFunction]:
    """The functions of deployed stacks, by the name of their folder."""
    stage = local_stage_settings()
    folders = {stage.physical(capability.name): capability.name for capability in CAPABILITIES}
    layers = {layer_asset(name, host_architecture()).path: name for name in LAYERS}
    found = {}
    for stack in stacks:
        for function in stack.functions:
            name = stack.template["Resources"][function.logical_id]["Properties"]["FunctionName"]
            used = [layers[path] for path in function.recipe.layers]
            found[folders[name]] = DeployedFunction(name, used, dict(function.recipe.variables))
    return found
