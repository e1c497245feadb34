"""A document from the administrator's browser to storage, and from there to a parent, by real forms and links (B9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from local.http_client import Answer, call
from local.stage import LocalStage
from local.waiting import wait_for
from tests.e2e.small_school import SmallSchool

ADMIN, PARENT = "stf-1:school_admin+finance", "con-1:parent"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
LETTER = {"name": "Letter to parents", "kind": "letter", "content_type": "application/pdf", "size": len(PDF)}


@pytest.fixture
def school(stage: LocalStage) -> SmallSchool:
    """A school with a family."""
    one = SmallSchool(stage, f"school-{uuid4().hex[:8]}")
    one.publish(one.announced(), one.admin(), one.pupil("pup-1"), one.contact("con-1"), one.link("con-1", "pup-1"))
    wait_for("the family", lambda: one.read("/contacts/con-1"))
    return one


def a_trip(school: SmallSchool) -> str:
    """A published trip to which the pupil is invited."""
    now = datetime.now(UTC)
    day = (now + timedelta(days=40)).date()
    asked = {
        "kind": "trip",
        "title": "Museum",
        "takes_place": {"starts_at": f"{day}T08:30", "ends_at": f"{day}T16:00"},
        "capacity": 5,
        "price": {"amount": 0},
        "booking_window": {"opens_at": now.isoformat(), "closes_at": (now + timedelta(days=30)).isoformat()},
    }
    event_id = str(school.ask(ADMIN, "POST", "/events", asked, expect=201)["id"])
    assert school.ask(ADMIN, "POST", f"/events/{event_id}/publish")
    assert school.ask(ADMIN, "POST", f"/events/{event_id}/invitations", {"audience": {"pupils": ["pup-1"]}})
    return event_id


def sent(form: Mapping[str, Any], content: bytes = PDF, **changed: str) -> Answer:
    """What storage answers to a form as a browser sends it, fields changed or not."""
    boundary = uuid4().hex
    fields = form["fields"] | {name.replace("_", "-"): value for name, value in changed.items()}
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{fields[name]}\r\n' for name in fields
    ]
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    body = "".join(parts).encode() + file.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return call("POST", form["url"], body=body, headers={"content-type": f"multipart/form-data; boundary={boundary}"})


def test_a_document_reaches_families_only_as_it_was_said_and_looked_at(school: SmallSchool) -> None:
    documents = f"/events/{a_trip(school)}/documents"
    asked = school.ask(ADMIN, "POST", documents, LETTER, expect=201)
    form, where = asked["upload"], f"{documents}/{asked['document']['id']}"

    key = form["fields"]["key"]
    assert sent(form, PDF + b"more").status == 400
    assert sent(form, b"").status == 400
    assert sent(form, key=key.replace("waiting/", "kept/")).status == 403
    assert sent(form, key=f"{key}0").status == 403
    assert sent(form, Content_Type="text/html").status == 403
    assert sent(form, b"<" + PDF[1:]).status == 204
    assert school.answer(ADMIN, "POST", f"{where}/confirm").status == 422
    assert school.ask(PARENT, "GET", documents) == {"items": []}

    assert sent(form).status == 204
    assert school.ask(ADMIN, "POST", f"{where}/confirm")["state"] == "ready"
    assert [one["name"] for one in school.ask(PARENT, "GET", documents)["items"]] == ["Letter to parents"]

    sent(form, b"<" + PDF[1:])
    fetched = school.answer(PARENT, "GET", f"{where}/file")
    assert fetched.status == 303
    link = fetched.headers["location"]
    file = call("GET", link)
    assert (file.status, file.body, file.headers["content-type"]) == (200, PDF, "application/pdf")
    assert file.headers["content-disposition"].startswith('attachment; filename="Letter to parents.pdf"')
    assert call("GET", link.partition("?")[0]).status == 403
    assert call("GET", link.replace("/kept/", "/waiting/")).status == 403

    assert school.ask(ADMIN, "DELETE", where) == {"id": asked["document"]["id"]}
    assert school.answer(PARENT, "GET", f"{where}/file").status == 404
