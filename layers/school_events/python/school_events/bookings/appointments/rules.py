"""Which appointments a family may have, beside those it has: decided from what is given, nothing is read (B7, D4).

Two appointments of a child, or of a parent, keep the buffer of their evening between them, as two of a teacher do:
families walk from desk to desk. Of two evenings on one day the longer buffer counts.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from school_events.bookings.appointments.errors import AppointmentClash, FamilyLimit
from school_events.bookings.appointments.model import Appointment
from school_events.core.errors import AlreadyBooked, FieldError, Invalid, Obstacle
from school_events.events.evenings.rules import desk_of, slot_id
from school_events.events.evenings.teaching import Choice


@dataclass(frozen=True)
class Meeting:
    """An appointment about a child, to which a parent comes."""

    pupil_id: str
    parent_id: str
    appointment: Appointment

    @property
    def desk(self) -> int:
        """The number of the desk where they meet."""
        return desk_of(self.appointment.slot)


def clash(one: Appointment, other: Appointment) -> bool:
    """Whether nobody can keep both: they overlap, or less than the buffer is between them."""
    gap = timedelta(minutes=max(one.buffer_minutes, other.buffer_minutes))
    return one.starts_at < other.ends_at + gap and other.starts_at < one.ends_at + gap


def check_asked(asked: Sequence[Meeting], choices: Mapping[str, Sequence[Choice]]) -> None:
    """Whether a request makes sense by itself.

    Args:
        asked: in the request's order.
        choices: whom the family may meet about each child.

    Raises:
        Invalid: a desk that is not for the child, a slot or a teacher twice, or two appointments that nobody can keep
            both; names the field.
    """
    for position, one in enumerate(asked):
        before = asked[:position]
        if not any(one.desk in choice.desks for choice in choices.get(one.pupil_id, ())):
            raise Invalid.of(_field(position), "is no appointment for this child")
        if any(other.appointment.slot == one.appointment.slot for other in before):
            raise Invalid.of(_field(position), "is named twice")
        if not _can_all_be_met([*_of_child(one, before), one], choices.get(one.pupil_id, ())):
            raise Invalid.of(_field(position), "is with a teacher, or instead of a teacher, who is met already")
        for number, other in enumerate(before):
            if _share_somebody(one, other) and clash(one.appointment, other.appointment):
                raise Invalid.of(_field(position), f"is at the time of items.{number}")


def check_not_met(
    asked: Sequence[Meeting], had: Collection[Meeting], choices: Mapping[str, Sequence[Choice]], event_id: str
) -> None:
    """Whether the family meets nobody twice about a child.

    Raises:
        AlreadyBooked: the child has an appointment with that teacher, or with one who is met instead; it is named.
    """
    here = [one for one in had if one.appointment.event_id == event_id]
    for position, one in enumerate(asked):
        own = _of_child(one, here)
        offered = {desk for choice in choices.get(one.pupil_id, ()) for desk in choice.desks}
        same = [other for other in own if other.desk == one.desk]
        rivals = [other for other in own if other.desk in offered]
        if same or not _can_all_be_met([*rivals, *_of_child(one, asked)], choices.get(one.pupil_id, ())):
            raise AlreadyBooked(
                fields=[FieldError(_field(position), "is with a teacher, or instead of a teacher, who is met already")],
                in_the_way=_obstacles(position, same or rivals),
            )


def check_time(asked: Sequence[Meeting], had: Collection[Meeting]) -> None:
    """Whether child and parent are free.

    Raises:
        AppointmentClash: names all the family's own appointments that are in the way.
    """
    ways = [
        obstacle
        for position, one in enumerate(asked)
        for obstacle in _obstacles(
            position,
            (other for other in had if _share_somebody(one, other) and clash(one.appointment, other.appointment)),
        )
    ]
    if ways:
        fields = dict.fromkeys(one.field for one in ways)
        raise AppointmentClash(
            fields=[FieldError(field, "is at the time of another appointment") for field in fields], in_the_way=ways
        )


def check_limit(asked: Sequence[Meeting], had: Iterable[Meeting], event_id: str, most: int | None) -> None:
    """Whether the family stays within what the evening lets one family have, whoever of it booked.

    Raises:
        FamilyLimit: it would not; says how many it may have.
    """
    here = sum(one.appointment.event_id == event_id for one in had)
    if most is not None and here + len(asked) > most:
        detail = f"A family has at most {most} appointments at this evening; yours has {here}"
        raise FamilyLimit(detail, fields=[FieldError("items", f"are more than {max(most - here, 0)}")])


def _share_somebody(one: Meeting, other: Meeting) -> bool:
    return one.pupil_id == other.pupil_id or one.parent_id == other.parent_id


def _of_child(one: Meeting, others: Iterable[Meeting]) -> list[Meeting]:
    return [other for other in others if other.pupil_id == one.pupil_id]


def _can_all_be_met(meetings: Sequence[Meeting], choices: Sequence[Choice]) -> bool:
    """Whether each of a child's meetings is of a choice of its own: of each choice a family meets one desk."""
    desks = [one.desk for one in meetings]
    if max(Counter(desks).values(), default=0) > 1:
        return False
    chosen_by: dict[int, int] = {}
    return all(_finds_a_choice(desk, choices, chosen_by, set()) for desk in desks)


def _finds_a_choice(desk: int, choices: Sequence[Choice], chosen_by: dict[int, int], asked: set[int]) -> bool:
    """Give a desk a choice, moving others to another of theirs if need be (augmenting path)."""
    for number, choice in enumerate(choices):
        if desk in choice.desks and number not in asked:
            asked.add(number)
            if number not in chosen_by or _finds_a_choice(chosen_by[number], choices, chosen_by, asked):
                chosen_by[number] = desk
                return True
    return False


def _obstacles(position: int, meetings: Iterable[Meeting]) -> list[Obstacle]:
    return [
        Obstacle(
            field=_field(position),
            booking_id=one.appointment.booking_id,
            slot_id=slot_id(one.appointment.slot),
            starts_at=one.appointment.starts_at,
            ends_at=one.appointment.ends_at,
        )
        for one in meetings
    ]


def _field(position: int) -> str:
    return f"items.{position}.slot_id"
