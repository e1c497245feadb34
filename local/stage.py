"""A running local stage, as a test, the journey and the commands see it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Any, Protocol

from infra.capabilities import CAPABILITIES
from infra.spec import QueueTrigger
from local.aws.clients import Clients
from local.aws.observe import LogLine, Push, log_lines, pushes
from local.deployed import Deployed, local_stage_settings
from local.places import BUILD, Ports, RunFolder
from local.sign_in.keys import SigningKey
from local.sign_in.people import Person, load_people
from local.sign_in.tokens import LIFETIME, Flaw, Issuer, mint

SIGN_IN_KEYS = BUILD / "local" / "sign-in"
PEOPLE_FILE = Path("demo-school") / "people.json"
# EventBridge takes no more entries in one call.
_ENTRIES_A_CALL = 10
_POLL_SECONDS = 0.3
_QUEUES = tuple(trigger.queue for one in CAPABILITIES for trigger in one.triggers if isinstance(trigger, QueueTrigger))
# Looks that see the same: what a table's stream sets off begins within a few hundredths of a second.
_QUIET_LOOKS = 4


class NotAppliedError(Exception):
    """Something that was to be worked off in the background was not, in the time given."""


class Message(Protocol):
    """A message that knows how it goes on a bus."""

    def entry(self, bus_name: str) -> dict[str, str]:
        """The entry for EventBridge's PutEvents."""
        ...


@dataclass
class LocalStage:
    """A local stage that runs, in this process or in another one."""

    ports: Ports
    deployed: Deployed
    clients: Clients = field(init=False)

    def __post_init__(self) -> None:
        """Make the clients that go with the ports."""
        self.clients = Clients(self.ports.url(self.ports.aws))

    @classmethod
    def attach(cls, ports: Ports) -> LocalStage:
        """The stage that another process runs on these ports.

        Raises:
            NotRunningError: none does.
        """
        return cls(ports, Deployed.load(ports))

    @property
    def folder(self) -> RunFolder:
        """The stage's folder, with its logs in `.logs`."""
        return RunFolder.of(self.ports)

    @property
    def aws_url(self) -> str:
        """Address of the embedded AWS."""
        return self.ports.url(self.ports.aws)

    @property
    def api_url(self) -> str:
        """Address of the HTTP API; routes begin with `/v1`."""
        return self.ports.url(self.ports.api)

    @property
    def sign_in_url(self) -> str:
        """Address of the local sign-in, which is the issuer of its tokens."""
        return self.ports.url(self.ports.sign_in)

    @property
    def stripe_url(self) -> str:
        """Address of the local Stripe."""
        return self.ports.url(self.ports.stripe)

    def client(self, service: str) -> Any:
        """A boto3 client with root keys."""
        return self.clients.client(service)

    @property
    def people(self) -> dict[str, Person]:
        """Who can sign in, by key."""
        return load_people(self.folder.path / PEOPLE_FILE)

    def token(self, person: str | Person, *, flaw: Flaw | None = None, lifetime: timedelta = LIFETIME) -> str:
        """An access token as the local sign-in gives it.

        Args:
            person: the key of somebody who can sign in, or anybody.
            flaw: what is to be wrong with it.
            lifetime: how long it is good.

        Raises:
            KeyError: nobody has that key.
        """
        who = self.people[person] if isinstance(person, str) else person
        issuer = Issuer(self.sign_in_url, local_stage_settings().audience, SigningKey.kept_in(SIGN_IN_KEYS))
        return mint(who, issuer, datetime.now(UTC), flaw=flaw, lifetime=lifetime)

    def function_name(self, capability: str) -> str:
        """The physical name of a function, by the name of its folder."""
        return self.deployed.functions[capability].name

    def function_logs(self, capability: str, since: datetime | None = None) -> list[LogLine]:
        """What a function wrote, oldest first, from `since` on."""
        return log_lines(self.clients, self.function_name(capability), since)

    def pushes(self, since: datetime | None = None) -> list[Push]:
        """What was published to phones, oldest first, from `since` on."""
        return pushes(self.clients, since)

    def queue_url(self, name: str) -> str:
        """The URL of a queue by its short name: `portal`, `portal-dlq`."""
        physical = local_stage_settings().physical(name)
        url: str = self.client("sqs").get_queue_url(QueueName=physical)["QueueUrl"]
        return url

    def waiting(self, queue: str) -> int:
        """How many messages a queue holds, those being worked on included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.client("sqs").get_queue_attributes(QueueUrl=self.queue_url(queue), AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def publish(self, messages: Iterable[Message]) -> int:
        """Put messages on the Portal's bus, as the Portal does; returns how many.

        Raises:
            NotAppliedError: the bus did not take one of them.
        """
        bus = self.deployed.outputs["PortalBusName"]
        published = 0
        for batch in batched(messages, _ENTRIES_A_CALL, strict=False):
            self.publish_entries([message.entry(bus) for message in batch])
            published += len(batch)
        return published

    def publish_entries(self, entries: Sequence[dict[str, str]]) -> None:
        """Put up to ten entries on their bus.

        Raises:
            NotAppliedError: the bus did not take one of them.
        """
        answer = self.client("events").put_events(Entries=list(entries))
        if answer["FailedEntryCount"]:
            raise NotAppliedError(f"the bus refused {answer['FailedEntryCount']} of {len(entries)} messages")

    def wait_until_empty(self, queue: str, seconds: float, tell: Callable[[int], None] | None = None) -> None:
        """Wait until a queue holds nothing any more, not even in work.

        Args:
            queue: short name.
            seconds: how long to wait at most.
            tell: called with the number still waiting, now and then.

        Raises:
            NotAppliedError: something was left when the time was up.
        """
        deadline = time.monotonic() + seconds
        while left := self.waiting(queue):
            if time.monotonic() > deadline:
                raise NotAppliedError(
                    f"queue {queue} still holds {left} messages after {seconds:.0f} s: "
                    f"see python -m local logs, and the logs in {self.folder.logs}"
                )
            if tell:
                tell(left)
            time.sleep(_POLL_SECONDS)

    def wait_until_quiet(self, seconds: float) -> None:
        """Wait until queues are empty and tables have stopped growing: until all that follows has happened.

        Raises:
            NotAppliedError: there was still something going on when the time was up.
        """
        deadline = time.monotonic() + seconds
        seen = [self._sizes()]
        while len(seen) < _QUIET_LOOKS or len(set(seen[-_QUIET_LOOKS:])) > 1 or any(seen[-1][0]):
            if time.monotonic() > deadline:
                raise NotAppliedError(f"the stage is not quiet after {seconds:.0f} s: see {self.folder.logs}")
            time.sleep(_POLL_SECONDS)
            seen.append(self._sizes())

    def _sizes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        dynamodb = self.client("dynamodb")
        tables = dynamodb.list_tables()["TableNames"]
        return (
            tuple(self.waiting(queue) for queue in _QUEUES),
            tuple(dynamodb.describe_table(TableName=table)["Table"]["ItemCount"] for table in tables),
        )
