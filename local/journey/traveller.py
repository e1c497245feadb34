"""What the steps of the journey share: the stage, who calls, what was made on the way, and waiting for what follows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from local import http_client
from local.demo_school import CAST
from local.http_client import Answer
from local.stage import LocalStage

PATIENCE_SECONDS = 60.0
_LOOK_AGAIN_SECONDS = 0.1


class UnexpectedError(Exception):
    """A step saw something other than the product promises."""


@dataclass
class Journey:
    """A journey under way.

    Args:
        stage: a running local stage with the demo school.
        name: makes the requests of this journey its own, so that it can be made again on the same stage.
        things: ids of what was made on the way, by the names the steps give them.
    """

    stage: LocalStage
    name: str
    things: dict[str, Any] = field(default_factory=dict)

    @property
    def school(self) -> str:
        """The start of every route of the demo school."""
        return f"/v1/schools/{CAST.school_id}"

    def ask(
        self,
        person: str | None,
        method: str,
        path: str,
        body: object = None,
        *,
        expect: int = 200,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Answer:
        """One call of the API as one of the demo people.

        Args:
            person: the key of who calls; None without a token.
            method: the HTTP method.
            path: from ``/v1`` on, or from the school on if it does not start there.
            body: sent as JSON.
            expect: the status that is promised.
            headers: further headers.
            token: instead of the person's own.

        Raises:
            UnexpectedError: another status came back.
        """
        where = path if path.startswith("/v1") else f"{self.school}{path}"
        bearer = token or (self.stage.token(person) if person else None)
        answer = http_client.call(method, f"{self.stage.api_url}{where}", token=bearer, body=body, headers=headers)
        if answer.status != expect:
            raise UnexpectedError(
                f"{method} {where} answered {answer.status}, not {expect}: {answer.body[:500].decode(errors='replace')}"
            )
        return answer

    def get(self, person: str, path: str) -> Any:
        """What a person reads."""
        return self.ask(person, "GET", path).json()

    def post(self, person: str, path: str, body: object = None, *, expect: int = 200, key: str = "") -> Any:
        """What a person does; with an Idempotency-Key of this journey if ``key`` names the request."""
        headers = {"idempotency-key": f"{self.name}-{key}"} if key else None
        return self.ask(person, "POST", path, body, expect=expect, headers=headers).json()

    def await_[T](self, what: str, look: Callable[[], T | None], seconds: float = PATIENCE_SECONDS) -> T:
        """Look until something is there that follows by itself.

        Raises:
            UnexpectedError: it did not come in time.
        """
        deadline = time.monotonic() + seconds
        while True:
            seen = look()
            if seen is not None:
                return seen
            if time.monotonic() > deadline:
                raise UnexpectedError(f"{what} did not come within {seconds:.0f} s")
            time.sleep(_LOOK_AGAIN_SECONDS)


def promise(holds: bool, what: str) -> None:
    """Hold the product to a promise.

    Raises:
        UnexpectedError: it does not hold.
    """
    if not holds:
        raise UnexpectedError(what)


def booking_window() -> dict[str, str]:
    """Families may book now, and for a month."""
    now = datetime.now(UTC).replace(microsecond=0)
    return {
        "opens_at": (now - timedelta(days=1)).isoformat().replace("+00:00", "Z"),
        "closes_at": (now + timedelta(days=30)).isoformat().replace("+00:00", "Z"),
    }


def if_match(event: dict[str, Any]) -> dict[str, str]:
    """The header that says which version of an event is changed."""
    return {"if-match": f'"{event["version"]}"'}
