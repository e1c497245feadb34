"""The stages the app is deployed as, and what differs between them: ``cdk.json`` holds the values.

Any value can be overridden on the command line by its own name (``cdk synth -c stage=local -c issuer=…``), which is
how the local stage puts the ports it was given into the template.
"""

import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
REGION = "eu-west-2"
STATEFUL = "stateful"
APPLICATION = "application"
MONITORING = "monitoring"
STACKS = (STATEFUL, APPLICATION, MONITORING)
# The embedded AWS refuses schema registries, metric maths and other things of the monitoring stack.
LOCAL_STACKS = (STATEFUL, APPLICATION)


@dataclass(frozen=True)
class Stage:
    """Everything that depends on the stage.

    Attributes:
        name: ``local``, ``dev`` or ``prod``.
        architecture: of the functions and the wheels in their layers: ``arm64`` or ``x86_64``.
        issuer: base URL of the sign-in; its ``/.well-known/openid-configuration`` names the keys.
        audience: the ``aud`` that access tokens of this product carry.
        app_url: where Checkout sends a payer back to.
        stripe_api_url: Stripe's API, or the local stage's stand-in for it.
        origins: the web apps whose browsers may call the API.
        alarm_email: who is told of alarms; empty for nobody.
        portal_snapshots_bucket: the Portal's bucket that its daily snapshots lie in; the Portal owns it.
        portal_snapshots_prefix: what the keys of our snapshots begin with there.
        portal_snapshots_key: ARN of the KMS key it is encrypted under; empty where S3's own keys are used.
        snapshot_most_absent_percent: a snapshot that lacks a larger share of what is held is refused.
        push_application: the SNS platform application that pushes go through, as ``GCM/name``; empty for none.
        log_level: the least severe line that is written.
        log_days: how long lines are kept.
        keep_data: whether deleting a stack leaves its tables, keys and buckets behind.
        require_tls: whether buckets refuse plain HTTP, which is all that the embedded AWS speaks.
    """

    name: str
    architecture: str
    issuer: str
    audience: str
    app_url: str
    stripe_api_url: str
    origins: tuple[str, ...]
    alarm_email: str
    portal_snapshots_bucket: str
    portal_snapshots_prefix: str
    portal_snapshots_key: str
    snapshot_most_absent_percent: int
    push_application: str
    log_level: str
    log_days: int
    keep_data: bool
    require_tls: bool

    @property
    def stacks(self) -> tuple[str, ...]:
        """The stacks this stage consists of, in the order they are deployed."""
        return LOCAL_STACKS if self.name == "local" else STACKS

    @property
    def policies_know_encryption_contexts(self) -> bool:
        """Whether a policy can ask for the encryption context of a call: the embedded AWS tells it nothing of one."""
        return self.name != "local"

    def stack_name(self, stack: str) -> str:
        """The CloudFormation name of one of ``STACKS`` in this stage."""
        return f"school-events-{self.name}-{stack}"

    def physical(self, name: str) -> str:
        """The physical name of a resource of this stage: ``school-events-dev-portal``."""
        return f"school-events-{self.name}-{name.replace('_', '-')}"


def host_architecture() -> str:
    """The Lambda name of this machine's processor: ``arm64`` or ``x86_64``."""
    return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"


def context_file() -> dict[str, Any]:
    """The ``context`` of ``cdk.json``, for when the app is not started by the CDK command line."""
    context: dict[str, Any] = json.loads((PROJECT / "cdk.json").read_text())["context"]
    return context


def stage_from(context: Callable[[str], Any]) -> Stage:
    """Reads the stage to synthesise from CDK context.

    Args:
        context: looks a context key up; ``None`` where it is not set.

    Raises:
        ValueError: the stage is not one of ``cdk.json``'s.
    """
    name = context("stage")
    stages: Mapping[str, Mapping[str, Any]] = context("stages")
    if name not in stages:
        raise ValueError(f"Unknown stage {name!r}: cdk.json knows {', '.join(stages)}")
    own = stages[name]

    def value(key: str) -> Any:
        override = context(key)
        return own[key] if override is None else override

    architecture = value("architecture")
    origins = value("origins")
    return Stage(
        name=name,
        architecture=host_architecture() if architecture == "host" else architecture,
        issuer=value("issuer"),
        audience=value("audience"),
        app_url=value("app_url"),
        stripe_api_url=value("stripe_api_url"),
        origins=tuple(origins.split(",") if isinstance(origins, str) else origins),
        alarm_email=value("alarm_email"),
        portal_snapshots_bucket=value("portal_snapshots_bucket"),
        portal_snapshots_prefix=value("portal_snapshots_prefix"),
        portal_snapshots_key=value("portal_snapshots_key"),
        snapshot_most_absent_percent=int(value("snapshot_most_absent_percent")),
        push_application=value("push_application"),
        log_level=value("log_level"),
        log_days=int(value("log_days")),
        keep_data=own["keep_data"],
        require_tls=own["require_tls"],
    )
