"""A cloud assembly is read in the order its stacks depend on each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from local.aws import assembly


def _write(folder: Path, name: str, content: object) -> None:
    (folder / name).write_text(json.dumps(content))


def _stack_artifact(name: str, *dependencies: str) -> dict[str, Any]:
    return {
        "type": "aws:cloudformation:stack",
        "dependencies": list(dependencies),
        "properties": {"templateFile": f"{name}.json", "stackName": f"stack-{name}"},
    }


def test_stacks_come_after_what_they_depend_on_and_know_their_assets(tmp_path: Path) -> None:
    assets = {"files": {"a": {"source": {"path": "asset.a"}, "destinations": {"here": {"objectKey": "a.zip"}}}}}
    manifest = {"artifacts": {"app": _stack_artifact("app", "data"), "data": _stack_artifact("data")}}
    _write(tmp_path, "manifest.json", manifest)
    _write(tmp_path, "app.assets.json", assets)
    for name in ("app", "data"):
        _write(tmp_path, f"{name}.json", {"Resources": {}})

    data, app = assembly.read(tmp_path)

    assert (data.name, app.name) == ("stack-data", "stack-app")
    assert data.assets == {}
    assert app.assets == {"a.zip": tmp_path / "asset.a"}


def test_stacks_of_an_assembly_inside_are_found(tmp_path: Path) -> None:
    inner = tmp_path / "assembly-inner"
    inner.mkdir()
    nested = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-inner"}}
    _write(tmp_path, "manifest.json", {"artifacts": {"inner": nested}})
    _write(inner, "manifest.json", {"artifacts": {"app": _stack_artifact("app")}})
    _write(inner, "app.json", {"Resources": {}})

    assert [stack.name for stack in assembly.read(tmp_path)] == ["stack-app"]
