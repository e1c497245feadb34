"""Counting what has drifted while a snapshot is read, from where an earlier run stopped."""

from collections import Counter
from collections.abc import Iterable, Mapping

from school_events.people.rules import Thing
from school_events.people.snapshots.model import MOST_NAMED, Drift, InvalidLine, SnapshotReport
from school_events.people.snapshots.rules import Judgement, Sort, name_of


class Tally:
    """A drift that grows; ``drift`` is what it has come to.

    ``differing`` counts the lines that differ for certain, ``dropped`` the fields left out, by name.
    """

    def __init__(self, report: SnapshotReport) -> None:
        drift = report.drift
        self.differing = report.differing
        self.dropped: Counter[str] = Counter()
        self._counts: dict[Sort, Counter[str]] = {
            "missing": Counter(drift.missing),
            "wrong": Counter(drift.wrong),
            "contradicted": Counter(drift.contradicted),
        }
        self._named: dict[Sort, list[str]] = {
            "missing": list(drift.named_missing),
            "wrong": list(drift.named_wrong),
            "contradicted": list(drift.named_contradicted),
        }
        self._fields = Counter(drift.wrong_fields)
        self._invalid = drift.invalid
        self._invalid_lines = list(drift.invalid_lines)
        self._rest = drift

    def add(self, thing: Thing, judgement: Judgement) -> None:
        """Count what a line showed of a thing."""
        self.differing += judgement.differs and judgement.is_certain
        if judgement.sort is None:
            return
        self._counts[judgement.sort][thing.kind] += 1
        self._fields.update(judgement.fields)
        if len(self._named[judgement.sort]) < MOST_NAMED:
            self._named[judgement.sort].append(name_of(thing))

    def add_invalid(self, number: int, reason: str) -> None:
        """Count a line that says nothing we can use."""
        self._invalid += 1
        if len(self._invalid_lines) < MOST_NAMED:
            self._invalid_lines.append(InvalidLine(number=number, reason=reason))

    def drift(self) -> Drift:
        """What was counted so far."""
        return self._rest.model_copy(
            update={
                **{sort: dict(counts) for sort, counts in self._counts.items()},
                **{f"named_{sort}": tuple(names) for sort, names in self._named.items()},
                "wrong_fields": dict(self._fields),
                "invalid": self._invalid,
                "invalid_lines": tuple(self._invalid_lines),
            }
        )


def with_absences(drift: Drift, absent: Iterable[Thing], removed: Mapping[str, int]) -> Drift:
    """A drift and what the snapshot lacks.

    Args:
        drift: what its lines showed.
        absent: what we hold and it lacks.
        removed: how many of those, by kind, an earlier snapshot lacked already.
    """
    extra: Counter[str] = Counter()
    named: list[str] = []
    for thing in absent:
        extra[thing.kind] += 1
        if len(named) < MOST_NAMED:
            named.append(name_of(thing))
    return drift.model_copy(update={"extra": dict(extra), "removed": dict(removed), "named_extra": tuple(named)})
