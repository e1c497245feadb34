"""Read what `cdk synth` wrote: the stacks of the local stage, in the order they depend on each other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

STACK_ARTIFACT = "aws:cloudformation:stack"
NESTED_ARTIFACT = "cdk:cloud-assembly"


@dataclass(frozen=True)
class Stack:
    """One synthesised stack."""

    name: str
    template: dict[str, Any]
    assets: dict[str, Path]
    """Object key in the deployment bucket → the folder or file it is made from."""

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """Logical id → resource."""
        resources: dict[str, dict[str, Any]] = self.template["Resources"]
        return resources


def read(folder: Path) -> list[Stack]:
    """The stacks of the cloud assembly in `folder` (and of assemblies inside it), those depended on first."""
    manifest = json.loads((folder / "manifest.json").read_text())
    artifacts: dict[str, dict[str, Any]] = manifest.get("artifacts", {})
    order = TopologicalSorter({name: artifact.get("dependencies", []) for name, artifact in artifacts.items()})
    stacks: list[Stack] = []
    for name in order.static_order():
        artifact = artifacts[name]
        if artifact["type"] == STACK_ARTIFACT:
            stacks.append(_stack(folder, name, artifact))
        elif artifact["type"] == NESTED_ARTIFACT:
            stacks.extend(read(folder / artifact["properties"]["directoryName"]))
    return stacks


def _stack(folder: Path, name: str, artifact: dict[str, Any]) -> Stack:
    properties = artifact["properties"]
    template = json.loads((folder / properties["templateFile"]).read_text())
    return Stack(properties.get("stackName", name), template, _assets(folder, name))


def _assets(folder: Path, artifact_name: str) -> dict[str, Path]:
    listing = folder / f"{artifact_name}.assets.json"
    if not listing.exists():
        return {}
    return {
        destination["objectKey"]: (folder / file["source"]["path"]).resolve()
        for file in json.loads(listing.read_text()).get("files", {}).values()
        for destination in file["destinations"].values()
    }
