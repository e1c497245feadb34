"""Who may be invited, as data: rules about pupils joined by all, any and not (B5).

A rule is a JSON object with exactly one key, so that a refused field has the path it has in the request::

    {"all": [{"year_groups": ["8"]}, {"not": {"registration_groups": ["8B"]}}, {"any": [{"pupil_premium": true}, …]}]}
"""

from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from school_events.core.http import ApiModel, YesNo
from school_events.core.ids import PortalId
from school_events.people.model import SenStatus, YearGroup

MOST_LEVELS = 6
MOST_RULES = 100

_LEFT_OUT: Any = None
_GroupName = Annotated[str, Field(min_length=1, max_length=40)]


class Audience(ApiModel):
    """A rule about pupils: exactly one of these."""

    all_of: Annotated[tuple["Audience", ...], Field(alias="all", min_length=1, max_length=20)] = _LEFT_OUT
    any_of: Annotated[tuple["Audience", ...], Field(alias="any", min_length=1, max_length=20)] = _LEFT_OUT
    none_of: Annotated["Audience", Field(alias="not")] = _LEFT_OUT
    year_groups: Annotated[tuple[YearGroup, ...], Field(min_length=1, max_length=20)] = _LEFT_OUT
    registration_groups: Annotated[tuple[_GroupName, ...], Field(min_length=1, max_length=100)] = _LEFT_OUT
    pupils: Annotated[tuple[PortalId, ...], Field(min_length=1, max_length=1000)] = _LEFT_OUT
    teaching_groups: Annotated[tuple[PortalId, ...], Field(min_length=1, max_length=100)] = _LEFT_OUT
    taught_by: Annotated[tuple[PortalId, ...], Field(min_length=1, max_length=100)] = _LEFT_OUT
    sen: Annotated[tuple[SenStatus, ...], Field(min_length=1, max_length=3)] = _LEFT_OUT
    free_school_meals: YesNo = _LEFT_OUT
    pupil_premium: YesNo = _LEFT_OUT

    @model_validator(mode="after")
    def _is_one_rule(self) -> Self:
        if len(self.model_fields_set) != 1:
            keys = ", ".join(field.alias or name for name, field in type(self).model_fields.items())
            raise ValueError(f"must have exactly one of {keys}")
        return self

    @property
    def rule(self) -> str:
        """The one field that is set."""
        return next(iter(self.model_fields_set))


def leaves(audience: Audience, where: str) -> Iterator[tuple[str, Audience]]:
    """The rules that look at a pupil, each with its path.

    Args:
        audience: the expression.
        where: the path of the expression itself.
    """
    if audience.rule == "none_of":
        yield from leaves(audience.none_of, f"{where}.not")
    elif audience.rule in {"all_of", "any_of"}:
        for number, part in enumerate(_parts(audience)):
            yield from leaves(part, f"{where}.{audience.rule.removesuffix('_of')}.{number}")
    else:
        yield f"{where}.{audience.rule}", audience


def _parts(audience: Audience) -> tuple[Audience, ...]:
    if audience.rule == "none_of":
        return (audience.none_of,)
    if audience.rule in {"all_of", "any_of"}:
        parts: tuple[Audience, ...] = getattr(audience, audience.rule)
        return parts
    return ()


def _size(audience: Audience) -> tuple[int, int]:
    """How many levels and rules an expression has."""
    sizes = [_size(part) for part in _parts(audience)]
    return 1 + max((levels for levels, _ in sizes), default=0), 1 + sum(rules for _, rules in sizes)


def _within_limits(audience: Audience) -> Audience:
    levels, rules = _size(audience)
    if levels > MOST_LEVELS or rules > MOST_RULES:
        raise ValueError(f"must have at most {MOST_RULES} rules, at most {MOST_LEVELS} within each other")
    return audience


WholeAudience = Annotated[Audience, AfterValidator(_within_limits)]
"""An audience as a request carries it."""
