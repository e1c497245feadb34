"""The restricted key may do what the product does at Stripe, and nothing else: the README says what that is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import school_events
from infra.stages import PROJECT

_READING = frozenset({"retrieve", "list"})
_BESIDE = {
    "payment_intent": "payment_intents",
    "charge": "charges",
    "latest_charge": "charges",
    "balance_transaction": "balance_transactions",
    # Stripe's permission is called "balance transaction sources" and is both.
    "source": "balance_transactions",
}
"""What Stripe is asked to send with something else, by the name it has there."""

_ROW = re.compile(r"^\| `(?P<resource>[a-z_.]+)` \| (?P<permission>read|write) \| .+ \|$", re.MULTILINE)


def _sources() -> Iterator[tuple[Path, ast.Module]]:
    for folder in school_events.__path__:
        for path in sorted(Path(folder).rglob("*.py")):
            text = path.read_text()
            if ".v1" in text or "expand" in text.lower():
                yield path, ast.parse(text)


def _chain(node: ast.expr) -> list[str]:
    """The names of ``a().b.c``, outermost last."""
    if isinstance(node, ast.Attribute):
        return [*_chain(node.value), node.attr]
    if isinstance(node, ast.Call):
        return [*_chain(node.func), "()"]
    return [node.id] if isinstance(node, ast.Name) else ["?"]


def _calls(tree: ast.Module) -> Iterator[list[str]]:
    """What is called of Stripe's client, as ``checkout``, ``sessions``, ``create``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            names = _chain(node.func)
            if names[:3] == ["stripe", "()", "v1"]:
                yield names[3:]


def _expansions(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "expand":
                    yield from _texts(value)
        elif isinstance(node, ast.Assign) and any("EXPAND" in name for one in node.targets for name in _chain(one)):
            yield from _texts(node.value)


def _texts(node: ast.expr) -> list[str]:
    found = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return [name for text in found for name in text.split(".") if name != "data"]


def _needed() -> dict[str, str]:
    needed: dict[str, str] = {}
    for _, tree in _sources():
        for *resource, method in _calls(tree):
            name, permission = ".".join(resource), "read" if method in _READING else "write"
            needed[name] = max(needed.get(name, "read"), permission)
        for beside in _expansions(tree):
            needed.setdefault(_BESIDE[beside], "read")
    return needed


def _granted() -> dict[str, str]:
    _, _, after = (PROJECT / "README.md").read_text().partition("**The restricted key**")
    table, _, _ = after.partition("\n\n**")
    return {row["resource"]: row["permission"] for row in _ROW.finditer(table)}


def test_the_readme_gives_the_key_what_it_needs_and_no_more() -> None:
    assert _granted() == _needed()


def test_the_client_is_named_anew_in_every_call_so_that_a_rolled_key_is_used_at_once() -> None:
    for path, tree in _sources():
        versions = [one for one in ast.walk(tree) if isinstance(one, ast.Attribute) and one.attr == "v1"]
        assert len(versions) == len(list(_calls(tree))), path.name
