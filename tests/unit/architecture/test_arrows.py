"""The arrows of the design hold, and each contract that says so in ``pyproject.toml`` would notice if one did not."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[3]
LAYER = Path("layers/school_events/python")
SOURCES = (LAYER / "school_events", Path("functions"), Path("infra"), Path("local"))
ROOMS = LAYER / "school_events"

WRONG = {
    "Capabilities only look downwards": (ROOMS / "people/model.py", "import school_events.bookings.model"),
    "Inside a capability: service, then store, then rules, then model": (
        ROOMS / "events/store.py",
        "import school_events.events.service",
    ),
    "Models and rules do no I/O, not even by way of others": (ROOMS / "payments/rules.py", "import pynamodb"),
    "Clients of AWS and Stripe stay in stores, gateways and the core": (ROOMS / "bookings/service.py", "import stripe"),
    "Nothing at run time imports what builds, deploys or imitates": (ROOMS / "core/settings.py", "import infra.names"),
    "The product knows no functions": (ROOMS / "reports/service.py", "import functions.reports.handler"),
    "Functions know nothing of each other: each is deployed alone": (
        Path("functions/bookings/handler.py"),
        "import functions.payments.handler",
    ),
    "Notifications is spoken to by messages: only what shows a family its own, or forgets them, imports it": (
        ROOMS / "reports/cells.py",
        "import school_events.notifications.model",
    ),
    "Nobody but the functions imports the rooms at the top": (
        ROOMS / "outbox/service.py",
        "import school_events.family.service",
    ),
}


def contracts() -> list[dict[str, Any]]:
    """The contracts as configured."""
    configured: list[dict[str, Any]] = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    return configured


def verdicts(project: Path) -> dict[str, str]:
    """What import-linter says of each contract in a copy of the project."""
    program = Path(sys.executable).with_name("lint-imports")
    search = os.pathsep.join((str(project), str(project / LAYER)))
    environment = os.environ | {"PYTHONPATH": search, "COLUMNS": "300", "NO_COLOR": "1"}
    done = subprocess.run(  # noqa: S603
        [program, "--no-cache"], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    found = re.findall(r"^(.+?) (KEPT|BROKEN)(?: \(.*\))?$", done.stdout, re.MULTILINE)
    assert found, done.stdout + done.stderr
    return dict(found)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources alone, to be spoilt."""
    project = tmp_path_factory.mktemp("project")
    only_python = shutil.ignore_patterns("__pycache__", "*.json", "*.html", "*.md")
    for folder in SOURCES:
        shutil.copytree(PROJECT / folder, project / folder, ignore=only_python)
    shutil.copy(PROJECT / "pyproject.toml", project)
    return project


def test_every_arrow_holds(copy: Path) -> None:
    assert verdicts(copy) == {contract["name"]: "KEPT" for contract in contracts()}


def test_every_contract_notices_an_arrow_that_points_the_wrong_way(copy: Path) -> None:
    for module, line in WRONG.values():
        spoilt = copy / module
        spoilt.write_text(f"{spoilt.read_text()}\n{line}\n")
    assert verdicts(copy) == {contract["name"]: "BROKEN" for contract in contracts()}


def test_every_folder_of_python_is_a_package() -> None:
    """import-linter passes silently over a folder without ``__init__.py``."""
    folders = {module.parent for source in (*SOURCES, Path("tests")) for module in (PROJECT / source).rglob("*.py")}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
