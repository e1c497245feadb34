"""What the tests of the local sign-in share."""

from datetime import UTC, datetime

import pytest

from local.sign_in.keys import SigningKey
from local.sign_in.people import Person
from local.sign_in.tokens import Issuer

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ADMIN = Person(
    "admin", "Margaret Hall-Wright", "everything", "m@st-brigids.test", ("demo-school:stf-001:school_admin",)
)
BOTH = Person(
    "both",
    "Łukasz <b>O'Neill</b>",
    "teaches here",
    "l@st-brigids.test",
    ("demo-school:stf-004:staff", "demo-school:con-0009:parent"),
)


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    """An issuer with a key of its own."""
    return Issuer("http://127.0.0.1:8401", "school-events", SigningKey.generate())
