"""Put changed code into a running stage: seconds for code, a real deployment when the template changed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from infra.assets import function_asset, layer_asset
from infra.stages import host_architecture
from local.aws import packages
from local.deployed import DeployedFunction
from local.deployment import deploy_stacks
from local.progress import Progress
from local.stage import LocalStage
from local.synth import synthesise, template_hash


def redeploy(stage: LocalStage, progress: Progress) -> list[str]:
    """Bring a running stage up to what the files say now.

    Args:
        stage: the stage.
        progress: who is told of each step.

    Returns:
        Names of the functions whose code changed.
    """
    if template_hash() != stage.deployed.template_hash:
        with progress.step("template synthesised"):
            folder, _ = synthesise(stage.ports)
        stage.deployed = deploy_stacks(stage.clients, folder, progress)
        stage.deployed.save(stage.folder)
    with progress.step("code compared and put in") as step:
        changed = [name for name, function in stage.deployed.functions.items() if _update(stage, name, function)]
        step.detail = ", ".join(changed) or "no function differs from its files"
    return changed


def _update(stage: LocalStage, name: str, function: DeployedFunction) -> bool:
    recipe = packages.Recipe(
        folder=function_asset(name).path,
        layers=tuple(_layer(layer) for layer in function.layers),
        variables=tuple(function.variables.items()),
    )
    content = packages.package(recipe)
    client = stage.client("lambda")
    if client.get_function_configuration(FunctionName=function.name)["CodeSha256"] == packages.code_hash(content):
        return False
    client.update_function_code(FunctionName=function.name, ZipFile=content)
    return True


@cache
def _layer(name: str) -> Path:
    return layer_asset(name, host_architecture()).path
