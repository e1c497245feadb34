"""Who can sign in locally."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

# Any fixed namespace will do: a person's subject must only be the same every time.
_SUBJECTS: Final = uuid.UUID("6f3a1c0e-5d0b-4f0e-9a35-1f1d7b0c2a11")


@dataclass(frozen=True)
class Person:
    """Somebody to sign in as.

    Attributes:
        key: Short name for commands: `admin`.
        name: What the page shows.
        description: What they are to the school, for the page.
        email: Their user name at the sign-in.
        memberships: What they are in which school: `school_id:person_id:role+role`.
        mfa: Whether they sign in with a second factor.
    """

    key: str
    name: str
    description: str
    email: str
    memberships: tuple[str, ...]
    mfa: bool = True

    @property
    def subject(self) -> str:
        """The user's id at the sign-in, a UUID as FusionAuth's are."""
        return str(uuid.uuid5(_SUBJECTS, self.key))


def save_people(people: Iterable[Person], path: Path) -> None:
    """Writes a file that `load_people` reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(one) for one in people], indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def load_people(path: Path) -> dict[str, Person]:
    """The people in a file, by key, in the file's order.

    Raises:
        ValueError: The file is no list of people, or two have the same key.
    """
    entries = json.loads(path.read_text(encoding="utf-8"))
    try:
        people = [Person(**{**entry, "memberships": tuple(entry["memberships"])}) for entry in entries]
    except (TypeError, KeyError) as error:
        raise ValueError(f"{path} is no list of people: {error}") from error
    by_key = {one.key: one for one in people}
    if len(by_key) != len(people):
        raise ValueError(f"{path} has two people with one key")
    return by_key
