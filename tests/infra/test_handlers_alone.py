"""A handler needs nothing but its own folder, its layers and what the Lambda runtime brings along."""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.assets import LAYERS, RUNTIME_PROVIDED, function_asset, layer_asset
from infra.capabilities import CAPABILITIES
from infra.function import COMMON_LAYERS
from infra.spec import Capability
from infra.stages import host_architecture
from tests.infra.assembly import Assembly

_IMPORT = "import sys; sys.path[:0] = sys.argv[1:]; import handler; assert callable(handler.lambda_handler)"


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages of the Lambda runtime and no others."""
    folder = tmp_path_factory.mktemp("runtime")
    for package in RUNTIME_PROVIDED:
        module = importlib.import_module(package.removeprefix("python-"))
        source = Path(str(module.__file__))
        source = source.parent if source.name == "__init__.py" else source
        (folder / source.name).symlink_to(source)
    return folder


@pytest.fixture(scope="session")
def layers() -> dict[str, Path]:
    """The layers for this machine's processor."""
    return {name: layer_asset(name, host_architecture()).path / "python" for name in LAYERS}


@pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda capability: capability.name)
def test_a_handler_can_be_imported_alone(
    prod: Assembly, layers: dict[str, Path], runtime: Path, capability: Capability
) -> None:
    name = f"school-events-prod-{capability.name.replace('_', '-')}"
    function = prod.named("AWS::Lambda::Function", "FunctionName", name)
    path = [
        function_asset(capability.name).path,
        *(layers[one] for one in (*COMMON_LAYERS, *capability.layers)),
        runtime,
    ]
    # -I and -S: neither the project nor its environment is on the path.
    command = [sys.executable, "-I", "-S", "-c", _IMPORT, *map(str, path)]
    done = subprocess.run(command, env=_environment(function), capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr


def _environment(function: dict[str, Any]) -> dict[str, str]:
    variables = function["Environment"]["Variables"]
    own = {name: value if isinstance(value, str) else "reference" for name, value in variables.items()}
    return own | {
        "AWS_REGION": "eu-west-2",
        "AWS_DEFAULT_REGION": "eu-west-2",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_FUNCTION_NAME": function["FunctionName"],
    }
