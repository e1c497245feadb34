"""The words in which ``infra/capabilities`` says what a function is: plain data, no CDK.

A grant gives the permission *and* the environment variable that names the thing, so the two cannot drift apart.
"""

from dataclasses import dataclass, field

# Tables by capability; the environment variable of PEOPLE is PEOPLE_TABLE.
PEOPLE, EVENTS, BOOKINGS, PAYMENTS = "people", "events", "bookings", "payments"
INBOX, AUDIT, IDEMPOTENCY, REPORTS = "inbox", "audit", "idempotency", "reports"

# Buckets that functions use; the environment variable of EXPORTS is EXPORTS_BUCKET.
EXPORTS, DOCUMENTS = "exports", "documents"

# Item actions of DynamoDB, in the groups that handlers need them in. A transaction needs those of its parts.
GET = ("GetItem",)
READ = ("GetItem", "BatchGetItem", "Query")
WRITE = ("PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")


@dataclass(frozen=True)
class Route:
    """One route of the HTTP API.

    Attributes:
        method: ``GET``, ``POST`` and so on.
        path: as API Gateway writes it, parameters in braces.
        public: whether it is open to callers without a token.
        rate: requests a second, over all callers, before API Gateway answers 429.
        burst: how many may come at once.
    """

    method: str
    path: str
    public: bool = False
    rate: int = 100
    burst: int = 200

    @property
    def key(self) -> str:
        """API Gateway's name of the route: ``GET /v1/me``."""
        return f"{self.method} {self.path}"


def school(method: str, path: str, *, rate: int = 100, burst: int = 200) -> Route:
    """A route under ``/v1/schools/{school_id}``."""
    return Route(method, f"/v1/schools/{{school_id}}{path}", rate=rate, burst=burst)


@dataclass(frozen=True)
class TableGrant:
    """Item actions on one table, without its indexes."""

    table: str
    actions: tuple[str, ...]


@dataclass(frozen=True)
class IndexGrant:
    """Query on the named indexes of one table."""

    table: str
    indexes: tuple[str, ...]


@dataclass(frozen=True)
class SecretGrant:
    """Reading one secret of ``infra/secrets``."""

    secret: str


@dataclass(frozen=True)
class SendGrant:
    """Sending to one queue; ``dead`` for its dead-letter queue."""

    queue: str
    variable: str
    dead: bool = False


@dataclass(frozen=True)
class BucketGrant:
    """One action on the objects of one of our buckets whose keys begin with a prefix."""

    bucket: str
    action: str
    prefix: str = ""


@dataclass(frozen=True)
class SnapshotsGrant:
    """Reading the snapshots that the Portal writes into a bucket of its own."""


@dataclass(frozen=True)
class BusGrant:
    """Putting messages on our own bus."""


@dataclass(frozen=True)
class PushGrant:
    """SNS actions on the push application or on its endpoints (one per device)."""

    on_application: tuple[str, ...] = ()
    on_endpoints: tuple[str, ...] = ()


@dataclass(frozen=True)
class HealthKeyGrant:
    """KMS actions on the key of answers about health, on answers that are bound to what they are answers to."""

    actions: tuple[str, ...]


Grant = (
    TableGrant
    | IndexGrant
    | SecretGrant
    | SendGrant
    | BucketGrant
    | SnapshotsGrant
    | BusGrant
    | PushGrant
    | HealthKeyGrant
)


def table(name: str, *actions: str) -> TableGrant:
    """Item actions on a table, without the ``dynamodb:`` in front."""
    return TableGrant(name, actions)


def index(name: str, *indexes: str) -> IndexGrant:
    """Query on indexes of a table."""
    return IndexGrant(name, indexes)


# Secrets (infra/stacks/stateful.py makes them); the environment variable carries the secret's name.
STRIPE_KEY = SecretGrant("STRIPE_KEY_SECRET")
STRIPE_WEBHOOK = SecretGrant("STRIPE_WEBHOOK_SECRET")
CURSOR = SecretGrant("CURSOR_SECRET")
SECRET_NAMES = {
    STRIPE_KEY.secret: "stripe-key",
    STRIPE_WEBHOOK.secret: "stripe-webhook",
    CURSOR.secret: "cursor",
}

