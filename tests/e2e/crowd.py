"""Ten thousand messages about a school of its own, a hundredth of them poison, and what must come of them.

What must come of them is worked out here from the messages alone, by a model that knows no order of arrival: of each
thing the message with the highest version counts.
"""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from local.demo_school import DemoSchool, PortalMessage, build, portal_messages

MESSAGES = 10_000
EACH_POISON = 10
_LEAVERS, _REMOVED = 120, 60
_ANNOUNCED_AT = 300

type Key = tuple[str, str]
type Fields = dict[str, object]


@dataclass(frozen=True)
class Poison:
    """A message that cannot be applied as it is.

    Args:
        message: as it is sent.
        reason: what the dead letter must say.
        source: what it names as its source.
        repaired: as the Portal sends it again once it has found its mistake; None where nobody can repair it.
    """

    message: PortalMessage
    reason: str
    source: str = "portal"
    repaired: PortalMessage | None = None

    @property
    def id(self) -> str:
        """The message's own identifier."""
        return str(self.message.detail["message_id"])

    def entry(self, bus_name: str) -> dict[str, str]:
        """The entry for PutEvents."""
        return {**self.message.entry(bus_name), "Source": self.source}


@dataclass(frozen=True)
class Crowd:
    """The messages, in the order they are published, and the poison among them."""

    school_id: str
    sent: list[PortalMessage | Poison]

    @property
    def poison(self) -> dict[str, Poison]:
        """The poison, by its message's identifier."""
        return {one.id: one for one in self.sent if isinstance(one, Poison)}

    @property
    def good(self) -> list[PortalMessage]:
        """The messages that can be applied."""
        return [one for one in self.sent if isinstance(one, PortalMessage)]


def a_crowd(school_id: str, ended_school_id: str) -> Crowd:
    """The whole crowd.

    Args:
        school_id: whose messages they are.
        ended_school_id: of a school with an ended contract, about which a few are too.
    """
    chance = random.Random(10_000)  # noqa: S311 - a shuffled pack, not a secret
    first = list(portal_messages(_with_few_groups(build(7, school_id))))
    second = list(portal_messages(_with_few_groups(build(8, school_id)), version=2))
    good = [*first[1:], *second, *_departures(first)]
    poison = list(_poison(school_id, ended_school_id))
    good += chance.choices(good, k=MESSAGES - len(good) - len(poison) - 1)
    sent: list[PortalMessage | Poison] = [*good, *poison]
    chance.shuffle(sent)
    # Late, so that some wait for it, but not as late as by chance: what waits is applied in one go.
    sent.insert(_ANNOUNCED_AT, first[0])
    return Crowd(school_id, sent)


def _with_few_groups(school: DemoSchool) -> DemoSchool:
    """A tenth of the teaching groups: with all of them no room would be left for messages that come twice."""
    return replace(school, groups=school.groups[::10])


def _departures(told: list[PortalMessage]) -> Iterator[PortalMessage]:
    by_type: dict[str, list[Mapping[str, Any]]] = {}
    for message in told:
        by_type.setdefault(message.type, []).append(message.detail)
    pupils = [detail["pupil"]["id"] for detail in by_type["PupilChanged"]]
    for pupil_id in pupils[100 : 100 + _LEAVERS]:
        yield _message("PupilLeft", told, f"left-{pupil_id}", {"pupil_id": pupil_id, "left_on": "2026-10-16"})
    for pupil_id in pupils[300 : 300 + _REMOVED]:
        yield _message("PupilRemoved", told, f"gone-{pupil_id}", {"pupil_id": pupil_id})
    for detail in by_type["ContactChanged"][100 : 100 + _REMOVED]:
        contact_id = detail["contact"]["id"]
        yield _message("ContactRemoved", told, f"gone-{contact_id}", {"contact_id": contact_id})
    for detail in by_type["LinkChanged"][500 : 500 + _REMOVED]:
        ids = {name: detail["link"][name] for name in ("contact_id", "pupil_id")}
        yield _message("LinkRemoved", told, f"gone-{'-'.join(ids.values())}", ids)
    for detail in by_type["TeachingGroupChanged"][:EACH_POISON]:
        group_id = detail["teaching_group"]["id"]
        yield _message("TeachingGroupRemoved", told, f"gone-{group_id}", {"teaching_group_id": group_id})
    for detail in by_type["StaffChanged"][:EACH_POISON]:
        staff_id = detail["staff"]["id"]
        yield _message("StaffRemoved", told, f"gone-{staff_id}", {"staff_id": staff_id})


