"""A synthesised cloud assembly, read without CDK."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

Resource = dict[str, Any]


@dataclass(frozen=True)
class Assembly:
    """The templates of one stage."""

    folder: Path

    @cached_property
    def templates(self) -> dict[str, dict[str, Any]]:
        """Templates by stack: ``Stateful``, ``Application``, ``Monitoring``."""
        return {
            path.name.removesuffix(".template.json"): json.loads(path.read_text())
            for path in sorted(self.folder.glob("*.template.json"))
        }

    def resources(self, kind: str, stack: str | None = None) -> dict[str, Resource]:
        """Resources of a CloudFormation type, by logical id, over all stacks or in one."""
        return {
            name: resource
            for template_name, template in self.templates.items()
            if stack in {None, template_name}
            for name, resource in template["Resources"].items()
            if resource["Type"] == kind
        }

    def properties(self, kind: str) -> list[dict[str, Any]]:
        """The properties of all resources of a type."""
        return [resource.get("Properties", {}) for resource in self.resources(kind).values()]

    def named(self, kind: str, key: str, value: str) -> dict[str, Any]:
        """The properties of the one resource of a type whose property ``key`` is ``value``."""
        (found,) = [properties for properties in self.properties(kind) if properties.get(key) == value]
        return found

    def role_statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every statement of every role, with the role's name."""
        for properties in self.properties("AWS::IAM::Role"):
            for policy in properties.get("Policies", []):
                for statement in policy["PolicyDocument"]["Statement"]:
                    yield cast("str", properties["RoleName"]), statement

    def role(self, name: str) -> list[dict[str, Any]]:
        """The statements of one role."""
        return [statement for role, statement in self.role_statements() if role == name]


def listed(value: Any) -> list[Any]:
    """CloudFormation writes a list of one as the one."""
    return value if isinstance(value, list) else [value]


def text(value: Any) -> str:
    """A property as text, references as they stand."""
    return json.dumps(value, sort_keys=True)
