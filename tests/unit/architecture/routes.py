"""Every route of the product, as its handler registers it and as the infrastructure deploys it."""

import importlib
import pkgutil
import re
from dataclasses import dataclass
from types import ModuleType

import functions
from infra.capabilities import CAPABILITIES
from school_events.core.http import RouteRule, SchoolApi

ROLES = ("school_admin", "finance", "staff", "parent")
MARK = re.compile(r"\{(\w+)\}")


def _handlers() -> dict[str, ModuleType]:
    names = [module.name for module in pkgutil.iter_modules(functions.__path__) if module.ispkg]
    return {name: importlib.import_module(f"functions.{name}.handler") for name in names}


HANDLERS = _handlers()
"""The handler of each function."""

APIS: dict[str, SchoolApi] = {
    name: handler.api for name, handler in HANDLERS.items() if isinstance(getattr(handler, "api", None), SchoolApi)
}
"""The functions that answer callers by routes."""

DEPLOYED = {capability.name: capability.routes for capability in CAPABILITIES}
"""What API Gateway sends to each function."""


@dataclass(frozen=True)
class Known:
    """A route with the function that answers it."""

    function: str
    rule: RouteRule

    @property
    def in_school(self) -> bool:
        """Whether it is inside a school."""
        return "{school_id}" in self.rule.path

    def parameters(self) -> dict[str, str]:
        """Values for the path that are well formed and name nothing."""
        return {
            name: f"no-such-{name.replace('_', '-')}" for name in MARK.findall(self.rule.path) if name != "school_id"
        }


ROUTES = tuple(Known(name, rule) for name, api in APIS.items() for rule in api.rules.values())
IN_SCHOOL = tuple(route for route in ROUTES if route.in_school)
