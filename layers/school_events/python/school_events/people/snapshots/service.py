"""Reconciling a school with a daily snapshot: what the instant messages missed or mangled is put right (A2).

The work has four phases, and may stop and go on anywhere: ``compare`` reads what is held beside every line and
remembers which lines differ; ``guard`` looks for what the snapshot lacks and refuses one that lacks too much, before
anything is changed; ``apply`` applies the lines that differ; ``absences`` takes note of what is lacking. How far it
has come is kept with the report; doing a part again changes nothing. One snapshot of a school at a time.

Every run fetches the file anew and looks at it whole before it does anything, so that all runs read the same bytes.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import IO

from school_events.core import logs, settings
from school_events.core.context import Context
from school_events.core.errors import NotFound, TryAgain
from school_events.messages import PORTAL_SOURCE
from school_events.people import dropped, upkeep
from school_events.people.changing import AT_ONCE
from school_events.people.intake import CLOCKS_APART, SNAPSHOT, NeverRight, Received
from school_events.people.model import School
from school_events.people.refused import put_aside
from school_events.people.rules import Thing, today
from school_events.people.snapshots import applying, comparing, gateway, reader, rules, store
from school_events.people.snapshots.model import MOST_RECORDS, Progress, SnapshotRefused, SnapshotReport
from school_events.people.snapshots.reader import Contents
from school_events.people.snapshots.store import Run
from school_events.people.snapshots.tally import Tally, with_absences
from school_events.people.upkeep import SnapshotMessage

AGAIN_AFTER = timedelta(minutes=5)
"""So long a snapshot waits while another run has hold of its school."""

TO_STOP_IN = timedelta(seconds=60)
"""A run with less time left than this keeps what it has and lets the next one go on."""

ONE_WRITE = timedelta(seconds=60)
"""One round of reading and writing takes no longer, however busy the table: it must not outlive the settings it read
(``upkeep.LONGEST_WRITER``)."""

COMPARED_AT_ONCE = 100
ROUNDS_BETWEEN_SAVES = 25


class _OutOfTime(Exception):
    """What was found out is kept; the next run goes on from there."""


@dataclass
class _Job:
    """What a run works with; ``absent`` is what it found the snapshot to lack, if it came to look."""

    ctx: Context
    run: Run
    file: IO[bytes]
    contents: Contents
    school: School
    tell_time: Callable[[], datetime]
    absent: tuple[Thing, ...] | None = None

    @property
    def taken_at(self) -> datetime:
        return self.run.report.taken_at

    def round(self) -> Context:
        """The moment of one round of reading and writing."""
        return replace(self.ctx, deadline=min(self.ctx.deadline, self.tell_time() + ONE_WRITE))


def reconcile(ctx: Context, message: SnapshotMessage, tell_time: Callable[[], datetime]) -> None:
    """Work on a snapshot for as long as there is time.

    What is left is asked for again. One that was taken before another that is done already is passed over; one that
    must not be applied goes to the Portal's dead-letter queue with the reason.

    Args:
        ctx: the moment, for that school; the work stops a minute before its deadline.
        message: which snapshot.
        tell_time: tells the present instant, UTC.

    Raises:
        Exception: what may pass by itself; trying again goes on where this has stopped.
    """
    run = store.begin(ctx, _new_report(ctx, message), tell_time())
    if run is None:
        upkeep.ask(message, AGAIN_AFTER)
        return
    finished = store.last_finished(ctx.school_id)
    if finished is not None and finished >= run.report.taken_at:
        store.let_go(ctx, run)
        logs.count("SnapshotsOvertaken")
        return
    try:
        _work(ctx, message, run, tell_time)
    except _OutOfTime:
        upkeep.ask(message)
    except SnapshotRefused as refusal:
        _refuse(ctx, message, run, refusal.reason, tell_time())
    else:
        _finish(ctx, run, tell_time())


def _new_report(ctx: Context, message: SnapshotMessage) -> SnapshotReport:
    return SnapshotReport(
        id=message.snapshot.id,
        taken_at=_to_milliseconds(message.snapshot.taken_at),
        version=message.version,
        records=message.snapshot.records,
        began_at=ctx.now,
    )


def _to_milliseconds(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=instant.microsecond // 1000 * 1000)


def _work(ctx: Context, message: SnapshotMessage, run: Run, tell_time: Callable[[], datetime]) -> None:
    if run.report.taken_at > ctx.now + CLOCKS_APART:
        raise SnapshotRefused("taken-in-the-future")
    if run.report.records > MOST_RECORDS:
        raise SnapshotRefused("too-large")
    with gateway.fetched(message.snapshot) as file:
        contents = reader.check(file, ctx.school_id, run.report.records)
        school = comparing.school_of(ctx.school_id, contents, run.report.taken_at)
        job = _Job(ctx, run, file, contents, school, tell_time)
        if school.contract_ends_on and today(ctx.now) > school.contract_ends_on:
            _apply_contract(job)
            raise SnapshotRefused("contract-ended")
        # Each phase ends by naming the next one.
        if run.progress.phase == "compare":
            _compare(job)
        if run.progress.phase == "guard":
            _guard(job)
        if run.progress.phase == "apply":
            _apply(job)
        _apply_absences(job)


def _compare(job: _Job) -> None:
    tally = Tally(job.run.report)
    try:
        for rounds, lines in enumerate(itertools.batched(_lines_ahead(job), COMPARED_AT_ONCE, strict=False), 1):
            _compare_some(job, [comparing.read_line(*line) for line in lines], tally)
            job.run.progress = Progress(phase="compare", line=lines[-1][0])
            job.run.report = _with(job.run.report, drift=tally.drift(), differing=tally.differing)
            if rounds % ROUNDS_BETWEEN_SAVES == 0:
                _save(job)
    finally:
        dropped.tell(tally.dropped)
    job.run.progress = Progress(phase="guard")
    _save(job)


def _compare_some(job: _Job, lines: list[comparing.Line], tally: Tally) -> None:
    readable: list[tuple[int, Received]] = []
    for number, said in lines:
        if isinstance(said, NeverRight):
            tally.add_invalid(number, said.label)
        else:
            readable.append((number, said))
    received = [said for _, said in readable]
    categories = job.school.authorised_categories
    judgements = comparing.compare(job.ctx.school_id, received, job.contents, categories, job.taken_at)
    differing: list[int] = []
    for (number, said), judgement in zip(readable, judgements, strict=True):
        tally.add(said.statement.thing, judgement)
        tally.dropped.update(said.dropped)
        if judgement.differs:
            differing.append(number)
    job.run.differing.add_all(differing)


def _guard(job: _Job) -> None:
    """Refuse a snapshot that lacks more than a mistake may cost."""
    if job.contents.is_complete:
        found = comparing.absences(job.ctx.school_id, job.contents, job.taken_at)
        drift = with_absences(job.run.report.drift, found.things, found.removed)
        job.run.report = _with(job.run.report, drift=drift)
        percent = int(settings.optional("SNAPSHOT_MOST_ABSENT_PERCENT", "10"))
        if kind := rules.too_many(found.counts, found.held, percent):
            raise SnapshotRefused(f"too-many-absent: {kind}")
        job.absent = found.things
    else:
        job.run.report = _with(job.run.report, absences_judged=False)
    job.run.progress = Progress(phase="apply")
    _save(job)


def _apply(job: _Job) -> None:
    """Apply all that differs; what cannot be applied keeps nothing else back, and is where the next run goes on."""
    errors: list[Exception] = []
    for stage in range(job.run.progress.stage, len(rules.STAGES)):
        for rounds, lines in enumerate(itertools.batched(_differing(job, stage), AT_ONCE, strict=False), 1):
            try:
                _apply_some(job, stage, [said for _, said in lines])
            except (TryAgain, NotFound):
                raise
            except Exception as error:  # noqa: BLE001 - it is raised when the others are applied
                errors.append(error)
            if not errors:
                job.run.progress = Progress(phase="apply", stage=stage, line=lines[-1][0])
            if rounds % ROUNDS_BETWEEN_SAVES == 0:
                _save(job)
        if not errors:
            job.run.progress = Progress(phase="apply", stage=stage + 1)
        _save(job)
    if errors:
        raise errors[0]
    job.run.progress = Progress(phase="absences")
    _save(job)


def _apply_some(job: _Job, stage: int, received: list[Received]) -> None:
    if stage == 0:
        for one in received:
            applying.apply_school(job.round(), one, job.taken_at)
        # What waited for the announcement is here now, and may be lacking in the snapshot.
        job.absent = None
    else:
        applying.apply_lines(job.round(), received, job.contents, job.taken_at)


def _apply_absences(job: _Job) -> None:
    """What is lacking is looked for again by a run that did not: so many may not fit into what is kept of a run.

    Each is read again before it is written, and what an earlier run has noted is not found again.
    """
    if not job.run.report.absences_judged:
        return
    if job.absent is None:
        job.absent = comparing.absences(job.ctx.school_id, job.contents, job.taken_at).things
    for rounds, things in enumerate(itertools.batched(job.absent, AT_ONCE, strict=False), 1):
        applying.apply_absences(job.round(), things, job.taken_at)
        if rounds % ROUNDS_BETWEEN_SAVES == 0:
            _save(job)


def _apply_contract(job: _Job) -> None:
    """That the contract has ended is the last thing to be heard of a school, should its message have been lost (H3)."""
    for said in comparing.about_school(job.contents):
        applying.apply_school(job.round(), said, job.taken_at)


def _lines_ahead(job: _Job) -> Iterator[tuple[int, bytes | None]]:
    done = job.run.progress.line
    return ((number, line) for number, line in reader.lines(job.file) if number > done)


def _differing(job: _Job, stage: int) -> Iterator[tuple[int, Received]]:
    """The lines that differ, of the kinds of a stage; from where this one was stopped."""
    done = job.run.progress.line if stage == job.run.progress.stage else 0
    for number, line in reader.lines(job.file):
        if number <= done or number not in job.run.differing or not rules.is_of_stage(reader.parse(line), stage):
            continue
        _, said = comparing.read_line(number, line)
        if isinstance(said, Received):
            yield number, said


def _save(job: _Job) -> None:
    now = job.tell_time()
    if now + TO_STOP_IN >= job.ctx.deadline:
        store.rest(job.ctx, job.run, now)
        raise _OutOfTime
    store.save(job.ctx, job.run, now)


def _finish(ctx: Context, run: Run, now: datetime) -> None:
    run.report = _with(run.report, state="finished", ended_at=now)
    store.end(ctx, run)
    drift = run.report.drift
    logs.count("SnapshotMissing", sum(drift.missing.values()))
    logs.count("SnapshotWrong", sum(drift.wrong.values()))
    logs.count("SnapshotExtra", sum(drift.extra.values()))
    logs.count("SnapshotContradicted", sum(drift.contradicted.values()))
    logs.count("SnapshotInvalid", drift.invalid)
    logs.logger.info("snapshot reconciled", school_id=ctx.school_id, snapshot_id=run.report.id)


def _refuse(ctx: Context, message: SnapshotMessage, run: Run, reason: str, now: datetime) -> None:
    """Keep why, and put the Portal's message where it can be looked at and sent again."""
    run.report = _with(run.report, state="refused", reason=reason, ended_at=now)
    store.end(ctx, run)
    detail = message.model_dump_json(exclude={"kind"})
    put_aside(f'{{"source": "{PORTAL_SOURCE}", "detail-type": "{SNAPSHOT}", "detail": {detail}}}', reason)
    logs.count("SnapshotRefused")
    logs.logger.warning("snapshot refused", school_id=ctx.school_id, snapshot_id=run.report.id, reason=reason)


def _with(report: SnapshotReport, **changes: object) -> SnapshotReport:
    return report.model_copy(update=changes)