def _message(kind: str, told: list[PortalMessage], name: str, content: Mapping[str, object]) -> PortalMessage:
    envelope = {"school_id": told[0].detail["school_id"], "message_id": f"msg-3-{name}", "version": 3}
    return PortalMessage(kind, {**envelope, "occurred_at": "2026-10-16T15:00:00Z", **content})


def _poison(school_id: str, ended_school_id: str) -> Iterator[Poison]:
    for number in range(EACH_POISON):
        pupil = _poisoned(school_id, number, "PupilChanged", {"pupil": _pupil(f"new-{number:02d}", "Year 9")})
        wrong_year = {"pupil": _pupil(f"new-{number:02d}", "Year 99")}
        yield _spoilt(pupil, "year", wrong_year, "invalid: pupil.year_group")
        contact = {
            "id": f"new-con-{number:02d}",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": "ada@mail.test",
        }
        told = _poisoned(school_id, number, "ContactChanged", {"contact": contact})
        yield _spoilt(told, "email", {"contact": {**contact, "email": "ada at mail"}}, "invalid: contact.email")
        link: dict[str, object] = {"contact_id": contact["id"], "pupil_id": f"new-{number:02d}"}
        link |= {"relationship": "Mother", "priority": 1, "parental_responsibility": True}
        linked = _poisoned(school_id, number, "LinkChanged", {"link": {**link, "restricted": True}})
        yield _spoilt(linked, "restricted", {"link": link}, "invalid: link.restricted")
        for kind, change, reason in (
            ("version", {"version": "9"}, "invalid: version"),
            ("time", {"occurred_at": "yesterday"}, "invalid: occurred_at"),
        ):
            content = {"pupil": _pupil(f"{kind}-{number:02d}", "Year 9")}
            yield _spoilt(_poisoned(school_id, number, "PupilChanged", content), kind, change, reason)
        left = _poisoned(
            school_id, number, "PupilLeft", {"pupil_id": f"pup-{number + 501:04d}", "left_on": "2026-10-16"}
        )
        yield _spoilt(left, "left", {"left_on": "16/10/2026"}, "invalid: left_on")
        yield _odd(replace(pupil, type="PupilPromoted"), "type", "unknown-type")
        yield _odd(replace(pupil, type="PupilChanged.v2"), "v2", "unknown-version")
        yield replace(_odd(pupil, "source", "unknown-source"), source="mis")
        of_ended = _poisoned(ended_school_id, number, "PupilChanged", {"pupil": _pupil(f"new-{number:02d}", "Year 9")})
        yield _odd(of_ended, "ended", "contract-ended")


def _pupil(pupil_id: str, year_group: str) -> Fields:
    return {"id": pupil_id, "first_name": "Grace", "last_name": "Hopper", "year_group": year_group}


def _poisoned(school_id: str, number: int, kind: str, content: Mapping[str, object]) -> PortalMessage:
    envelope = {"school_id": school_id, "message_id": f"poison-{number:02d}", "version": 9}
    return PortalMessage(kind, {**envelope, "occurred_at": "2026-10-19T08:00:00Z", **content})


def _odd(message: PortalMessage, kind: str, reason: str) -> Poison:
    name = f"{message.detail['school_id']}-{kind}-{message.detail['message_id']}"
    return Poison(replace(message, detail={**message.detail, "message_id": name}), reason)


