"""Following changes: for every stamp that is new, an audit line, our messages, and who is to be told.

Doing it again changes nothing: the audit line is put only if absent, a message keeps its ``message_id``, and an
inbox has one entry for each change and kind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from school_events.core import audit, logs
from school_events.core.audit import UNKNOWN_ALIAS
from school_events.core.change import Change
from school_events.core.consequences import Consequences
from school_events.core.dynamodb import Item
from school_events.outbox import gateway, records, rules
from school_events.outbox.gateway import Parcel
from school_events.outbox.model import AliasOf, ConsequencesOf, FollowUp, StreamRecord

_PEOPLE = frozenset({"contact", "staff"})


@dataclass(frozen=True)
class Outbox:
    """What follows from the changes of every capability.

    Args:
        consequences: the capabilities' own answers, asked in turn.
        alias_of: names people in the audit log.
    """

    consequences: Sequence[ConsequencesOf]
    alias_of: AliasOf

    def follow(self, batch: Iterable[StreamRecord]) -> list[str]:
        """Make happen what follows from a batch of records.

        One bad record does not keep the others from being followed.

        Returns:
            The sequence numbers of the records something did not happen for, in the stream's order.
        """
        batch = list(batch)
        failed: set[str] = set()
        follow_ups: list[FollowUp] = []
        for record in batch:
            try:
                follow_up = self._follow_up(record)
                if follow_up is not None:
                    audit.append(follow_up.audit)
                    follow_ups.append(follow_up)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one record, the others go on
                logs.logger.error(
                    "record not followed", sequence_number=record.sequence_number, error=type(error).__name__
                )
                failed.add(record.sequence_number)
        failed |= _send(follow_ups)
        _count(follow_ups, failed)
        return [record.sequence_number for record in batch if record.sequence_number in failed]

    def _follow_up(self, record: StreamRecord) -> FollowUp | None:
        item = records.changed_item(record)
        consequences = None if item is None else self._consequences_of(item)
        if item is None or consequences is None:
            return None
        change = _stamp_of(item)
        school_id = record.school_id
        line = rules.audit_line(
            school_id,
            change,
            consequences,
            actor=self._actor(school_id, change),
            subject=self._subject(school_id, consequences),
        )
        return FollowUp(
            record.sequence_number,
            line,
            tuple(rules.bus_entry(school_id, change, message) for message in consequences.messages),
            tuple(rules.telling(school_id, change, told) for told in consequences.tellings),
        )

    def _consequences_of(self, item: Item) -> Consequences | None:
        answers = (of(item) for of in self.consequences)
        return next((answer for answer in answers if answer is not None), None)

    def _actor(self, school_id: str, change: Change) -> str:
        if change.actor_kind not in _PEOPLE:
            return change.actor_id
        return self.alias_of(school_id, change.actor_kind, change.actor_id) or UNKNOWN_ALIAS

    def _subject(self, school_id: str, consequences: Consequences) -> str:
        subject = consequences.subject
        if not subject.is_person:
            return subject.id
        return self.alias_of(school_id, subject.kind, subject.id) or UNKNOWN_ALIAS


def _stamp_of(item: Item) -> Change:
    stamp: Change = item.change  # type: ignore[attr-defined]  # every stamped kind of item has one; Item itself has not
    return stamp


def _send(follow_ups: Sequence[FollowUp]) -> set[str]:
    messages = [Parcel(one.sequence_number, entry) for one in follow_ups for entry in one.messages]
    tellings = [
        Parcel(one.sequence_number, told.model_dump_json(exclude_none=True))
        for one in follow_ups
        for told in one.tellings
    ]
    failed = gateway.publish(messages) | gateway.queue(tellings)
    if failed:
        logs.logger.error("not everything was sent", records=len(failed))
    return failed


def _count(follow_ups: Sequence[FollowUp], failed: set[str]) -> None:
    logs.count("ChangesFollowed", len(follow_ups))
    logs.count("MessagesSent", sum(len(one.messages) for one in follow_ups))
    logs.count("TellingsQueued", sum(len(one.tellings) for one in follow_ups))
    logs.count("RecordsNotFollowed", len(failed))
