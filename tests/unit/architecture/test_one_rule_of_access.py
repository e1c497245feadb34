"""Whether a link is open is asked in one place, ``people.access``; no capability looks at links itself (A8)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
LAYER = PROJECT / "layers/school_events/python"

OF_LINKS = frozenset(
    {
        "is_open", "link_is_open", "link_key", "to_link", "links_of_pupil", "contact_with_links",
        "Link", "LinkDetails", "LinkItem",
    }
)  # fmt: skip
"""What one would need for a rule of one's own."""

ROOMS = ("school_events.people.rules", "school_events.people.store", "school_events.people.model")

MAY_LOOK = ("school_events/people/", "school_events/privacy/")
"""The capability itself; and what forgets people, which gives nothing away to anybody."""


def looks_at_links(source: str) -> list[str]:
    """Where a module takes hold of links, by name: imported, or reached through a module that was."""
    tree = ast.parse(source)
    rooms: set[str] = set()
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "school_events.people":
            rooms |= {one.asname or one.name for one in node.names if f"school_events.people.{one.name}" in ROOMS}
        if isinstance(node, ast.Import):
            rooms |= {one.asname or one.name for one in node.names if one.name in ROOMS}
        if isinstance(node, ast.ImportFrom) and node.module in ROOMS:
            found += [one.name for one in node.names if one.name in OF_LINKS]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in OF_LINKS and ast.unparse(node.value) in rooms:
            found.append(f"{ast.unparse(node)}")
    return found


def outside_people() -> Iterator[Path]:
    """The modules that must ask."""
    for folder in (LAYER / "school_events", PROJECT / "functions"):
        for module in folder.rglob("*.py"):
            if not any(part in module.as_posix() for part in MAY_LOOK):
                yield module


def test_nobody_but_people_looks_at_links() -> None:
    looking = {
        module.relative_to(PROJECT).as_posix(): looks_at_links(module.read_text()) for module in outside_people()
    }
    assert len(looking) > 100
    assert {module: names for module, names in looking.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from school_events.people.rules import is_open",
        "from school_events.people.store import links_of_pupil as family",
        "from school_events.people import rules\nrules.is_open(link, day)",
        "from school_events.people import store as people\npeople.link_key('s', 'c', 'p')",
        "import school_events.people.store\nschool_events.people.store.LinkItem.query('x')",
        "def later():\n    from school_events.people import store\n    return store.contact_with_links('s', 'c')",
    ],
)
def test_a_module_that_looks_for_itself_is_noticed(source: str) -> None:
    assert looks_at_links(source)


def test_a_module_that_asks_is_not() -> None:
    asking = "from school_events.people import access, store\naccess.open_links(ctx, 'c')\nstore.find_pupils('s', [])"
    assert looks_at_links(asking) == []
