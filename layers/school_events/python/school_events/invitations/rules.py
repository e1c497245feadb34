"""Whom an audience includes and what it says in words; nothing is read, the day comes in."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from school_events.core.errors import FieldError, Invalid, WrongState
from school_events.events.model import EventStatus
from school_events.invitations.audience import Audience, leaves
from school_events.invitations.model import Invitation
from school_events.people.model import DataCategory, Eligibility, Pupil

_CATEGORIES: Mapping[str, DataCategory] = {
    "year_groups": "year_group",
    "registration_groups": "registration_group",
    "sen": "sen",
    "free_school_meals": "free_school_meals",
    "pupil_premium": "pupil_premium",
}
"""The data a rule looks at, which the school must have authorised (A4)."""

_PROVISION = {"N": "no special educational needs", "K": "SEN support", "E": "an education, health and care plan"}
_YEARS = {"R": "Reception", "X": "those not following the National Curriculum"}


def includes(audience: Audience, pupil: Pupil, day: date) -> bool:
    """Whether a pupil belongs to an audience on a local day.

    A characteristic that is unknown is neither there nor absent: no rule about it includes the pupil (A7).
    """
    return _LOOKS[audience.rule](audience, pupil, day)


def _has_sen(audience: Audience, pupil: Pupil, day: date) -> bool:
    sen = pupil.characteristics.sen
    return sen is not None and (sen.starts_on is None or sen.starts_on <= day) and sen.status in audience.sen


def _applies(eligibility: Eligibility | None, day: date) -> bool | None:
    return None if eligibility is None else eligibility.applies_on(day)


_LOOKS: Mapping[str, Callable[[Audience, Pupil, date], bool]] = {
    "all_of": lambda rule, pupil, day: all(includes(part, pupil, day) for part in rule.all_of),
    "any_of": lambda rule, pupil, day: any(includes(part, pupil, day) for part in rule.any_of),
    "none_of": lambda rule, pupil, day: not includes(rule.none_of, pupil, day),
    "year_groups": lambda rule, pupil, _: pupil.year_group in rule.year_groups,
    "registration_groups": lambda rule, pupil, _: pupil.registration_group in rule.registration_groups,
    "pupils": lambda rule, pupil, _: pupil.id in rule.pupils,
    "sen": _has_sen,
    "free_school_meals": lambda rule, pupil, day: (
        _applies(pupil.characteristics.free_school_meals, day) is rule.free_school_meals
    ),
    "pupil_premium": lambda rule, pupil, day: _applies(pupil.characteristics.pupil_premium, day) is rule.pupil_premium,
}


def members(audience: Audience, pupils: Iterable[Pupil], day: date) -> list[Pupil]:
    """Those of the pupils who are on roll and belong to an audience on a local day."""
    return [pupil for pupil in pupils if pupil.is_on_roll(day) and includes(audience, pupil, day)]


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
        if leaf.rule in _CATEGORIES and _CATEGORIES[leaf.rule] not in authorised
    )


def check_named(audience: Audience, known: Collection[str], where: str) -> None:
    """Whether every pupil named is one of the school's.

    Raises:
        Invalid: somebody is not; names each.
    """
    _refuse(
        FieldError(f"{path}.{number}", "is no pupil on roll")
        for path, leaf in leaves(audience, where)
        if leaf.rule == "pupils"
        for number, pupil_id in enumerate(leaf.pupils)
        if pupil_id not in known
    )


def require_published(status: EventStatus) -> None:
    """Only a published event can be invited to.

    Raises:
        WrongState: it is not.
    """
    if status != "published":
        raise WrongState(f"Only a published event can be invited to; this one is {status}")


def require_open(closes_at: datetime, now: datetime) -> None:
    """Families are only reminded of what they can still book.

    Args:
        closes_at: when booking closes, UTC.
        now: the present instant, UTC.

    Raises:
        WrongState: booking is over.
    """
    if closes_at <= now:
        raise WrongState("Booking is over; nobody is reminded any more")


def is_unanswered(invitation: Invitation, booked: Collection[str]) -> bool:
    """Whether a family has neither booked nor declined.

    Args:
        invitation: theirs.
        booked: the pupils who have a place at the event.
    """
    return invitation.state == "invited" and invitation.pupil_id not in booked


def _refuse(errors: Iterator[FieldError]) -> None:
    fields = list(errors)
    if fields:
        raise Invalid(fields=fields)


def explain(audience: Audience) -> str:
    """An audience in words, for the administrator who wrote it; it names characteristics, so for nobody else."""
    return _WORDS[audience.rule](audience)


def _within(part: Audience) -> str:
    joined = part.rule in {"all_of", "any_of"} and len(getattr(part, part.rule)) > 1
    return f"({explain(part)})" if joined else explain(part)


def _named(pupils: Sequence[str]) -> str:
    return "one named pupil" if len(pupils) == 1 else f"one of {len(pupils)} named pupils"


_WORDS: Mapping[str, Callable[[Audience], str]] = {
    "all_of": lambda rule: " and ".join(_within(part) for part in rule.all_of),
    "any_of": lambda rule: " or ".join(_within(part) for part in rule.any_of),
    "none_of": lambda rule: f"not {_within(rule.none_of)}",
    "year_groups": lambda rule: "in " + " or ".join(_YEARS.get(year, f"Year {year}") for year in rule.year_groups),
    "registration_groups": lambda rule: "in " + " or ".join(rule.registration_groups),
    "pupils": lambda rule: _named(rule.pupils),
    "sen": lambda rule: "with " + " or ".join(_PROVISION[status] for status in rule.sen),
    "free_school_meals": lambda rule: f"{'' if rule.free_school_meals else 'not '}eligible for free school meals",
    "pupil_premium": lambda rule: f"{'' if rule.pupil_premium else 'not '}eligible for Pupil Premium",
}
