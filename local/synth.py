"""Synthesise the CDK app for the local stage, once for each state of what goes into it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from infra import synth
from local.aws import assembly
from local.places import BUILD, REPOSITORY, Ports

KEPT = BUILD / "local" / "synth"
KEEP_NEWEST = 6
# What the code of functions and of the own layer is made from, and what everything else is made from.
CODE = ("functions", "layers")
TEMPLATE = ("infra", "events_schemas")
FILES = ("cdk.json", "pyproject.toml", "uv.lock", ".python-version")


class SynthFailedError(Exception):
    """The CDK app ended with an error; what it said is on standard error."""


def local_context(ports: Ports) -> dict[str, str]:
    """The values of `cdk.json`'s local stage that depend on the ports, and how the local stage wants its assembly."""
    return {
        "issuer": ports.url(ports.sign_in),
        "stripe_api_url": ports.url(ports.stripe),
        "app_url": f"{ports.url(ports.stripe)}/app",
        # Assets are used where they were built, under the hash of their content: copying the layers takes seconds.
        "aws:cdk:disable-asset-staging": "true",
    }


def synthesise(ports: Ports) -> tuple[Path, bool]:
    """The folder of the local stage's cloud assembly, and whether it had to be made.

    Raises:
        SynthFailedError: the app cannot be synthesised.
    """
    context = local_context(ports)
    folder = KEPT / synth_key(ports)
    if folder.exists() and _assets_exist(folder):
        folder.touch()
        return folder, False
    shutil.rmtree(folder, ignore_errors=True)
    _make(context, folder)
    _forget_old()
    return folder, True


def _make(context: dict[str, str], folder: Path) -> None:
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    try:
        synth.synthesise("local", unfinished, context)
        # Another start may have made the same folder meanwhile: it is as good.
        if not folder.exists():
            unfinished.rename(folder)
    except subprocess.CalledProcessError as error:
        raise SynthFailedError(f"the CDK app ended with exit code {error.returncode}: what it said is above") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _assets_exist(folder: Path) -> bool:
    return all(path.exists() for stack in assembly.read(folder) for path in stack.assets.values())


def template_hash() -> str:
    """A hash of everything but code: when it is unchanged, new code can be put into functions without a synthesis."""
    return _hash(TEMPLATE, FILES).hexdigest()


def synth_key(ports: Ports) -> str:
    """A hash of everything the stage on these ports is synthesised from, code included."""
    digest = _hash(CODE + TEMPLATE, FILES)
    digest.update(json.dumps(local_context(ports), sort_keys=True).encode())
    return digest.hexdigest()[:32]


def _hash(folders: Sequence[str], names: Sequence[str]) -> hashlib._Hash:
    digest = hashlib.sha256()
    files = [REPOSITORY / name for name in names]
    files += [file for folder in folders for file in files_of(REPOSITORY / folder)]
    for file in files:
        digest.update(f"{file.relative_to(REPOSITORY)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest


def files_of(folder: Path) -> Iterator[Path]:
    """The files that something is made from: no bytecode, no documentation; in a fixed order."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".md":
            yield file


def _forget_old() -> None:
    newest_first = sorted(KEPT.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in newest_first[KEEP_NEWEST:]:
        shutil.rmtree(folder, ignore_errors=True)
