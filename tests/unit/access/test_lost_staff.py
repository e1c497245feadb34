"""Who is no longer staff, or no longer has a role, is out of every route at the very next request (I1)."""

from collections.abc import Callable
from typing import Any

import pytest

from functions.report_export.handler import lambda_handler as report_export
from school_events.people import store
from school_events.people.model import StaffMember
from school_events.people.rules import Thing
from tests.support.http_events import LambdaContext, sqs_event
from tests.support.people import portal_message, staff_told
from tests.support.portal_queue import a_snapshot_lacks, say
from tests.support.tables import everything, messages
from tests.unit.access.household import CHILD, MOTHER, PATH, Household, call, secrets_of
from tests.unit.architecture.routes import IN_SCHOOL


def _remove(staff_id: str) -> None:
    say(portal_message("StaffRemoved", {"staff_id": staff_id}, version=2))


STAFF_LOSSES: dict[str, tuple[Callable[[str], None], int]] = {
    "removed": (_remove, 404),
    "missing from a snapshot": (lambda who: a_snapshot_lacks(Thing("staff", (who,))), 404),
    "roles taken": (lambda who: say(staff_told(who, (), version=2)), 403),
}
STAFF = {"school_admin": "staff-admin", "finance": "staff-finance", "staff": "staff-1"}


@pytest.mark.parametrize("role", STAFF)
@pytest.mark.parametrize("loss", STAFF_LOSSES)
def test_who_is_no_longer_staff_is_out_of_every_route_at_the_very_next_request(
    home: Household, loss: str, role: str
) -> None:
    real = {
        "event_id": home.events["Orchard"],
        "booking_id": home.bookings["Orchard"],
        "payment_id": home.payments["Lantern"],
        "pupil_id": CHILD,
        "contact_id": MOTHER,
        "staff_id": STAFF[role],
        "name": "participation",
    }
    lose, status = STAFF_LOSSES[loss]
    lose(STAFF[role])
    before = everything()
    for known in IN_SCHOOL:
        if role in known.rule.roles:
            parameters = known.parameters() | {name: real[name] for name in known.parameters() if name in real}
            body: Any = None if known.rule.method in {"GET", "DELETE"} else {}
            answer = call(known.rule.key, STAFF[role], parameters, body=body, roles=(role,))
            assert (known.rule.key, answer.status) == (known.rule.key, status)
            assert secrets_of(answer.body) == []
    assert everything() == before


def test_without_the_check_of_the_staff_row_it_would_be_noticed(
    home: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    STAFF_LOSSES["missing from a snapshot"][0]("staff-admin")
    to_staff = store.to_staff

    def as_if_there(item: store.StaffItem | None) -> StaffMember | None:
        member = to_staff(item)
        return None if member is None else member.model_copy(update={"state": "current"})

    monkeypatch.setattr(store, "to_staff", as_if_there)
    assert call(f"GET {PATH}/pupils", "staff-admin", roles=("school_admin",)).status == 200


def test_the_file_of_a_report_asked_for_before_is_not_given_out_after(home: Household) -> None:
    """To who asked for it; an administrator still gets it."""
    body = {"name": "participation", "format": "csv", "filters": {"event_id": home.events["Orchard"]}}
    asked = call(f"POST {PATH}/reports", "staff-1", body=body, roles=("staff",))
    assert report_export(sqs_event(*messages("exports")), LambdaContext())["batchItemFailures"] == []
    fetch = f"GET {PATH}/report-exports/{{export_id}}/file"
    export = {"export_id": asked.body["id"]}
    assert call(fetch, "staff-1", export, roles=("staff",)).status == 303
    _remove("staff-1")
    assert call(fetch, "staff-1", export, roles=("staff",)).status == 404
    assert call(fetch, "staff-admin", export, roles=("school_admin",)).status == 303
