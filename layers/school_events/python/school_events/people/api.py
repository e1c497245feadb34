"""Bodies of the routes about people. Nothing here can be changed through the API (A3)."""

from collections.abc import Iterable
from datetime import date
from typing import Literal

from pydantic import Field

from school_events.core.http import ApiModel
from school_events.people.model import (
    AppRole,
    Characteristics,
    Contact,
    Link,
    Pupil,
    Relationship,
    SenStatus,
    StaffMember,
    TeachingGroup,
    YearGroup,
)


class SenView(ApiModel):
    """Special educational needs provision."""

    status: SenStatus = Field(description="`N` none, `K` SEN support, `E` education, health and care plan")
    starts_on: date | None


class EligibilityView(ApiModel):
    """Whether something applies, from when to when; both days included."""

    eligible: bool
    starts_on: date | None
    ends_on: date | None


class CharacteristicsView(ApiModel):
    """Each is null where it is unknown or the school does not let us hold it."""

    sen: SenView | None
    free_school_meals: EligibilityView | None
    fsm_ever6: EligibilityView | None
    pupil_premium: EligibilityView | None


class PupilSummary(ApiModel):
    """A pupil in a list."""

    id: str
    first_name: str
    last_name: str
    year_group: YearGroup | None = Field(description="`X` does not follow the National Curriculum")
    registration_group: str | None
    state: Literal["current", "left"] = Field(description="As of today; the last day on roll is one on roll")
    left_on: date | None = Field(description="Last day on roll, local")


class LinkView(ApiModel):
    """How a contact and a pupil belong together."""

    contact_id: str
    pupil_id: str
    relationship: Relationship | None
    priority: int | None = Field(description="1 is rung first")
    parental_responsibility: bool | None = Field(description="Null: unknown, which is not no")
    restricted: bool = Field(description="No access to anything about the child, for example by court order")
    ends_on: date | None = Field(description="Last day, local, included")
    missing: bool = Field(description="The Portal's latest snapshot lacks it: no access until it is told of again")


class PupilView(PupilSummary):
    """A pupil with their characteristics and contacts."""

    characteristics: CharacteristicsView
    links: list[LinkView]


class ContactView(ApiModel):
    """A parent or guardian with their children."""

    id: str
    title: str | None
    first_name: str | None
    last_name: str
    email: str | None
    phone: str | None
    links: list[LinkView]


class StaffSummary(ApiModel):
    """A member of staff."""

    id: str
    first_name: str
    last_name: str
    email: str | None
    role: str | None = Field(description="Job title")
    app_roles: list[AppRole]
    missing: bool = Field(description="The Portal's latest snapshot lacks them: no access until they are told of again")


class TeachingGroupView(ApiModel):
    """Who teaches whom, as the Portal says; among the pupils may be some who have left."""

    id: str
    name: str
    subject: str | None
    year_group: YearGroup | None = Field(description="Null where pupils of several years are taught together")
    staff_ids: list[str]
    pupil_ids: list[str]


def pupil_summary(pupil: Pupil, day: date) -> PupilSummary:
    """A pupil as a list shows them on a local day."""
    return PupilSummary.model_validate(_summary_fields(pupil, day))


def pupil_view(pupil: Pupil, links: Iterable[Link], day: date) -> PupilView:
    """A pupil as their own page shows them on a local day."""
    traits = _characteristics_view(pupil.characteristics)
    return PupilView.model_validate(
        _summary_fields(pupil, day) | {"characteristics": traits, "links": [link_view(link) for link in links]}
    )


def contact_view(contact: Contact, links: Iterable[Link]) -> ContactView:
    """A contact as their own page shows them."""
    shown = contact.model_dump(exclude={"state"})
    return ContactView.model_validate(shown | {"links": [link_view(link) for link in links]})


def staff_summary(member: StaffMember) -> StaffSummary:
    """A member of staff as a list shows them."""
    return StaffSummary.model_validate(_with_presence(member))


def group_view(group: TeachingGroup) -> TeachingGroupView:
    """A teaching group as a list shows it."""
    return TeachingGroupView.model_validate(group.model_dump())


def link_view(link: Link) -> LinkView:
    """A link."""
    return LinkView.model_validate(_with_presence(link))


def _with_presence(one: Link | StaffMember) -> dict[str, object]:
    return one.model_dump(exclude={"state"}) | {"missing": one.state == "missing"}


def _summary_fields(pupil: Pupil, day: date) -> dict[str, object]:
    shown = pupil.model_dump(exclude={"characteristics", "legal_first_name", "state"})
    return shown | {"state": "current" if pupil.is_on_roll(day) else "left"}


def _characteristics_view(characteristics: Characteristics) -> CharacteristicsView:
    return CharacteristicsView.model_validate(characteristics.model_dump())