def _spoilt(message: PortalMessage, kind: str, change: Mapping[str, object], reason: str) -> Poison:
    repaired = _odd(message, kind, reason).message
    return Poison(replace(repaired, detail={**repaired.detail, **change}), reason, repaired=repaired)


def expected(messages: list[PortalMessage]) -> dict[Key, Fields]:
    """What must be held after these messages, whatever their order and however often each came: by table key."""
    of_thing: dict[Key, list[tuple[int, PortalMessage]]] = {}
    for message in messages:
        version = int(str(message.detail["version"]))
        of_thing.setdefault(_key(message), []).append((version, message))
    return {
        key: _state([message for _, message in sorted(said, key=lambda one: one[0])]) for key, said in of_thing.items()
    }


def _key(message: PortalMessage) -> Key:
    detail: Mapping[str, Any] = message.detail
    school = f"SCH#{detail['school_id']}"
    thing = {**detail, **next((detail[kind] for kind in _KINDS if kind in detail), {})}
    match message.type.removesuffix("Changed").removesuffix("Removed").removesuffix("Updated").removesuffix("Left"):
        case "Pupil" | "Contact" | "Staff" as person:
            kind = person.upper()
            return f"{school}#{kind}#{thing.get(f'{person.lower()}_id') or thing['id']}", kind
        case "Link":
            return f"{school}#CONTACT#{thing['contact_id']}", f"LINK#{thing['pupil_id']}"
        case "TeachingGroup":
            return f"{school}#TEACHING_GROUPS", f"GROUP#{thing.get('teaching_group_id') or thing['id']}"
        case "TermCalendar":
            return school, f"CALENDAR#{thing['academic_year']}"
        case _:
            return school, "SCHOOL"


_KINDS = {
    "pupil": ("first_name", "last_name", "registration_group"),
    "contact": ("first_name", "last_name", "email"),
    "staff": ("first_name", "last_name", "role"),
    "teaching_group": ("name", "subject", "staff_ids", "pupil_ids"),
    "link": ("priority", "parental_responsibility"),
    "calendar": ("academic_year",),
    "school": ("name",),
}


def _state(said: list[PortalMessage]) -> Fields:
    last = said[-1]
    if last.type.endswith("Removed"):
        return {"state": "removed"}
    told = [message for message in said if message.type.endswith(("Changed", "Updated.v2"))]
    fields = _told(told[-1]) if told else {}
    if last.type == "PupilLeft":
        return {"state": "left", "left_on": last.detail["left_on"], **fields}
    return {"state": "current", **fields}


def _told(message: PortalMessage) -> Fields:
    detail: Mapping[str, Any] = message.detail
    kind = next(kind for kind in _KINDS if kind in detail)
    # What is not known is not kept.
    fields: Fields = {name: _clean(value) for name in _KINDS[kind] if (value := detail[kind].get(name)) is not None}
    if kind == "pupil":
        fields["year_group"] = str(detail["pupil"]["year_group"]).removeprefix("Year ")
    if kind == "link":
        fields["restricted"] = detail["link"]["restricted"]
    return fields


def _clean(value: object) -> object:
    return unicodedata.normalize("NFC", " ".join(value.split())) if isinstance(value, str) else value


# What only things the Portal speaks of have: a word about how they are, that they left, that they were removed.
_HEARD = {"told", "left", "removed"}


def held(items: list[dict[str, Any]], expected_of: dict[Key, Fields]) -> dict[Key, Fields]:
    """The same fields of what the People table holds.

    Args:
        items: as DynamoDB answers them.
        expected_of: which things, and which fields of each, are looked at.
    """
    return {
        key: {name: value for name, value in _fields(item).items() if name in expected_of.get(key, {"state": ""})}
        for item in items
        if (key := (item["pk"]["S"], item["sk"]["S"])) and _HEARD & item.keys()
    }


def _fields(item: dict[str, Any]) -> Fields:
    plain: Fields = {name: next(iter(value.values())) for name, value in item.items()}
    record = json.loads(str(plain.pop("record", "{}")))
    return {**plain, **record}
