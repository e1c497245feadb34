"""A school of a test's own: what the Portal says of it, and what its administrator reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from local import http_client
from local.demo_school import PortalMessage
from local.sign_in.people import Person
from local.stage import LocalStage
from local.waiting import wait_for

EVERYTHING = (
    "pupil_name",
    "year_group",
    "registration_group",
    "sen",
    "free_school_meals",
    "pupil_premium",
    "contact_name",
    "contact_details",
    "relationship",
    "staff",
    "teaching_groups",
)
# A stage that thousands of messages have just gone through is busy with what follows from them.
PATIENCE_SECONDS = 180.0


@dataclass(frozen=True)
class SmallSchool:
    """A school on a running stage.

    Args:
        stage: where it is.
        id: its identifier, nobody else's.
    """

    stage: LocalStage
    id: str

    def says(self, kind: str, content: Mapping[str, object], version: int = 1) -> PortalMessage:
        """A message of the Portal about this school."""
        envelope = {"school_id": self.id, "message_id": f"msg-{uuid4()}", "version": version}
        return PortalMessage(kind, {**envelope, "occurred_at": "2026-09-14T08:30:00Z", **content})

    def announced(self, authorised: Iterable[str] = EVERYTHING, version: int = 1) -> PortalMessage:
        """The school, and what it lets us hold."""
        school = {"name": "Small School", "time_zone": "Europe/London", "nation": "ENG", "parents_mfa_exempt": False}
        return self.says("SchoolUpdated.v2", {"school": {**school, "authorised_categories": list(authorised)}}, version)

    def admin(self) -> PortalMessage:
        """The member of staff who reads."""
        member = {"id": "stf-1", "first_name": "Ada", "last_name": "Min", "email": "admin@small.test", "role": "Head"}
        return self.says("StaffChanged", {"staff": {**member, "app_roles": ["school_admin", "finance"]}})

    def pupil(self, pupil_id: str, last_name: str = "Khan", version: int = 1, **more: object) -> PortalMessage:
        """A pupil with special needs."""
        pupil = {"id": pupil_id, "first_name": "Zara", "last_name": last_name, "year_group": "Year 8"}
        traits = {"characteristics": {"sen": {"status": "K", "starts_on": "2025-09-01"}}}
        return self.says("PupilChanged", {"pupil": {**pupil, **traits, **more}}, version)

    def group(self, group_id: str, *pupil_ids: str) -> PortalMessage:
        """A teaching group of the administrator, who is a head that teaches."""
        group = {"id": group_id, "name": f"8/{group_id}", "staff_ids": ["stf-1"], "pupil_ids": list(pupil_ids)}
        return self.says("TeachingGroupChanged", {"teaching_group": group})

    def contact(self, contact_id: str) -> PortalMessage:
        """A parent."""
        return self.says("ContactChanged", {"contact": {"id": contact_id, "first_name": "Noor", "last_name": "Khan"}})

    def link(self, contact_id: str, pupil_id: str, version: int = 1) -> PortalMessage:
        """The parent's child."""
        link = {"contact_id": contact_id, "pupil_id": pupil_id, "relationship": "Mother", "priority": 1}
        rights = {"parental_responsibility": True, "restricted": False}
        return self.says("LinkChanged", {"link": {**link, **rights}}, version)

    def publish(self, *messages: PortalMessage) -> None:
        """Let the Portal say it, and wait until it is applied."""
        self.stage.publish(messages)
        self.stage.wait_until_empty("portal", PATIENCE_SECONDS)

    def ask(
        self, who: str, method: str, path: str, body: object = None, *, expect: int = 200, version: int | None = None
    ) -> Any:
        """A call under the school's own path.

        Args:
            who: person and role: ``con-1:parent``.
            method: the HTTP method.
            path: after the school.
            body: sent as JSON.
            expect: the status that is promised; answers None where it is 404 instead.
            version: of what is changed, if it has one.
        """
        answer = self.answer(who, method, path, body, version=version)
        assert answer.status in {expect, 404}, answer
        return answer.json() if answer.status == expect and answer.body else None

    def answer(
        self, who: str, method: str, path: str, body: object = None, *, version: int | None = None
    ) -> http_client.Answer:
        """What a call under the school's own path is answered, whatever that is; arguments as of :meth:`ask`."""
        person = Person(who, who, "", f"{who.split(':', maxsplit=1)[0]}@small.test", (f"{self.id}:{who}",))
        headers = {"idempotency-key": str(uuid4())} if method == "POST" else {}
        headers |= {"if-match": f'"{version}"'} if version else {}
        url = f"{self.stage.api_url}/v1/schools/{self.id}{path}"
        return http_client.call(method, url, token=self.stage.token(person), body=body, headers=headers)

    def read(self, path: str) -> Any:
        """What the administrator, who is also the bursar, reads; None for what is not there."""
        return self.ask("stf-1:school_admin+finance", "GET", path)

    def await_pupil(self, pupil_id: str, **fields: object) -> None:
        """Wait until a pupil can be read with these fields."""

        def is_so() -> bool:
            pupil = self.read(f"/pupils/{pupil_id}") or {}
            return {name: pupil.get(name) for name in fields} == fields

        wait_for(f"pupil {pupil_id} with {fields}", is_so, PATIENCE_SECONDS)
