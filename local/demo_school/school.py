"""Puts the demo school together."""

import random
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from .households import Adult, Child, Household, households
from .model import Characteristics, Contact, Link, Pupil, StaffMember, TeachingGroup
from .needs import characteristics_of
from .staff import staff_members
from .teaching import teaching_groups

SCHOOL_ID: Final = "demo-school"
SCHOOL_NAME: Final = "St Brigid's Academy"
DEFAULT_SEED: Final = 2026

_FORMS: Final = {year: "BRIGDS" if year <= 11 else "ABCD" for year in range(7, 14)}
_FAMILY_DOMAINS: Final = ("example.org", "example.net", "post.test", "mail.test")
# Numbers no subscriber can have: Ofcom, "Telephone numbers for use in TV and radio drama programmes".
_PHONE_FORMS: Final = (
    "07700 900{0:03d}",
    "07700900{0:03d}",
    "+44 7700 900{0:03d}",
    "+447700900{0:03d}",
    "01632 960{0:03d}",
    "020 7946 0{0:03d}",
    "0161 496 0{0:03d}",
)
_LEGAL_FIRST_NAMES: Final = {
    "Alfie": "Alfred",
    "Archie": "Archibald",
    "Charlie": "Charles",
    "Ellie-May": "Eleanor",
    "Evie": "Evelyn",
    "Freddie": "Frederick",
    "Harry": "Henry",
    "Jack": "John",
    "Jamie": "James",
    "Lottie": "Charlotte",
    "Rosie": "Rosemary",
    "Theo": "Theodore",
}


@dataclass(frozen=True)
class DemoSchool:
    """Everybody at the school and in its families."""

    id: str
    name: str
    staff: tuple[StaffMember, ...]
    pupils: tuple[Pupil, ...]
    groups: tuple[TeachingGroup, ...]
    contacts: tuple[Contact, ...]
    links: tuple[Link, ...]


def build(seed: int = DEFAULT_SEED, school_id: str = SCHOOL_ID) -> DemoSchool:
    """The demo school of 1,000 pupils.

    Args:
        seed: The same seed gives the same school; the cast is the same whatever the seed.
        school_id: The school's identifier, where several are wanted next to each other.
    """
    office = _Office(random.Random(seed))  # noqa: S311 - a story, not a secret
    staff = staff_members(office.chance, office.email)
    for household in households(office.chance):
        office.enrol(household)
    return DemoSchool(
        school_id,
        SCHOOL_NAME,
        tuple(staff),
        tuple(office.pupils),
        tuple(teaching_groups(office.pupils, staff)),
        tuple(office.contacts),
        tuple(office.links),
    )


@dataclass
class _Office:
    """The school office: gives out identifiers, forms and addresses as families arrive."""

    chance: random.Random
    pupils: list[Pupil] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    enrolled: Counter[int] = field(default_factory=Counter)
    addresses: Counter[str] = field(default_factory=Counter)

    def enrol(self, household: Household) -> None:
        """Takes in one family."""
        drawn = characteristics_of(self.chance, household)
        pupils = [self._pupil(child, one) for child, one in zip(household.children, drawn, strict=True)]
        self.pupils.extend(pupils)
        for priority, adult in enumerate(household.adults, 1):
            contact = self._contact(adult)
            self.contacts.append(contact)
            self.links.extend(_links(contact, pupils, adult, priority))

    def email(self, first_name: str, last_name: str, domain: str) -> str:
        """A new address made from a name; a second bearer of the same name gets a number."""
        local_part = ".".join(part for part in (_ascii(first_name), _ascii(last_name)) if part) or "family"
        self.addresses[f"{local_part}@{domain}"] += 1
        count = self.addresses[f"{local_part}@{domain}"]
        return f"{local_part}{count if count > 1 else ''}@{domain}"

    def _pupil(self, child: Child, characteristics: Characteristics) -> Pupil:
        forms = _FORMS[child.year]
        form = forms[self.enrolled[child.year] % len(forms)]
        self.enrolled[child.year] += 1
        legal = _LEGAL_FIRST_NAMES.get(child.first_name) if self.chance.random() < 0.5 else None
        return Pupil(
            id=f"pup-{self.enrolled.total():04d}",
            first_name=child.first_name,
            last_name=child.last_name,
            year=child.year,
            form=f"{child.year}{form}",
            characteristics=characteristics,
            legal_first_name=legal,
        )

    def _contact(self, adult: Adult) -> Contact:
        chance = self.chance
        title = "Dr" if chance.random() < 0.04 else chance.choice(("Mrs", "Ms", "Miss")) if adult.sex == "f" else "Mr"
        email = self.email(adult.first_name, adult.last_name, chance.choice(_FAMILY_DOMAINS))
        phone = chance.choice(_PHONE_FORMS).format(chance.randrange(1000))
        is_distant = adult.relationship in {"Grandmother", "Grandfather"} and chance.random() < 0.2
        has_email, has_phone = chance.random() >= 0.04, chance.random() >= 0.03
        return Contact(
            id=f"con-{len(self.contacts) + 1:04d}",
            title=title,
            first_name=None if is_distant else adult.first_name,
            last_name=adult.last_name,
            email=email if has_email else None,
            phone=phone if has_phone else None,
        )


def _links(contact: Contact, pupils: Sequence[Pupil], adult: Adult, priority: int) -> list[Link]:
    return [
        Link(
            contact_id=contact.id,
            pupil_id=pupil.id,
            relationship=adult.relationship,
            priority=priority,
            parental_responsibility=adult.parental_responsibility,
            restricted=adult.restricted,
            ends_on=adult.ends_on,
        )
        for pupil in (pupils[:1] if adult.eldest_only else pupils)
    ]


def _ascii(name: str) -> str:
    """The letters a-z of a name without its accents; empty where it has none."""
    plain = unicodedata.normalize("NFKD", name.translate(str.maketrans("łŁøØ", "lLoO")))
    return "".join(letter for letter in plain.lower() if letter.isascii() and letter.isalpha())