# Queues; each has a dead-letter queue of the same name with -dlq behind it.
PORTAL_QUEUE, STRIPE_EVENTS_QUEUE = "portal", "stripe-events"
NOTIFICATIONS_QUEUE, EXPORTS_QUEUE = "notifications", "exports"
RECONCILIATION_QUEUE, ANONYMISE_QUEUE = "reconciliation", "anonymise"
INVITATIONS_QUEUE = "invitations"
SEND_STRIPE_EVENTS = SendGrant(STRIPE_EVENTS_QUEUE, "STRIPE_EVENTS_QUEUE_URL")
SEND_NOTIFICATIONS = SendGrant(NOTIFICATIONS_QUEUE, "NOTIFICATIONS_QUEUE_URL")
SEND_EXPORTS = SendGrant(EXPORTS_QUEUE, "EXPORTS_QUEUE_URL")
SEND_RECONCILIATION = SendGrant(RECONCILIATION_QUEUE, "RECONCILIATION_QUEUE_URL")
SEND_ANONYMISE = SendGrant(ANONYMISE_QUEUE, "ANONYMISE_QUEUE_URL")
SEND_INVITATIONS = SendGrant(INVITATIONS_QUEUE, "INVITATIONS_QUEUE_URL")
SEND_PORTAL_DLQ = SendGrant(PORTAL_QUEUE, "PORTAL_DLQ_URL", dead=True)

READ_EXPORTS = BucketGrant(EXPORTS, "s3:GetObject")
WRITE_EXPORTS = BucketGrant(EXPORTS, "s3:PutObject")
# A document is sent to one place and, once it was looked at, kept in another.
SENT, KEPT = "waiting/", "kept/"
TAKE_DOCUMENTS = BucketGrant(DOCUMENTS, "s3:PutObject", SENT)
READ_SENT_DOCUMENTS = BucketGrant(DOCUMENTS, "s3:GetObject", SENT)
KEEP_DOCUMENTS = BucketGrant(DOCUMENTS, "s3:PutObject", KEPT)
READ_KEPT_DOCUMENTS = BucketGrant(DOCUMENTS, "s3:GetObject", KEPT)
DELETE_SENT_DOCUMENTS = BucketGrant(DOCUMENTS, "s3:DeleteObject", SENT)
DELETE_KEPT_DOCUMENTS = BucketGrant(DOCUMENTS, "s3:DeleteObject", KEPT)
READ_SNAPSHOTS = SnapshotsGrant()
TAKE_HEALTH_ANSWERS = HealthKeyGrant(("Encrypt",))
TAKE_AND_READ_HEALTH_ANSWERS = HealthKeyGrant(("Encrypt", "Decrypt"))
PUT_MESSAGES = BusGrant()


@dataclass(frozen=True)
class QueueTrigger:
    """A queue whose messages the function takes, ``batch`` at a time, waiting ``window`` seconds for more.

    A message that was failed on, or not come to, is handed over again when its visibility ends, ``receives`` times in
    all; then it is a dead letter.
    """

    queue: str
    batch: int = 10
    window: int = 0
    receives: int = 3


@dataclass(frozen=True)
class StreamTrigger:
    """A table's stream; only records whose sort key matches one of ``sort_keys`` (exact, or ``PREFIX#*``) are taken."""

    table: str
    sort_keys: tuple[str, ...]


@dataclass(frozen=True)
class ScheduleTrigger:
    """A run every so many minutes."""

    minutes: int


@dataclass(frozen=True)
class DailyTrigger:
    """A run every day at a full hour of London's clocks, whatever the season."""

    hour: int


Trigger = QueueTrigger | StreamTrigger | ScheduleTrigger | DailyTrigger


@dataclass(frozen=True)
class Capability:
    """One function: what reaches it, what it may touch, and how much of a machine it gets.

    Attributes:
        name: of its folder in ``functions/``.
        about: one line for the console.
        routes: of the HTTP API.
        triggers: what else calls it.
        grants: permissions; the environment variables that name things come with them.
        settings: further environment variables, by name; ``infra/function.py`` knows their values.
        layers: besides ``dependencies`` and ``school_events``.
        memory: MiB, which is also its share of a processor (1769 MiB is one).
        timeout: seconds.
    """

    name: str
    about: str
    routes: tuple[Route, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    grants: tuple[Grant, ...] = field(default=())
    settings: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    memory: int = 512
    timeout: int = 20
