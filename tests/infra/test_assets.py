"""What is uploaded: the right processor's wheels, little of it, compiled so that Lambda believes the bytecode."""

import importlib.util
from pathlib import Path

import pytest

from infra.assets import LAYERS, Asset, function_asset, layer_asset, locked_requirements
from infra.capabilities import CAPABILITIES
from infra.function import COMMON_LAYERS
from infra.stages import PROJECT

MIB = 1024 * 1024
AARCH64 = 183
THIRD_PARTY = ("dependencies", "events", "stripe", "reports")
# Flags of PEP 552: by a hash of the source, which is not looked at.
UNCHECKED_HASH = 0b01


@pytest.fixture(scope="session")
def aws_layers() -> dict[str, Asset]:
    """The layers as they go to AWS."""
    return {name: layer_asset(name, "arm64") for name in LAYERS}


def test_binaries_in_the_layers_for_aws_are_for_arm(aws_layers: dict[str, Asset]) -> None:
    binaries = [path for asset in aws_layers.values() for path in asset.path.rglob("*.so*")]
    assert [path for path in binaries if "pydantic_core" in path.name]
    for path in binaries:
        header = path.read_bytes()[:20]
        assert header[:4] == b"\x7fELF"
        assert int.from_bytes(header[18:20], "little") == AARCH64, path.name


def test_a_layer_is_what_the_lock_file_says(aws_layers: dict[str, Asset]) -> None:
    for name in THIRD_PARTY:
        for line in locked_requirements(name).splitlines():
            if "==" in line:
                package, _, rest = line.partition("==")
                version = rest.split()[0]
                stem = package.replace("-", "_")
                assert (aws_layers[name].path / "python" / f"{stem}-{version}.dist-info").is_dir()


def test_every_wheel_is_checked_against_its_hash() -> None:
    for name in THIRD_PARTY:
        requirements = locked_requirements(name)
        assert requirements.count("==") == requirements.replace("\\\n", "").count("\n")
        assert requirements.count("--hash=sha256:") >= requirements.count("==")


def test_what_the_runtime_brings_is_not_shipped_again(aws_layers: dict[str, Asset]) -> None:
    for asset in aws_layers.values():
        shipped = {path.name for path in (asset.path / "python").iterdir()}
        assert not shipped & {"boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six.pyc"}


def test_no_package_is_in_two_layers(aws_layers: dict[str, Asset]) -> None:
    seen: set[str] = set()
    for asset in aws_layers.values():
        names = {path.name for path in (asset.path / "python").iterdir()}
        assert not names & seen
        seen |= names


def test_booking_with_all_its_layers_is_at_most_25_mib(aws_layers: dict[str, Asset]) -> None:
    (bookings,) = [one for one in CAPABILITIES if one.name == "bookings"]
    layers = [aws_layers[name] for name in (*COMMON_LAYERS, *bookings.layers)]
    total = sum(_size(asset.path) for asset in (function_asset("bookings"), *layers))
    assert total <= 25 * MIB


def test_all_bytecode_is_believed_whatever_the_time_of_the_file(aws_layers: dict[str, Asset]) -> None:
    assets = [*aws_layers.values(), *(function_asset(one.name) for one in CAPABILITIES)]
    compiled = [path for asset in assets for path in asset.path.rglob("*.pyc")]
    assert compiled
    for path in compiled:
        header = path.read_bytes()[:8]
        assert header[:4] == importlib.util.MAGIC_NUMBER
        assert int.from_bytes(header[4:], "little") == UNCHECKED_HASH, path


def test_every_module_of_ours_is_compiled(aws_layers: dict[str, Asset]) -> None:
    for asset in (aws_layers["school_events"], *(function_asset(one.name) for one in CAPABILITIES)):
        for source in asset.path.rglob("*.py"):
            assert Path(importlib.util.cache_from_source(str(source))).exists()


def test_bytecode_names_files_as_lambda_sees_them(aws_layers: dict[str, Asset]) -> None:
    for asset in (*aws_layers.values(), function_asset("docs")):
        for path in list(asset.path.rglob("*.pyc"))[:50]:
            assert str(PROJECT).encode() not in path.read_bytes()


def test_a_functions_package_is_its_own_folder() -> None:
    for capability in CAPABILITIES:
        asset = function_asset(capability.name)
        shipped = {
            str(path.relative_to(asset.path))
            for path in asset.path.rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        }
        folder = PROJECT / "functions" / capability.name
        own = {
            str(path.relative_to(folder))
            for path in folder.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert shipped == own


def test_equal_sources_make_equal_hashes(aws_layers: dict[str, Asset]) -> None:
    assert {name: layer_asset(name, "arm64") for name in LAYERS} == aws_layers


def test_processors_differ_in_third_party_layers_only(aws_layers: dict[str, Asset]) -> None:
    assert layer_asset("school_events", "x86_64") == aws_layers["school_events"]
    assert layer_asset("dependencies", "x86_64").digest != aws_layers["dependencies"].digest


def test_there_is_a_capability_for_every_function_folder_and_the_other_way_round() -> None:
    folders = {path.parent.name for path in (PROJECT / "functions").glob("*/handler.py")}
    assert folders == {capability.name for capability in CAPABILITIES}


def test_a_function_without_a_handler_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"functions/nowhere/handler\.py is missing"):
        function_asset("nowhere")


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
