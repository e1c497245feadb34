"""Whom an audience includes and what it says in words; nothing is read, the day comes in."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from school_events.core.errors import FieldError, Invalid, WrongState
from school_events.events.model import EventStatus
from school_events.invitations.audience import Audience, leaves
from school_events.invitations.model import Invitation
from school_events.invitations.teaching import Taught, Teaching
from school_events.people.model import DataCategory, Eligibility, Pupil

_CATEGORIES: Mapping[str, frozenset[DataCategory]] = {
    "year_groups": frozenset({"year_group"}),
    "registration_groups": frozenset({"registration_group"}),
    "teaching_groups": frozenset({"teaching_groups"}),
    "taught_by": frozenset({"teaching_groups", "staff"}),
    "sen": frozenset({"sen"}),
    "free_school_meals": frozenset({"free_school_meals"}),
    "pupil_premium": frozenset({"pupil_premium"}),
}
"""The data a rule looks at, which the school must have authorised (A4)."""

_PROVISION = {"N": "no special educational needs", "K": "SEN support", "E": "an education, health and care plan"}
_YEARS = {"R": "Reception", "X": "those not following the National Curriculum"}


def includes(audience: Audience, pupil: Pupil, day: date, teaching: Teaching) -> bool:
    """Whether a pupil belongs to an audience on a local day.

    A characteristic that is unknown is neither there nor absent: no rule about it includes the pupil (A7).

    Args:
        audience: the expression.
        pupil: who.
        day: local.
        teaching: who is taught where; whether it knows all that the expression asks for, :func:`check_taught` says.
    """
    return _LOOKS[audience.rule](audience, pupil, day, teaching)


def _is_taught(pupil: Pupil, asked: Iterable[str], known: Mapping[str, Taught]) -> bool:
    return any(pupil.id in known[one].pupils for one in asked if one in known)


def _has_sen(audience: Audience, pupil: Pupil, day: date, _: Teaching) -> bool:
    sen = pupil.characteristics.sen
    return sen is not None and (sen.starts_on is None or sen.starts_on <= day) and sen.status in audience.sen


def _applies(eligibility: Eligibility | None, day: date) -> bool | None:
    return None if eligibility is None else eligibility.applies_on(day)


_LOOKS: Mapping[str, Callable[[Audience, Pupil, date, Teaching], bool]] = {
    "all_of": lambda rule, pupil, day, known: all(includes(part, pupil, day, known) for part in rule.all_of),
    "any_of": lambda rule, pupil, day, known: any(includes(part, pupil, day, known) for part in rule.any_of),
    "none_of": lambda rule, pupil, day, known: not includes(rule.none_of, pupil, day, known),
    "year_groups": lambda rule, pupil, *_: pupil.year_group in rule.year_groups,
    "registration_groups": lambda rule, pupil, *_: pupil.registration_group in rule.registration_groups,
    "pupils": lambda rule, pupil, *_: pupil.id in rule.pupils,
    "teaching_groups": lambda rule, pupil, _, known: _is_taught(pupil, rule.teaching_groups, known.groups),
    "taught_by": lambda rule, pupil, _, known: _is_taught(pupil, rule.taught_by, known.staff),
    "sen": _has_sen,
    "free_school_meals": lambda rule, pupil, day, _: (
        _applies(pupil.characteristics.free_school_meals, day) is rule.free_school_meals
    ),
    "pupil_premium": lambda rule, pupil, day, _: (
        _applies(pupil.characteristics.pupil_premium, day) is rule.pupil_premium
    ),
}


def members(audience: Audience, pupils: Iterable[Pupil], day: date, teaching: Teaching) -> list[Pupil]:
    """Those of the pupils who are on roll and belong to an audience on a local day; arguments as :func:`includes`."""
    return [pupil for pupil in pupils if pupil.is_on_roll(day) and includes(audience, pupil, day, teaching)]


def check_authorised(audience: Audience, authorised: Collection[DataCategory], where: str) -> None:
    """Whether the school lets us look at what the rules ask for.

    Args:
        audience: the expression.
        authorised: the categories of data the school has authorised.
        where: the expression's path in the request.

    Raises:
        Invalid: a rule asks for something else; names each.
    """
    _refuse(
        FieldError(path, "asks for data your school has not authorised")
        for path, leaf in leaves(audience, where)
        if not _CATEGORIES.get(leaf.rule, frozenset()).issubset(authorised)
    )


def check_named(audience: Audience, known: Collection[str], where: str) -> None:
    """Whether every pupil named is one of the school's.

    Raises:
        Invalid: somebody is not; names each.
    """
    _refuse(_unknown(audience, where, "pupils", known, "is no pupil on roll"))


def check_taught(audience: Audience, teaching: Teaching, where: str) -> None:
    """Whether every teaching group and every teacher named is one of the school's; one who is not would mean nobody.

    Raises:
        Invalid: some are not; names each.
    """
    _refuse(
        (
            *_unknown(audience, where, "teaching_groups", teaching.groups, "is no teaching group"),
            *_unknown(audience, where, "taught_by", teaching.staff, "is no member of staff"),
        )
    )


def _unknown(
    audience: Audience, where: str, rule: str, known: Collection[str], what_is_wrong: str
) -> Iterator[FieldError]:
    """What a rule names and nobody knows."""
    return (
        FieldError(f"{path}.{number}", what_is_wrong)
        for path, leaf in leaves(audience, where)
        if leaf.rule == rule
        for number, one in enumerate(getattr(leaf, rule))
        if one not in known
    )


def require_published(status: EventStatus) -> None:
    """Only a published event can be invited to.

    Raises:
        WrongState: it is not.
    """
    if status != "published":
        raise WrongState(f"Only a published event can be invited to; this one is {status}")


def require_open(closes_at: datetime, now: datetime) -> None:
    """Families are only reminded of, and later invited to, what they can still book.

    Args:
        closes_at: when booking closes, UTC.
        now: the present instant, UTC.

    Raises:
        WrongState: booking is over.
    """
    if closes_at <= now:
        raise WrongState("Booking is over")


def takes_bookings(status: EventStatus, closes_at: datetime, now: datetime) -> bool:
    """Whether families can still book an event, or will be able to.

    Args:
        status: where it stands.
        closes_at: when booking closes, UTC.
        now: the present instant, UTC.
    """
    return status == "published" and now < closes_at


def check_can_stand(audience: Audience, where: str) -> None:
    """Whether an audience can stand for late joiners: it names no pupils, for those are known and invited now.

    Raises:
        Invalid: it does; names where.
    """
    _refuse(
        FieldError(path, "cannot be asked of late joiners: invite pupils you can name, and leave this out")
        for path, leaf in leaves(audience, where)
        if leaf.rule == "pupils"
    )


def is_unanswered(invitation: Invitation, booked: Collection[str]) -> bool:
    """Whether a family has neither booked nor declined.

    Args:
        invitation: theirs.
        booked: the pupils who have a place at the event.
    """
    return invitation.state == "invited" and invitation.pupil_id not in booked


def _refuse(errors: Iterable[FieldError]) -> None:
    fields = list(errors)
    if fields:
        raise Invalid(fields=fields)


def explain(audience: Audience, teaching: Teaching) -> str:
    """An audience in words, for the administrator who wrote it; it names characteristics, so for nobody else.

    Args:
        audience: the expression.
        teaching: what its teaching groups and teachers are called.
    """
    return _WORDS[audience.rule](audience, teaching)


def _within(part: Audience, teaching: Teaching) -> str:
    joined = part.rule in {"all_of", "any_of"} and len(getattr(part, part.rule)) > 1
    return f"({explain(part, teaching)})" if joined else explain(part, teaching)


def _called(asked: Iterable[str], known: Mapping[str, Taught]) -> str:
    return " or ".join(known[one].name if one in known else one for one in asked)


def _named(pupils: Sequence[str]) -> str:
    return "one named pupil" if len(pupils) == 1 else f"one of {len(pupils)} named pupils"


_WORDS: Mapping[str, Callable[[Audience, Teaching], str]] = {
    "all_of": lambda rule, known: " and ".join(_within(part, known) for part in rule.all_of),
    "any_of": lambda rule, known: " or ".join(_within(part, known) for part in rule.any_of),
    "none_of": lambda rule, known: f"not {_within(rule.none_of, known)}",
    "year_groups": lambda rule, _: "in " + " or ".join(_YEARS.get(year, f"Year {year}") for year in rule.year_groups),
    "registration_groups": lambda rule, _: "in " + " or ".join(rule.registration_groups),
    "pupils": lambda rule, _: _named(rule.pupils),
    "teaching_groups": lambda rule, known: f"in the teaching group {_called(rule.teaching_groups, known.groups)}",
    "taught_by": lambda rule, known: f"taught by {_called(rule.taught_by, known.staff)}",
    "sen": lambda rule, _: "with " + " or ".join(_PROVISION[status] for status in rule.sen),
    "free_school_meals": lambda rule, _: f"{'' if rule.free_school_meals else 'not '}eligible for free school meals",
    "pupil_premium": lambda rule, _: f"{'' if rule.pupil_premium else 'not '}eligible for Pupil Premium",
}
