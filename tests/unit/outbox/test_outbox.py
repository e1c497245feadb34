"""What follows a change follows once, whatever is repeated, refused or broken on the way."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.attributes import UnicodeAttribute

from school_events.core import aws
from school_events.core.change import Change, stamp
from school_events.core.consequences import Consequences, Message, Subject, ToShow, ToTell
from school_events.core.context import Actor
from school_events.core.dynamodb import Document, Item
from school_events.core.errors import TryAgain
from school_events.outbox.records import records_of, records_of_failure
from school_events.outbox.service import Outbox
from tests.support.contexts import PARENT, SCHOOL, a_context
from tests.support.streams import failure_report, stream_event, stream_record
from tests.support.tables import messages, rows


class KettleItem(Item, discriminator="kettle_under_test"):
    """A stamped thing."""

    class Meta:
        table_name = "Kettles"

    name = UnicodeAttribute()
    change = Document(Change)


class UnstampedItem(Item, discriminator="unstamped_under_test"):
    """A thing nobody follows."""

    class Meta:
        table_name = "Kettles"


def consequences_of(item: Item) -> Consequences | None:
    if not isinstance(item, KettleItem):
        return None
    if item.name == "broken":
        raise ValueError("consequences that cannot be told")
    invitation = Message("InvitationSent", {"version": 1, "event_id": item.name, "pupil_id": "pupil-1"})
    told = ToTell(kind="invited", pupil_id="pupil-1", event_id=item.name, thing="invitation", thing_id=item.name)
    return Consequences(Subject("pupil", "pupil-1"), (invitation,), (told,), to_show=ToShow(item.name, "changed"))


def aliases_of(school_id: str, people: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    return {(kind, name): f"alias_{kind}_{name[-1]}" for kind, name in people if name != "contact-gone"}


OUTBOX = Outbox(consequences=(lambda item: None, consequences_of), aliases_of=aliases_of)


def a_kettle(name: str = "event-1", actor: Actor = PARENT) -> KettleItem:
    change = stamp(a_context(actor=actor), "invitation.sent")
    return KettleItem(f"SCH#{SCHOOL}#KETTLE#{name}", "KETTLE", name=name, change=change)


shown: list[tuple[str, ToShow]] = []


def show(school_id: str, asked: ToShow) -> None:
    shown.append((school_id, asked))
    if asked.event_id == "unseen":
        raise TryAgain


def follow(*records: dict[str, Any]) -> list[str]:
    return OUTBOX.follow(records_of(stream_event(*records)), show)


def numbers(*records: dict[str, Any]) -> list[str]:
    return [record["dynamodb"]["SequenceNumber"] for record in records]


@dataclass
class Bus:
    """A bus that refuses some entries some times, and remembers what it took."""

    refusals: dict[str, int] = field(default_factory=dict)
    taken: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 0
    down: bool = False

    def put_events(self, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto's name
        self.calls += 1
        if self.down:
            raise ClientError({"Error": {"Code": "InternalException"}}, "PutEvents")
        assert len(Entries) <= 10
        results = [self._result(entry) for entry in Entries]
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}

    def _result(self, entry: dict[str, Any]) -> dict[str, Any]:
        event_id = json.loads(entry["Detail"])["event_id"]
        if self.refusals.get(event_id, 0) > 0:
            self.refusals[event_id] -= 1
            return {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}
        self.taken.append(entry)
        return {"EventId": "event"}


@pytest.fixture
def bus(tables: None, monkeypatch: pytest.MonkeyPatch) -> Bus:
    fake = Bus()
    real = aws.client
    monkeypatch.setattr(aws, "client", lambda service: fake if service == "events" else real(service))
    return fake


def test_a_new_stamp_makes_an_audit_line_a_message_and_a_telling(bus: Bus) -> None:
    kettle = a_kettle()
    assert follow(stream_record(kettle)) == []
    [line] = rows("Audit")
    assert line["pk"]["S"] == f"SCH#{SCHOOL}#AUDIT#2026-11"
    assert (line["action"]["S"], line["actor"]["S"], line["subject"]["S"]) == (
        "invitation.sent",
        "alias_contact_1",
        "alias_pupil_1",
    )
    [entry] = bus.taken
    assert (entry["Source"], entry["DetailType"], entry["EventBusName"]) == (
        "school_events",
        "InvitationSent",
        "school-events",
    )
    assert json.loads(entry["Detail"]) == {
        "school_id": SCHOOL,
        "message_id": f"{kettle.change.id}-InvitationSent",
        "occurred_at": "2026-11-23T09:00:00Z",
        "version": 1,
        "event_id": "event-1",
        "pupil_id": "pupil-1",
    }
    [telling] = messages("notifications")
    assert telling == {
        "school_id": SCHOOL,
        "change_id": kettle.change.id,
        "kind": "invited",
        "occurred_at": "2026-11-23T09:00:00.000Z",
        "pupil_id": "pupil-1",
        "event_id": "event-1",
        "thing": "invitation",
        "thing_id": "event-1",
    }


def test_people_stand_in_the_audit_log_by_alias_only_and_systems_by_name(bus: Bus) -> None:
    follow(
        stream_record(a_kettle("a", Actor("contact", "contact-gone"))),
        stream_record(a_kettle("b", Actor("portal", "portal"))),
    )
    assert sorted(line["actor"]["S"] for line in rows("Audit")) == ["anonymised", "portal"]
    assert "contact-gone" not in json.dumps(rows("Audit"))


def test_the_same_record_twice_leaves_one_audit_line_and_the_same_message(bus: Bus) -> None:
    record = stream_record(a_kettle())
    follow(record)
    follow(record)
    assert len(rows("Audit")) == 1
    assert len({json.loads(entry["Detail"])["message_id"] for entry in bus.taken}) == 1
    assert len({telling["change_id"] for telling in messages("notifications")}) == 1


def test_nothing_follows_from_a_write_that_left_the_stamp_alone(bus: Bus) -> None:
    kettle = a_kettle()
    assert follow(stream_record(kettle, kettle)) == []
    assert rows("Audit") == []


def test_nothing_follows_from_an_item_that_is_gone_or_was_never_stamped(bus: Bus) -> None:
    unstamped = UnstampedItem(f"SCH#{SCHOOL}", "UNSTAMPED")
    assert follow(stream_record(None, a_kettle()), stream_record(unstamped)) == []
    assert (rows("Audit"), bus.calls) == ([], 0)


def test_a_changed_stamp_is_followed(bus: Bus) -> None:
    assert follow(stream_record(a_kettle(), a_kettle())) == []
    assert len(rows("Audit")) == 1


def test_what_the_bus_refuses_in_part_is_sent_again_and_nothing_else_is(bus: Bus) -> None:
    bus.refusals = {"event-2": 2}
    records = [stream_record(a_kettle(f"event-{number}")) for number in (1, 2, 3)]
    assert follow(*records) == []
    assert sorted(json.loads(entry["Detail"])["event_id"] for entry in bus.taken) == ["event-1", "event-2", "event-3"]


def test_a_record_whose_message_is_refused_for_good_has_failed_and_the_others_have_not(bus: Bus) -> None:
    bus.refusals = {"event-2": 99}
    records = [stream_record(a_kettle(f"event-{number}")) for number in (1, 2, 3)]
    assert follow(*records) == [numbers(*records)[1]]
    assert len(bus.taken) == 2


def test_a_bus_that_is_down_fails_every_record_with_a_message(bus: Bus) -> None:
    bus.down = True
    records = [stream_record(a_kettle(f"event-{number}")) for number in range(12)]
    assert follow(*records) == numbers(*records)


def test_more_than_ten_messages_go_out_in_several_calls(bus: Bus) -> None:
    records = [stream_record(a_kettle(f"event-{number:02}")) for number in range(23)]
    assert follow(*records) == []
    assert (len(bus.taken), bus.calls) == (23, 3)
    assert len(messages("notifications")) == 23


def test_a_bad_record_does_not_keep_the_others_from_being_followed(bus: Bus) -> None:
    unknown = stream_record(a_kettle("unknown"))
    unknown["dynamodb"]["NewImage"]["kind"] = {"S": "no such kind"}
    records = [stream_record(a_kettle("event-1")), stream_record(a_kettle("broken")), unknown]
    records.append(stream_record(a_kettle("event-2")))
    assert follow(*records) == numbers(*records)[1:3]
    assert len(rows("Audit")) == len(bus.taken) == 2


def test_a_failure_report_carries_the_records_it_is_about(bus: Bus) -> None:
    event = stream_event(stream_record(a_kettle("event-1")), stream_record(a_kettle("event-2")))
    assert records_of_failure(failure_report(event)) == records_of(event)


def test_a_failure_report_without_the_records_is_refused() -> None:
    report = failure_report(stream_event(stream_record(a_kettle())))
    del report["payload"]
    with pytest.raises(ValueError, match="no payload"):
        records_of_failure(report)


def test_staff_are_shown_each_change_before_anything_is_sent_and_who_fails_to_see_it_is_shown_again(bus: Bus) -> None:
    shown.clear()
    records = [stream_record(a_kettle(name)) for name in ("event-1", "unseen")]
    assert follow(*records) == numbers(*records)[1:]
    assert shown == [(SCHOOL, ToShow("event-1", "changed")), (SCHOOL, ToShow("unseen", "changed"))]
    assert [json.loads(entry["Detail"])["event_id"] for entry in bus.taken] == ["event-1"]
