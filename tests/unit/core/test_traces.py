"""What a change leaves behind: its stamp, feed rows and audit lines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from school_events.core import audit, feed
from school_events.core.audit import AuditLine
from school_events.core.change import Change, stamp
from tests.support.contexts import NOW, PARENT, a_context
from tests.support.tables import rows

LINE = AuditLine(
    school_id="school-1",
    change_id="change_1",
    action="booking.confirmed",
    at=NOW,
    actor_kind="contact",
    actor="alias_1",
    subject_kind="booking",
    subject="booking_1",
    request_id="request-1",
    origin="192.0.2.1",
)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_a_stamp_says_who_did_what_when_and_from_where() -> None:
    made = stamp(a_context(actor=PARENT), "booking.confirmed")
    assert made == Change(
        id=made.id,
        action="booking.confirmed",
        at=NOW,
        actor_kind="contact",
        actor_id="contact-1",
        request_id="request-1",
        origin="system",
    )


def test_every_change_has_a_name_of_its_own() -> None:
    ctx = a_context()
    assert stamp(ctx, "event.changed").id != stamp(ctx, "event.changed").id


@given(MOMENTS)
def test_a_stamp_is_read_back_from_its_item_as_it_was_made(now: datetime) -> None:
    made = stamp(a_context(now=now), "event.changed")
    assert Change.model_validate_json(made.model_dump_json()) == made
    assert timedelta(0) <= now - made.at < timedelta(milliseconds=1)


def test_a_feed_row_says_which_thing_changed_and_nothing_of_it(tables: None) -> None:
    feed.row(a_context(), "contact", "contact-1", thing="booking", thing_id="booking_1", what="created").save()
    (row,) = rows("Inbox")
    assert row["pk"]["S"] == feed.partition("school-1", "contact", "contact-1") == "SCH#school-1#FEED#contact#contact-1"
    assert {name: row[name]["S"] for name in ("thing", "thing_id", "what", "at")} == {
        "thing": "booking",
        "thing_id": "booking_1",
        "what": "created",
        "at": "2026-11-23T09:00:00.000Z",
    }
    assert int(row["expires_at"]["N"]) == int((NOW + feed.LIFE).timestamp())


def test_staff_and_contacts_of_one_id_have_feeds_of_their_own() -> None:
    assert feed.partition("school-1", "contact", "7") != feed.partition("school-1", "staff", "7")


def test_two_rows_of_one_moment_are_both_kept(tables: None) -> None:
    ctx = a_context()
    for _ in range(2):
        feed.row(ctx, "contact", "contact-1", thing="booking", thing_id="booking_1", what="changed").save()
    assert len(rows("Inbox")) == 2


@given(MOMENTS, MOMENTS)
def test_feed_rows_come_in_the_order_of_time(one: datetime, other: datetime) -> None:
    if one + timedelta(milliseconds=1) <= other:
        assert feed.position(one, "row_9") < feed.position(other) < feed.position(other, "row_1")


def test_an_audit_line_is_written_once_and_never_changed(tables: None) -> None:
    audit.append(LINE)
    before = rows("Audit")
    audit.append(replace(LINE, actor="somebody else", action="booking.cancelled"))
    assert rows("Audit") == before
    (row,) = before
    assert row["pk"]["S"] == "SCH#school-1#AUDIT#2026-11"
    assert {name: row[name]["S"] for name in ("action", "actor", "subject", "origin")} == {
        "action": "booking.confirmed",
        "actor": "alias_1",
        "subject": "booking_1",
        "origin": "192.0.2.1",
    }
    assert "expires_at" not in row


def test_audit_lines_are_kept_by_school_and_month(tables: None) -> None:
    audit.append(LINE)
    audit.append(replace(LINE, school_id="school-2"))
    audit.append(replace(LINE, at=NOW + timedelta(days=30)))
    assert {row["pk"]["S"] for row in rows("Audit")} == {
        "SCH#school-1#AUDIT#2026-11",
        "SCH#school-1#AUDIT#2026-12",
        "SCH#school-2#AUDIT#2026-11",
    }
