"""What the demo school consists of."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Eligibility:
    """Whether something applies, and since when. Dates are the school's local dates."""

    eligible: bool
    starts_on: date | None = None


@dataclass(frozen=True)
class Characteristics:
    """SEN status (`N`, `K`, `E`) and what decides charges; FSM is not Pupil Premium (REQUIREMENTS.md A7)."""

    sen: str
    free_school_meals: Eligibility
    fsm_ever6: Eligibility
    pupil_premium: Eligibility
    sen_starts_on: date | None = None


@dataclass(frozen=True)
class Pupil:
    """One pupil on roll."""

    id: str
    first_name: str
    last_name: str
    year: int
    form: str
    characteristics: Characteristics
    legal_first_name: str | None = None


@dataclass(frozen=True)
class TeachingGroup:
    """A class or set: who is taught what by whom."""

    id: str
    name: str
    subject: str
    year_group: str
    staff_ids: tuple[str, ...]
    pupil_ids: tuple[str, ...]


@dataclass(frozen=True)
class Contact:
    """One parent, guardian or other contact; `first_name` is empty where the office knows a title and a name only."""

    id: str
    title: str
    first_name: str | None
    last_name: str
    email: str | None
    phone: str | None


@dataclass(frozen=True)
class Link:
    """How a contact and a pupil belong together."""

    contact_id: str
    pupil_id: str
    relationship: str
    priority: int
    parental_responsibility: bool | None
    restricted: bool = False
    ends_on: date | None = None


@dataclass(frozen=True)
class StaffMember:
    """One member of staff; no `app_roles` means no access."""

    id: str
    first_name: str
    last_name: str
    email: str
    role: str
    app_roles: tuple[str, ...]
