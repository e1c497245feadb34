"""A school whose people are canaries: names and values found nowhere else, and everything that could let them out."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest

from school_events.core import aws
from school_events.core.logs import logger
from tests.support.people import (
    PortalMessage,
    contact_told,
    link_told,
    portal_message,
    pupil_told,
    school_told,
    staff_told,
)

FIRST, LAST, LEGAL, FORM = "Zephyrine", "Quillfeather", "Zephaniah", "QZX9"
PARENT_FIRST, PARENT_LAST = "Oswaldine", "Brackenthorpe"
EMAIL, PHONE = "oswaldine.brackenthorpe@canary.test", "+44 7700 900461"
TEACHER, WORK_EMAIL = "Thistlewick", "thistlewick@canary.test"
SEN_SINCE, MEALS_SINCE, PREMIUM_SINCE = "1997-04-17", "1996-03-19", "1995-02-21"
ANSWER, ADDRESS, BORN = "penicillinosis", "17 Jackdaw Mews", "2014-03-02"
WRONG_YEAR, WRONG_SEN = "Year Wombat", "Dyslexiform"
WRONG_EMAIL, WRONG_PHONE = "not@an@address.canary", "phone-me-Oswald"

CANARIES = (
    *(FIRST, LAST, LEGAL, FORM, PARENT_FIRST, PARENT_LAST, EMAIL, "canary.test", "900461", TEACHER),
    *(
        SEN_SINCE,
        MEALS_SINCE,
        PREMIUM_SINCE,
        ANSWER,
        ADDRESS,
        "Jackdaw",
        BORN,
        "Wombat",
        WRONG_SEN,
        WRONG_EMAIL,
        "Oswald",
    ),
)
"""What must never come out where nobody may read it."""

TRAITS = {
    "sen": {"status": "E", "starts_on": SEN_SINCE},
    "free_school_meals": {"eligible": True, "starts_on": MEALS_SINCE},
    "pupil_premium": {"eligible": True, "starts_on": PREMIUM_SINCE},
}


def a_pupil(version: int = 1, school_id: str = "school-1", **others: Any) -> PortalMessage:
    """The pupil, with fields that are dropped at the door."""
    name, detail = pupil_told("pupil-1", FIRST, LAST, registration_group=FORM, characteristics=TRAITS, version=version)
    unneeded = {"legal_first_name": LEGAL, "date_of_birth": BORN, "address": {"line_1": ADDRESS}, f"{ADDRESS} x": 1}
    return name, detail | {"school_id": school_id, "pupil": detail["pupil"] | unneeded | others}


def a_contact(version: int = 1, **others: Any) -> PortalMessage:
    """Their mother."""
    name, detail = contact_told("contact-1", PARENT_FIRST, PARENT_LAST, email=EMAIL, version=version)
    return name, detail | {"contact": detail["contact"] | {"phone": PHONE, "home": ADDRESS} | others}


def a_teacher(version: int = 1, **others: Any) -> PortalMessage:
    """Their teacher."""
    name, detail = staff_told("staff-1", first_name=TEACHER, last_name=TEACHER, version=version)
    return name, detail | {"staff": detail["staff"] | {"email": WORK_EMAIL, "mobile": PHONE} | others}


EVERYBODY: tuple[PortalMessage, ...] = (
    school_told(),
    staff_told("staff-admin", ("school_admin",), first_name=TEACHER, last_name=LAST),
    a_teacher(),
    a_pupil(),
    a_contact(),
    link_told(),
)

POISON: tuple[PortalMessage, ...] = (
    a_pupil(2, year_group=WRONG_YEAR),
    a_pupil(2, first_name=7),
    a_pupil(2, id=f"{FIRST} {LAST}"),
    a_pupil(2, characteristics={"sen": {"status": WRONG_SEN}}),
    a_contact(2, email=WRONG_EMAIL),
    a_contact(2, phone=WRONG_PHONE),
    a_teacher(2, email=WRONG_EMAIL),
    a_teacher(2, app_roles=[TEACHER]),
    link_told(version=0),
    portal_message("PupilRemoved", {"pupil_id": f"{FIRST}!"}),
    portal_message("PupilExpelled", {"pupil_id": "pupil-1", "because": FIRST}),
    portal_message(f"{FIRST}Changed", {"pupil": LAST}),
    portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": FIRST}),
    ("PupilChanged", {"school_id": LAST + "!", "pupil": {"first_name": FIRST}}),
    ("PupilChanged", {FIRST: LAST}),
)
"""Messages that can never be right, each for another reason."""

JUNK = (f"{{{FIRST}", json.dumps([FIRST]), json.dumps({"source": EMAIL, "detail-type": FIRST, "detail": {"x": LAST}}))
"""What is no message at all."""


class Watch:
    """Everything that comes out where nobody may read about people; ``also`` adds what a test has seen itself."""

    def __init__(self, logged: StringIO, records: Callable[[], str], printed: Callable[[], str]) -> None:
        self._logged = logged
        self._records = records
        self._printed = printed
        self._seen: list[str] = []
        self.pushed: list[str] = []

    def also(self, what: Any) -> None:
        """Something else that must not name anybody."""
        self._seen.append(what if isinstance(what, str) else json.dumps(what, default=str))

    def text(self) -> str:
        """All of it so far; dead letters by their attributes, other queues by what is in them."""
        everything = [self._logged.getvalue(), self._records(), self._printed(), *self._seen, *self.pushed]
        everything += [json.dumps(one.get("MessageAttributes", {})) for one in _taken("portal-dlq")]
        for queue in ("notifications", "stripe-events", "exports", "reconciliation", "anonymise", "invitations"):
            everything += [json.dumps(one) for one in _taken(queue)]
        return "\n".join(everything)

    def canaries(self) -> list[str]:
        """The canaries that got out."""
        text = self.text()
        return [canary for canary in CANARIES if canary.casefold() in text.casefold()]


@contextmanager
def watched(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> Iterator[Watch]:
    """Everything our logger, any other, the metrics and ``print`` say, at the level that a deployed function has."""
    stream, level = StringIO(), logger.log_level
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    logger.setLevel(logging.INFO)
    caplog.set_level(logging.INFO)
    printed: list[str] = []

    def more() -> str:
        printed.extend(capsys.readouterr())
        return "\n".join(printed)

    yield Watch(stream, lambda: "\n".join(str(vars(one)) for one in caplog.records), more)
    logger.setLevel(level)


def _taken(queue: str) -> list[dict[str, Any]]:
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found: list[dict[str, Any]] = []
    while some := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, MessageAttributeNames=["All"]
    ).get("Messages"):
        found += some
        for one in some:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return found
