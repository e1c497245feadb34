"""Following changes: for every stamp that is new, an audit line, our messages, and who is to be told or shown it.

Doing it again changes nothing: the audit line is put only if absent, a message keeps its ``message_id``, and an
inbox has one entry for each change and kind. A row of a feed may come twice: it only says "look at this".
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import batched

from school_events.core import audit, logs
from school_events.core.audit import UNKNOWN_ALIAS, AuditLine
from school_events.core.change import Change
from school_events.core.consequences import Consequences, Joined
from school_events.core.dynamodb import Item
from school_events.outbox import gateway, records, rules
from school_events.outbox.gateway import Parcel
from school_events.outbox.model import (
    Aliases,
    AliasesOf,
    Changed,
    ConsequencesOf,
    FollowUp,
    Person,
    Show,
    StreamRecord,
)

_MOST_PEOPLE = 100
"""So many aliases are read at once."""


@dataclass(frozen=True)
class Outbox:
    """What follows from the changes of every capability.

    Args:
        consequences: the capabilities' own answers, asked in turn.
        aliases_of: names people in the audit log.
    """

    consequences: Sequence[ConsequencesOf]
    aliases_of: AliasesOf

    def follow(self, batch: Iterable[StreamRecord], show: Show) -> list[str]:
        """Make happen what follows from a batch of records.

        One bad record does not keep the others from being followed.

        Args:
            batch: in the stream's order.
            show: lets staff see what has changed.

        Returns:
            The sequence numbers of the records something did not happen for, in the stream's order.
        """
        batch = list(batch)
        failed: set[str] = set()
        changes = _each(batch, self._changed, failed)
        aliases = self._aliases(changes)
        written = _write_down(changes, aliases, failed)
        shown = _each(written, partial(_shown, show), failed)
        follow_ups = _each(shown, _to_send, failed)
        failed |= _send(follow_ups)
        _count(follow_ups, failed)
        return [record.sequence_number for record in batch if record.sequence_number in failed]

    def _changed(self, record: StreamRecord) -> Changed | None:
        item = records.changed_item(record)
        consequences = None if item is None else self._consequences_of(item)
        if item is None or consequences is None:
            return None
        joined = self._joined(record, consequences)
        return Changed(record.sequence_number, record.school_id, _stamp_of(item), replace(consequences, joined=joined))

    def _joined(self, record: StreamRecord, consequences: Consequences) -> Joined | None:
        """Whom it concerned before, it concerns still: who is out of a group may belong to an audience by that."""
        joined = consequences.joined
        before = None if joined is None else records.item_before(record)
        known = None if before is None else self._consequences_of(before)
        if joined is None or known is None or known.joined is None:
            return joined
        return replace(joined, pupil_ids=(*joined.pupil_ids, *known.joined.pupil_ids))

    def _consequences_of(self, item: Item) -> Consequences | None:
        answers = (of(item) for of in self.consequences)
        return next((answer for answer in answers if answer is not None), None)

    def _aliases(self, changes: Iterable[Changed]) -> Aliases:
        """The aliases of everybody who did something or had something done to them, in as few reads as can be."""
        people: dict[str, set[Person]] = {}
        for changed in changes:
            people.setdefault(changed.school_id, set()).update(changed.people)
        return {
            (school_id, person): alias
            for school_id, known in people.items()
            for some in batched(sorted(known), _MOST_PEOPLE, strict=False)
            for person, alias in self.aliases_of(school_id, some).items()
        }


def _each[A: StreamRecord | Changed, B](things: Iterable[A], do: Callable[[A], B | None], failed: set[str]) -> list[B]:
    """What came of each thing, if anything did; whose work went wrong is added to ``failed``."""
    done: list[B] = []
    for thing in things:
        try:
            made = do(thing)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one record, the others go on
            logs.logger.error("record not followed", sequence_number=thing.sequence_number, error=type(error).__name__)
            failed.add(thing.sequence_number)
        else:
            done += [] if made is None else [made]
    return done


def _write_down(changes: Sequence[Changed], aliases: Aliases, failed: set[str]) -> Sequence[Changed]:
    """Write the audit lines of changes, together or else one by one; returns the changes that have theirs."""
    try:
        audit.append_all(_audit_line(changed, aliases) for changed in changes)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one line, the others are written
        logs.logger.warning("audit lines not written together", error=type(error).__name__)
    else:
        return changes

    def write(changed: Changed) -> Changed:
        audit.append(_audit_line(changed, aliases))
        return changed

    return _each(changes, write, failed)


def _shown(show: Show, changed: Changed) -> Changed:
    """Let staff see a change that is theirs to see."""
    if changed.consequences.to_show is not None:
        show(changed.school_id, changed.consequences.to_show)
    return changed


def _to_send(changed: Changed) -> FollowUp:
    """What is to be sent about a change."""
    change, school_id, consequences = changed.change, changed.school_id, changed.consequences
    messages = tuple(rules.bus_entry(school_id, change, message) for message in consequences.messages)
    tellings = tuple(rules.telling(school_id, change, told) for told in consequences.tellings)
    to_invite = consequences.to_invite
    inviting = None if to_invite is None else rules.inviting(school_id, to_invite)
    return FollowUp(changed.sequence_number, school_id, messages, tellings, inviting, consequences.joined)


def _audit_line(changed: Changed, aliases: Aliases) -> AuditLine:
    def name(kind: str, thing_id: str) -> str:
        if (kind, thing_id) not in changed.people:
            return thing_id
        return aliases.get((changed.school_id, (kind, thing_id)), UNKNOWN_ALIAS)

    change, subject = changed.change, changed.consequences.subject
    return rules.audit_line(
        changed.school_id,
        change,
        changed.consequences,
        actor=name(change.actor_kind, change.actor_id),
        subject=name(subject.kind, subject.id),
    )


def _stamp_of(item: Item) -> Change:
    stamp: Change = item.change  # type: ignore[attr-defined]  # every stamped kind of item has one; Item itself has not
    return stamp


def _send(follow_ups: Sequence[FollowUp]) -> set[str]:
    messages = [Parcel((one.sequence_number,), entry) for one in follow_ups for entry in one.messages]
    tellings = [
        Parcel((one.sequence_number,), told.model_dump_json(exclude_none=True))
        for one in follow_ups
        for told in one.tellings
    ]
    inviting = [
        Parcel((one.sequence_number,), one.inviting.model_dump_json(exclude_none=True))
        for one in follow_ups
        if one.inviting is not None
    ]
    inviting += [Parcel(numbers, joining.model_dump_json()) for numbers, joining in rules.joinings(follow_ups)]
    failed = gateway.publish(messages)
    failed |= gateway.queue("NOTIFICATIONS_QUEUE_URL", tellings) | gateway.queue("INVITATIONS_QUEUE_URL", inviting)
    if failed:
        logs.logger.error("not everything was sent", records=len(failed))
    return failed


def _count(follow_ups: Sequence[FollowUp], failed: set[str]) -> None:
    logs.count("ChangesFollowed", len(follow_ups))
    logs.count("MessagesSent", sum(len(one.messages) for one in follow_ups))
    logs.count("TellingsQueued", sum(len(one.tellings) for one in follow_ups))
    logs.count("RecordsNotFollowed", len(failed))
