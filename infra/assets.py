"""What the functions are deployed as: their own folders and the layers, built without Docker and without AWS.

A build is kept under ``build/`` by the hash of what went into it, so a second one costs nothing, and equal sources
give equal hashes on every machine. All Python in it is compiled with unchecked hashes: the times in CDK's archives are
1980, which makes Python distrust ordinary bytecode and compile everything again at every cold start.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.stages import PROJECT

BUILD = PROJECT / "build" / "assets"
LAYERS = ("dependencies", "school_events", "events", "stripe", "reports")
# uv's names of the platforms; Lambda's Python 3.13 runs on Amazon Linux 2023 (glibc 2.34).
_PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
# What the Lambda runtime brings along: boto3, botocore and what they need.
RUNTIME_PROVIDED = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
_EXPORTS = {
    "dependencies": ("--no-dev",),
    "events": ("--only-group", "layer-events"),
    "stripe": ("--only-group", "layer-stripe"),
    "reports": ("--only-group", "layer-reports"),
}
# Relative to a layer's packages: what is not read at run time.
_NOT_SHIPPED = (
    "*.dist-info/licenses",
    "*.dist-info/[!M]*",
    "bin",
    ".lock",
    "**/tests",
    "**/*.pyi",
    "**/py.typed",
    "**/__pycache__",
    # Types of parameters, imported for type checkers only; and notifications of Stripe's v2 API, which we do not take.
    "stripe/params",
    "stripe/events",
)


@dataclass(frozen=True)
class Asset:
    """A folder ready to be zipped by CDK: its path and the hash of what it was made from."""

    path: Path
    digest: str


def uv() -> str:
    """The uv executable: ``$UV``, else the one on the path, else the project's own.

    Raises:
        FileNotFoundError: there is none.
    """
    own = PROJECT / ".tools" / "bin" / "uv"
    found = os.environ.get("UV") or shutil.which("uv") or (str(own) if own.exists() else None)
    if found is None:
        raise FileNotFoundError("uv was not found: run make setup, or set UV to its path")
    return found


def function_asset(name: str) -> Asset:
    """A function's deployment package: its own folder and nothing else.

    Args:
        name: the capability, as in ``functions/<name>``.

    Raises:
        FileNotFoundError: there is no such function.
    """
    source = PROJECT / "functions" / name
    if not (source / "handler.py").exists():
        raise FileNotFoundError(f"functions/{name}/handler.py is missing, but infra/capabilities/{name}.py deploys it")

    def fill(target: Path) -> None:
        _copy_sources(source, target)
        _compile(target, "/var/task")

    return _built(f"function-{name}", _tree_digest(source), fill)


def layer_asset(name: str, architecture: str) -> Asset:
    """A layer: ``python/`` with the packages in it.

    Args:
        name: one of ``LAYERS``.
        architecture: ``arm64`` or ``x86_64``: whose wheels.
    """
    if name == "school_events":
        return _own_layer()
    return _third_party_layer(name, architecture)


def _own_layer() -> Asset:
    source = PROJECT / "layers" / "school_events" / "python"

    def fill(target: Path) -> None:
        _copy_sources(source, target / "python")
        _compile(target, "/opt")

    return _built("layer-school_events", _tree_digest(source), fill)


def _third_party_layer(name: str, architecture: str) -> Asset:
    requirements = locked_requirements(name)

    def fill(target: Path) -> None:
        _install(name, target / "python", architecture)
        _trim(target / "python")
        _compile(target, "/opt", "-b")
        _remove_sources(target)

    return _built(f"layer-{name}-{architecture}", _digest([architecture, requirements]), fill)


def locked_requirements(layer: str) -> str:
    """The exact versions and hashes of a third-party layer, as ``uv.lock`` has them.

    What the runtime or the layer that every function has already brings is left out.
    """
    command = [uv(), "export", "--quiet", "--frozen", "--no-emit-project", "--no-header", "--no-annotate"]
    command += _EXPORTS[layer]
    for package in _omitted(layer):
        command += ["--no-emit-package", package]
    return subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout  # noqa: S603


def _omitted(layer: str) -> list[str]:
    common = [] if layer == "dependencies" else _names(locked_requirements("dependencies"))
    return [*RUNTIME_PROVIDED, *common]


def _names(requirements: str) -> list[str]:
    return [line.split("==")[0] for line in requirements.splitlines() if "==" in line]


def _install(layer: str, target: Path, architecture: str) -> None:
    """Puts a layer's wheels into a folder, from the lock file and the download cache: no index is asked."""
    command = [uv(), "sync", "--quiet", "--frozen", "--no-install-project", "--no-build", "--link-mode", "copy"]
    command += ["--python", sys.executable, "--python-platform", _PLATFORMS[architecture], *_EXPORTS[layer]]
    for package in _omitted(layer):
        command += ["--no-install-package", package]
    with tempfile.TemporaryDirectory(dir=BUILD, prefix=".environment-") as environment:
        settings = {**os.environ, "UV_PROJECT_ENVIRONMENT": environment}
        subprocess.run(command, cwd=PROJECT, env=settings, check=True)  # noqa: S603
        [packages] = Path(environment).glob("lib/python*/site-packages")
        packages.rename(target)
    for own in target.glob("_virtualenv.*"):
        own.unlink()


def _trim(packages: Path) -> None:
    for pattern in _NOT_SHIPPED:
        for path in sorted(packages.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    for metadata in packages.glob("*.dist-info/METADATA"):
        # Some packages ask for their own version; nobody asks for their description, which is most of the file.
        headers, _, _ = metadata.read_text().partition("\n\n")
        metadata.write_text(headers + "\n")


def _copy_sources(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"), dirs_exist_ok=True)


def _remove_sources(target: Path) -> None:
    """Leaves bytecode alone: the size of a package is download time at a cold start."""
    for source in target.rglob("*.py"):
        source.unlink()


def _compile(target: Path, mounted_at: str, *options: str) -> None:
    """Compiles everything, naming files as Lambda will see them, so that tracebacks and hashes know no build folder."""
    command = [sys.executable, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    command += [*options, "-s", str(target), "-p", mounted_at, str(target)]
    subprocess.run(command, check=True)  # noqa: S603


def _built(name: str, sources: str, fill: Callable[[Path], None]) -> Asset:
    digest = _digest([sources, Path(__file__).read_text(), sys.implementation.cache_tag or ""])
    kept = BUILD / f"{name}-{digest[:16]}"
    if not kept.exists():
        started = time.monotonic()
        BUILD.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BUILD, prefix=f".{name}-") as scratch:
            target = Path(scratch) / "asset"
            target.mkdir()
            fill(target)
            _keep(target, kept)
        _say(f"built {name} in {time.monotonic() - started:.1f} s")
    return Asset(kept, digest)


def _keep(target: Path, kept: Path) -> None:
    try:
        target.rename(kept)
    except OSError:
        # Another process built the same thing meanwhile: its result is as good.
        if not kept.exists():
            raise


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _tree_digest(folder: Path) -> str:
    return _digest(
        part for path in _source_files(folder) for part in (str(path.relative_to(folder)), path.read_bytes())
    )


def _source_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield path


def _digest(parts: Iterator[str | bytes] | list[str]) -> str:
    state = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        state.update(len(data).to_bytes(8, "big") + data)
    return state.hexdigest()
