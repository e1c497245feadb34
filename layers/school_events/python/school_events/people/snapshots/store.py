"""Snapshots in the People table: what each showed and how far it has come, whose turn it is, and what is held."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from pynamodb.attributes import BinaryAttribute, UnicodeAttribute

from school_events.core import clock
from school_events.core.attributes import TECHNICAL
from school_events.core.context import Context
from school_events.core.dynamodb import (
    Document,
    InstantAttribute,
    Key,
    Refused,
    Transaction,
    get_many,
    get_rows,
    query_rows,
    save_if,
    school_key,
)
from school_events.core.errors import TryAgain
from school_events.core.inventory import Record
from school_events.people.model import DataCategory, Link, LinkDetails
from school_events.people.rules import Heard, Statement, Thing, ThingKind, version_of
from school_events.people.snapshots.bits import Bits
from school_events.people.snapshots.model import Progress, SnapshotReport
from school_events.people.store import HeardItem, PeopleItem

KEPT_FOR = timedelta(days=400)

CLAIM_OF_RUN = timedelta(minutes=16)
"""So long after it last saved, a run that has said nothing more is held to be dead: no function lives longer."""

CLAIM_OF_REST = timedelta(minutes=30)
"""So long others wait for a snapshot that has stopped for want of time and is to go on."""

LISTINGS: dict[ThingKind, str] = {
    "pupil": "PUPILS",
    "contact": "CONTACTS",
    "staff": "STAFF",
    "link": "LINKS",
    "calendar": "CALENDARS",
    "teaching_group": "TEACHING_GROUPS",
}
"""What a snapshot may lack, and where all of it is listed."""

_NOT_YET_FINISHED_AT_ONCE = 5

_COMPARED = (
    "kind",
    "told",
    "withheld",
    "left",
    "left_on",
    "removed",
    "removed_by",
    "merged_into",
    "missing_since",
    "state",
    "record",
    "restricted",
    "ends_on",
)
"""What of an item can differ from a line."""

type Row = dict[str, Any]
"""An item as DynamoDB writes it."""


class SnapshotItem(PeopleItem, discriminator="snapshot"):
    """A snapshot: the report of it and, until it is done, how far it has come and which lines differ."""

    report = Document(SnapshotReport)
    progress = Document(Progress, null=True)
    differing: Annotated[BinaryAttribute, TECHNICAL] = BinaryAttribute(legacy_encoding=False, null=True)


class SnapshotClaimItem(PeopleItem, discriminator="snapshot_claim"):
    """Which snapshot of a school is being worked through, and by which run; no run while it waits to go on."""

    snapshot: Annotated[UnicodeAttribute, TECHNICAL] = UnicodeAttribute()
    run: Annotated[UnicodeAttribute, TECHNICAL] = UnicodeAttribute(null=True)
    until: Annotated[InstantAttribute, TECHNICAL] = InstantAttribute()


@dataclass
class Run:
    """A run's hold on a snapshot, and all it has found out; ``id`` is this run's own."""

    id: str
    report: SnapshotReport
    progress: Progress
    differing: Bits


def name_of(taken_at: datetime, snapshot_id: str) -> str:
    """How a snapshot is named in its school: in the order in which they were taken."""
    return f"{clock.to_text(taken_at)}#{snapshot_id}"


def snapshot_key(school_id: str, name: str) -> Key[SnapshotItem]:
    """Where a snapshot (:func:`name_of`) is."""
    return Key(SnapshotItem, school_key(school_id, "SNAPSHOTS"), name)


def reports(school_id: str, before: str | None = None) -> Iterator[SnapshotReport]:
    """What became of a school's snapshots, the latest taken first, read strongly.

    Args:
        school_id: whose.
        before: only those taken before the one of this name (:func:`name_of`).
    """
    items: Iterator[Any] = SnapshotItem.query(
        school_key(school_id, "SNAPSHOTS"),
        None if before is None else SnapshotItem.sk < before,
        consistent_read=True,
        scan_index_forward=False,
        page_size=_NOT_YET_FINISHED_AT_ONCE,
    )
    return (item.report for item in items)


def find_report(school_id: str, name: str) -> SnapshotReport | None:
    """What became of a snapshot (:func:`name_of`), read strongly."""
    key = snapshot_key(school_id, name)
    item = get_many([key]).get(key)
    return None if item is None else item.report


def last_finished(school_id: str) -> datetime | None:
    """When the latest snapshot was taken that has been worked through."""
    return next((report.taken_at for report in reports(school_id) if report.state == "finished"), None)


def begin(ctx: Context, new: SnapshotReport, now: datetime) -> Run | None:
    """Take hold of a snapshot, where an earlier run has left it; nothing while somebody else has hold of the school.

    Args:
        ctx: the moment.
        new: the report of a snapshot that nobody has begun with yet.
        now: the present instant, UTC.
    """
    name = name_of(new.taken_at, new.id)
    run = ctx.new_id("run")
    mine = (SnapshotClaimItem.snapshot == name) & SnapshotClaimItem.run.does_not_exist()
    is_free = SnapshotClaimItem.pk.does_not_exist() | (SnapshotClaimItem.until < now) | mine
    if not save_if(_claim(ctx.school_id, name, run, now + CLAIM_OF_RUN), is_free):
        return None
    key = snapshot_key(ctx.school_id, name)
    item = get_many([key]).get(key)
    if item is None or item.progress is None:
        return Run(run, new, Progress(), Bits())
    return Run(run, item.report, item.progress, Bits(item.differing or b""))


def save(ctx: Context, run: Run, now: datetime) -> None:
    """Keep what a run has found out, and its hold.

    Raises:
        TryAgain: somebody else has taken hold of the school, this run having said nothing for so long.
    """
    name = name_of(run.report.taken_at, run.report.id)
    _move_on(ctx, run, _claim(ctx.school_id, name, run.id, now + CLAIM_OF_RUN))


def rest(ctx: Context, run: Run, now: datetime) -> None:
    """Keep what a run has found out; whoever goes on with this snapshot may take hold at once, others have to wait.

    Raises:
        TryAgain: as :func:`save`.
    """
    name = name_of(run.report.taken_at, run.report.id)
    _move_on(ctx, run, _claim(ctx.school_id, name, None, now + CLAIM_OF_REST))


def end(ctx: Context, run: Run) -> None:
    """Keep the report of a snapshot that is done with, and let go of the school.

    Raises:
        TryAgain: as :func:`save`.
    """
    _move_on(ctx, run, None)


def let_go(ctx: Context, run: Run) -> None:
    """Let go of the school and keep nothing."""
    transaction = Transaction(ctx).delete(_claim_key(ctx.school_id), SnapshotClaimItem.run == run.id)
    _commit(transaction)


def rows_of(keys: Iterable[Key[HeardItem]]) -> dict[Key[HeardItem], Row]:
    """What is held of up to 100 things, read strongly in one round trip: no more of each than can be compared."""
    keys = list(keys)
    found = get_rows(keys, _COMPARED)
    table = SnapshotItem.Meta.table_name
    return {key: row for key in keys if (row := found.get((table, key.pk, key.sk)))}


def says_so(row: Row, statement: Statement, details: Record | None, withheld: Sequence[DataCategory]) -> bool:
    """Whether a row plainly says what a line says, so that nothing need be made of it: by far the most do.

    Where it says no, the rules decide (``rules.after_line``): so nothing but time is lost by doubt.

    Args:
        row: what is held of the thing.
        statement: what the line says.
        details: as much of the line's details as may be kept.
        withheld: which categories of it may not.
    """
    if "removed" in row or "missing_since" in row or not _is_version(row.get(statement.what), statement):
        return False
    if statement.what == "left":
        return statement.left_on is not None and row.get("left_on") == {"S": statement.left_on.isoformat()}
    if isinstance(details, Link):
        ends_on = {"S": details.ends_on.isoformat()} if details.ends_on else None
        if row.get("restricted") != {"BOOL": details.restricted} or row.get("ends_on") != ends_on:
            return False
        details = LinkDetails(**{name: getattr(details, name) for name in LinkDetails.model_fields})
    kept = details.model_dump_json(exclude_none=True) if details else None
    same = row.get("record") == {"S": kept}
    return same and row.get("withheld") == ({"S": " ".join(withheld)} if withheld else None)


def _is_version(order: dict[str, str] | None, statement: Statement) -> bool:
    return order is not None and version_of(order["S"]) == version_of(statement.order)


def held(school_id: str, kind: ThingKind) -> Iterator[tuple[Thing, Heard]]:
    """Every thing of a kind that is held, with as much of what was heard as says whether a snapshot may lack it.

    As the index knows them, a moment behind. A school has very many, so only what is needed is read of each.
    """
    request: dict[str, Any] = {
        "TableName": SnapshotItem.Meta.table_name,
        "IndexName": "listing",
        "KeyConditionExpression": "#listing = :listing",
        "ProjectionExpression": "#pk, #sk, #told, #left, #missing",
        "ExpressionAttributeNames": {
            "#listing": "listing_pk",
            "#pk": "pk",
            "#sk": "sk",
            "#told": "told",
            "#left": "left",
            "#missing": "missing_since",
        },
        "ExpressionAttributeValues": {":listing": {"S": school_key(school_id, LISTINGS[kind])}},
    }
    return ((_thing(kind, row), _heard(row)) for row in query_rows(request))


def _thing(kind: ThingKind, row: dict[str, Any]) -> Thing:
    last = row["pk"]["S"].rsplit("#", 1)[1]
    if kind == "link":
        return Thing(kind, (last, row["sk"]["S"].removeprefix("LINK#")))
    if kind in {"calendar", "teaching_group"}:
        return Thing(kind, (row["sk"]["S"].split("#", 1)[1],))
    return Thing(kind, (last,))


def _heard(row: dict[str, Any]) -> Heard:
    missing = row["missing_since"]["S"] if "missing_since" in row else None
    return Heard(
        told=row["told"]["S"] if "told" in row else "",
        left=row["left"]["S"] if "left" in row else "",
        missing_since=clock.from_text(missing) if missing else None,
    )


def _move_on(ctx: Context, run: Run, claim: SnapshotClaimItem | None) -> None:
    still_mine = SnapshotClaimItem.run == run.id
    transaction = Transaction(ctx).put(_item(ctx, run))
    if claim is None:
        transaction.delete(_claim_key(ctx.school_id), still_mine)
    else:
        transaction.put(claim, still_mine)
    _commit(transaction)


def _commit(transaction: Transaction) -> None:
    try:
        transaction.commit()
    except Refused:
        raise TryAgain from None


def _item(ctx: Context, run: Run) -> SnapshotItem:
    key = snapshot_key(ctx.school_id, name_of(run.report.taken_at, run.report.id))
    is_under_way = run.report.state == "running"
    return SnapshotItem(
        key.pk,
        key.sk,
        report=run.report,
        progress=run.progress if is_under_way else None,
        differing=(run.differing.content or None) if is_under_way else None,
        expires_at=int((ctx.now + KEPT_FOR).timestamp()),
    )


def _claim_key(school_id: str) -> Key[SnapshotClaimItem]:
    return Key(SnapshotClaimItem, school_key(school_id), "SNAPSHOT_CLAIM")


def _claim(school_id: str, snapshot: str, run: str | None, until: datetime) -> SnapshotClaimItem:
    key = _claim_key(school_id)
    return SnapshotClaimItem(key.pk, key.sk, snapshot=snapshot, run=run, until=until)
