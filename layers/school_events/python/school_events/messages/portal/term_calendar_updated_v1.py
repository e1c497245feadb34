# Generated from events_schemas/portal/TermCalendarUpdated.v1.json by local.schemas: do not edit.

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, Field
from school_events.messages.base import Message


class Term(Message):
    """
    One term, from the first day for pupils or staff to the last.
    """

    name: Annotated[str, Field(max_length=100, min_length=1)]
    """
    What the school calls it, for example Autumn term.
    """
    starts_on: date
    """
    First day.
    """
    ends_on: date
    """
    Last day, included.
    """


class HalfTerm(Message):
    """
    A break inside a term.
    """

    starts_on: date
    """
    First day.
    """
    ends_on: date
    """
    Last day, included.
    """


class Calendar(Message):
    """
    The academic year as it is now.
    """

    academic_year: Annotated[str, Field(pattern="^20[0-9]{2}-[0-9]{2}$")]
    """
    The two calendar years it spans, for example 2026-27.
    """
    terms: Annotated[list[Term], Field(min_length=1)]
    """
    The terms in order of date.
    """
    half_terms: list[HalfTerm]
    """
    The breaks inside terms, weekends left out.
    """
    inset_days: list[date]
    """
    Days on which staff are in and pupils are not.
    """


class TermCalendarUpdated(Message):
    """
    The calendar of one academic year, complete. Bank holidays are left out: they follow from the school's nation.
    """

    school_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The school the message is about: the Portal's identifier of it.
    """
    message_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    Identifies this message for ever: a message sent again keeps its message_id.
    """
    occurred_at: AwareDatetime
    """
    When it happened, not when it was sent: RFC 3339, in UTC, ending in Z.
    """
    version: Annotated[int, Field(ge=1, le=9007199254740991)]
    """
    Counts the states of the calendar of that academic year: starts at 1 and rises with every change, never falls and is never used twice.
    """
    calendar: Calendar
    """
    The academic year as it is now.
    """
