"""Deployment packages of functions, as the embedded AWS runs them: through Amazon's own runtime interface client.

The emulator gives a `provided.*` function a real Lambda Runtime API, and `awslambdaric` is what Lambda's own Python
runtime speaks to it: errors, context and start-up are AWS's. It mounts no layers there, so the bootstrap names the
layers' folders in the order Lambda would find them under `/opt`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.aws.emulator import OWN_VARIABLES
from local.places import BUILD

RUNTIME_ENVIRONMENT = BUILD / "runtime"
RUNTIME = "provided.al2023"
_ENTRY = Path(__file__).with_name("runtime_client.py")
_ENTRY_NAME = "local_runtime_client.py"
# The zip format's earliest time stamp: the same files always give the same package.
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Recipe:
    """What a function's package is made of."""

    folder: Path
    """The function's own files."""
    layers: tuple[Path, ...]
    """Folders of layers, each with a `python` folder in it; they are used in place and must not change."""
    variables: tuple[tuple[str, str], ...] = ()
    """Environment variables that Lambda itself would set from the function's configuration."""


def package(recipe: Recipe) -> bytes:
    """The zip of a function: its folder's files, the runtime's client, and a bootstrap that finds the layers."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(recipe.folder.rglob("*")):
            if file.is_file():
                _add(archive, str(file.relative_to(recipe.folder)), file.read_bytes(), 0o644)
        _add(archive, _ENTRY_NAME, _ENTRY.read_bytes(), 0o644)
        _add(archive, "bootstrap", _bootstrap(recipe.layers, dict(recipe.variables)).encode(), 0o755)
    return buffer.getvalue()


def code_hash(content: bytes) -> str:
    """The `CodeSha256` Lambda shows for a package."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def _bootstrap(layers: Sequence[Path], variables: Mapping[str, str]) -> str:
    # On Lambda the layers are merged into one /opt, of which these two folders are on the path, in this order.
    path = [str(layer / "python/lib/python3.13/site-packages") for layer in layers]
    path += [str(layer / "python") for layer in layers]
    exported = {
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": ":".join(path),
        "TZ": ":UTC",
        **variables,
    }
    return "\n".join(
        (
            "#!/bin/sh",
            f"unset {' '.join(OWN_VARIABLES)}",
            *(f"export {name}='{value}'" for name, value in exported.items()),
            f"exec '{RUNTIME_ENVIRONMENT}/bin/python' {_ENTRY_NAME} \"$_HANDLER\"",
            "",
        )
    )


def _add(archive: zipfile.ZipFile, name: str, content: bytes, mode: int) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (0o100000 | mode) << 16
    archive.writestr(entry, content)
