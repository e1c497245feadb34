"""What the bodies of events' routes are made of: local times, instants, and models made from what is kept."""

from datetime import datetime, time
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ConfigDict

from school_events.core.http import ApiModel, LocalDateTime


def _only_text(value: object) -> object:
    if isinstance(value, (str, time)):
        return value
    raise ValueError("must be text")


def _with_zone(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("must name its offset, such as 2026-11-22T08:15:00Z")
    return instant


def _without_zone(moment: datetime) -> datetime:
    if moment.tzinfo is not None:
        raise ValueError("must be local time without an offset, such as 2026-11-22T08:15")
    return moment


def _to_the_minute(clock: time) -> time:
    if clock.tzinfo is not None or clock.second or clock.microsecond:
        raise ValueError("must be local time to the minute, such as 15:30")
    return clock


Instant = Annotated[LocalDateTime, AfterValidator(_with_zone)]
WallClockMoment = Annotated[LocalDateTime, AfterValidator(_without_zone)]
WallClockTime = Annotated[time, BeforeValidator(_only_text), AfterValidator(_to_the_minute)]


class Body(ApiModel):
    """Read from a request, or made from what is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)
