"""Synthesising from Python: what the local stage and the tests call.

``build_assets`` makes the deployment packages alone; ``synthesise`` writes a whole cloud assembly.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.assets import LAYERS, Asset, function_asset, layer_asset
from infra.capabilities import CAPABILITIES
from infra.stages import PROJECT


def build_assets(architecture: str) -> dict[str, Asset]:
    """Builds every function's package and every layer, or finds them built already.

    Args:
        architecture: ``arm64`` or ``x86_64``.

    Returns:
        Assets by name: ``function/<capability>`` and ``layer/<name>``; a layer's folder holds ``python/``.
    """
    functions = {f"function/{one.name}": function_asset(one.name) for one in CAPABILITIES}
    return functions | {f"layer/{name}": layer_asset(name, architecture) for name in LAYERS}


def synthesise(stage: str, target: Path, context: Mapping[str, str] | None = None, *, checked: bool = False) -> Path:
    """Writes the cloud assembly of a stage, in a process of its own, with neither an AWS account nor a network.

    Args:
        stage: ``local``, ``dev`` or ``prod``.
        target: folder to write to; templates are ``Stateful.template.json`` and so on there.
        context: values that override the stage's own in ``cdk.json``, such as ``issuer``.
        checked: whether cdk-nag and CDK's own validation run too, which takes several times as long.

    Returns:
        The folder.

    Raises:
        subprocess.CalledProcessError: the app failed; what it said is on standard error.
    """
    settings = {**(context or {}), "stage": stage}
    environment = {
        **os.environ,
        "CDK_OUTDIR": str(target),
        "CDK_CONTEXT_JSON": json.dumps(settings),
        "CDK_VALIDATION": "true" if checked else "false",
        # Any Node from 20 on works; CDK prints a banner for those it no longer tests with.
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20,22",
    }
    # CDK's Python is some 100 MB of source: without bytecode every run would compile it again for eight seconds.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "infra.app"]
    subprocess.run(command, cwd=PROJECT, env=environment, check=True)  # noqa: S603
    return target
