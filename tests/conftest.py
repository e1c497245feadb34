"""The environment every test runs in, set before anything of the product is imported: fake AWS, no real credentials."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

_TESTS = Path(__file__).parent

os.environ.update(
    {
        "AWS_DEFAULT_REGION": "eu-west-2",
        "AWS_REGION": "eu-west-2",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "STAGE": "local",
        "LOG_LEVEL": "WARNING",
        "POWERTOOLS_SERVICE_NAME": "tests",
        "POWERTOOLS_METRICS_NAMESPACE": "SchoolEvents",
        "POWERTOOLS_METRICS_DISABLED": "true",
        "PEOPLE_TABLE": "People",
        "EVENTS_TABLE": "Events",
        "BOOKINGS_TABLE": "Bookings",
        "PAYMENTS_TABLE": "Payments",
        "INBOX_TABLE": "Inbox",
        "AUDIT_TABLE": "Audit",
        "IDEMPOTENCY_TABLE": "Idempotency",
        "REPORTS_TABLE": "Reports",
        "CURSOR_SECRET": "cursor",
        "HEALTH_KEY": "alias/health",
        "EVENT_BUS_NAME": "school-events",
        "EXPORTS_BUCKET": "exports",
        "DOCUMENTS_BUCKET": "documents",
        "PORTAL_SNAPSHOTS_BUCKET": "portal-snapshots",
        "TOKEN_AUDIENCE": "school-events",
        "TOKEN_ISSUER": "http://127.0.0.1:8401",
        "STRIPE_API_URL": "https://api.stripe.com",
        "STRIPE_KEY_SECRET": "stripe-key",
        "STRIPE_WEBHOOK_SECRET": "stripe-webhook",
        "APP_URL": "http://127.0.0.1:8402/app",
        "PUSH_APPLICATION_ARN": "",
    }
    | {
        f"{name}_URL": f"https://sqs.eu-west-2.amazonaws.com/123456789012/{queue}"
        for name, queue in (
            ("NOTIFICATIONS_QUEUE", "notifications"),
            ("STRIPE_EVENTS_QUEUE", "stripe-events"),
            ("EXPORTS_QUEUE", "exports"),
            ("PORTAL_DLQ", "portal-dlq"),
            ("RECONCILIATION_QUEUE", "reconciliation"),
            ("ANONYMISE_QUEUE", "anonymise"),
            ("INVITATIONS_QUEUE", "invitations"),
        )
    }
)

pytest_plugins = ["tests.support.contexts", "tests.support.tables"]

# How long an example takes says nothing on a machine that does other things too.
settings.register_profile("school_events", deadline=None)
settings.load_profile("school_events")

_STARTED_ONCE = ("infra", "integration", "contract", "e2e")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share something started or synthesised once run in one process, where several are used.

    Before xdist looks for groups: it reads the marks once, in its own hook of this name.
    """
    for item in items:
        folder = item.path.relative_to(_TESTS).parts[0]
        if folder in _STARTED_ONCE:
            item.add_marker(pytest.mark.xdist_group(folder))
