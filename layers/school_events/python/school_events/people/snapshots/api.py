"""Bodies of the routes about snapshots: ids and names of fields only."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from school_events.core.http import ApiModel
from school_events.people.snapshots.model import SnapshotReport, SnapshotState
from school_events.people.snapshots.store import name_of

_BETWEEN = "~"


class DriftCounts(ApiModel):
    """How many things of one sort, by kind (`pupil`, `contact`, `link`, `staff`, `calendar`, `school`)."""

    missing: dict[str, int] = Field(description="In the snapshot, and not here")
    wrong: dict[str, int] = Field(description="Here, but otherwise")
    extra: dict[str, int] = Field(description="Here, but not in the snapshot")
    removed: dict[str, int] = Field(description="Those of the extra ones that an earlier snapshot lacked too")
    contradicted: dict[str, int] = Field(description="The Portal had told of a later state before it was taken")
    invalid: int = Field(description="Lines that say nothing we can use")


class SnapshotSummary(ApiModel):
    """A snapshot in a list."""

    id: str = Field(description="Ours; opaque")
    portal_id: str = Field(description="The Portal's name of it")
    taken_at: datetime
    state: SnapshotState
    reason: str | None = Field(description="Why it was refused")
    records: int
    differing: int = Field(description="Lines that said something else than what was held")
    absences_judged: bool = Field(description="False where a line could not be read: then nothing counts as absent")
    began_at: datetime
    ended_at: datetime | None
    drift: DriftCounts


class InvalidLineView(ApiModel):
    """A line that says nothing we can use."""

    number: int = Field(description="From 1")
    reason: str


class SnapshotView(SnapshotSummary):
    """A snapshot with the things that differed, at most 100 of each sort, as `pupil#{id}`, `link#{contact}#{pupil}`."""

    wrong_fields: dict[str, int] = Field(description="How often each field was wrong")
    missing: list[str]
    wrong: list[str]
    extra: list[str]
    contradicted: list[str]
    invalid_lines: list[InvalidLineView]


def snapshot_summary(report: SnapshotReport) -> SnapshotSummary:
    """A snapshot as a list shows it."""
    return SnapshotSummary.model_validate(_summary_fields(report))


def snapshot_view(report: SnapshotReport) -> SnapshotView:
    """A snapshot as its own page shows it."""
    drift = report.drift
    return SnapshotView.model_validate(
        {
            **_summary_fields(report),
            "wrong_fields": drift.wrong_fields,
            "missing": list(drift.named_missing),
            "wrong": list(drift.named_wrong),
            "extra": list(drift.named_extra),
            "contradicted": list(drift.named_contradicted),
            "invalid_lines": [line.model_dump() for line in drift.invalid_lines],
        }
    )


def public_id(report: SnapshotReport) -> str:
    """What the API calls a snapshot."""
    return name_of(report.taken_at, report.id).replace("#", _BETWEEN)


def name_in(snapshot_id: str) -> str:
    """The snapshot's name (``store.name_of``) that an id of the API stands for; of another text, nobody's name."""
    return snapshot_id.replace(_BETWEEN, "#", 1)


def _summary_fields(report: SnapshotReport) -> Mapping[str, object]:
    counts = report.drift.model_dump(include=set(DriftCounts.model_fields))
    shared = report.model_dump(include=set(SnapshotSummary.model_fields) - {"id", "portal_id", "drift"})
    return {**shared, "id": public_id(report), "portal_id": report.id, "drift": counts}
