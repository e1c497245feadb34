"""A thousand families are invited once each, though workers are killed half way and then work at the same time (C1)."""

import json
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from itertools import batched
from typing import Any

import pytest

from school_events.bookings.reading import booked_pupils
from school_events.core import aws
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.events import store as events
from school_events.invitations import consequences
from school_events.invitations.audience import Audience
from school_events.invitations.rounds import service
from school_events.invitations.rounds import store as rounds
from school_events.invitations.rounds.model import Round, RoundDetails
from school_events.invitations.store import InvitationItem
from school_events.people import sync
from tests.contract.races.families import PATIENCE
from tests.support.at_once import at_once
from tests.support.contexts import NOW, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.people import PORTAL, pupil_told, received, school_told
from tests.support.tables import rows
from tests.unit.events.things import a_trip

SCHOOL = "school-inviting"
EVENT = "event_thousand"
WORKERS = 3
FAMILIES = [f"kit-{number}" for number in range(1000, 2000)]
_MOST_WRITES = 25
_HALF_WAY = 14


def _moment() -> Context:
    return a_context(SCHOOL, now=NOW, deadline=datetime.now(UTC) + PATIENCE)


def _of_the_school(table: str) -> list[dict[str, Any]]:
    return [row for row in rows(table) if row["pk"]["S"].startswith(f"SCH#{SCHOOL}#")]


@pytest.fixture
def asked(tables: None) -> Round:
    """A thousand pupils, and a round for all of them."""
    for message_type, detail in (school_told(), pupil_told(FAMILIES[0], "Kit", "Ash", "Year 10")):
        assert not sync.apply(a_context(SCHOOL, PORTAL), [received((message_type, detail | {"school_id": SCHOOL}))])
    (one,) = [row for row in _of_the_school("People") if row["kind"]["S"] == "pupil"]
    for some in batched(FAMILIES[1:], _MOST_WRITES, strict=False):
        others = [json.loads(json.dumps(one).replace(FAMILIES[0], name)) for name in some]
        requests = [{"PutRequest": {"Item": another}} for another in others]
        aws.client("dynamodb").batch_write_item(RequestItems={"People": requests})
    change = stamp(_moment(), "invitations.asked")
    events.event_item(SCHOOL, a_trip("published", EVENT), change).save()
    details = RoundDetails(id="round_1", event_id=EVENT, purpose="invite", total=1000, created_at=NOW)
    audience = Audience.model_validate_json('{"year_groups": ["10"]}')
    Transaction(_moment()).create(rounds.round_item(SCHOOL, details, audience, change)).commit()
    return rounds.find_round(SCHOOL, EVENT, "round_1")[0]


def _work() -> None:
    service.work(_moment(), EVENT, "round_1", booked_pupils)


def _invited() -> list[InvitationItem]:
    found = [row for row in _of_the_school("Events") if row["kind"]["S"] == "invitation"]
    return [InvitationItem.from_raw_data(row) for row in found]


def _reached() -> tuple[str, int]:
    after, _ = rounds.find_round(SCHOOL, EVENT, "round_1")
    return after.state, after.reached


def test_a_thousand_families_are_told_once_each(asked: Round) -> None:
    with watched(Calls(_HALF_WAY)), pytest.raises(Killed):
        _work()
    at_first = {item.change.id for item in _invited()}
    assert 0 < len(at_first) < asked.total
    assert _reached() == ("waiting", len(at_first))
    at_once([partial(_work) for _ in range(WORKERS)])
    assert _reached() == ("done", asked.total)
    followed = [(item.change.id, consequences.of(item)) for item in _invited()]
    told = Counter(telling.pupil_id for _, one in followed if one for telling in one.tellings)
    assert told == dict.fromkeys(FAMILIES, 1)
    assert at_first <= {change_id for change_id, _ in followed}
