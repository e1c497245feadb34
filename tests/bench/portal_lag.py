"""From the Portal's bus to the API: how long after a message was published it can be read (A1).

One message at a time on an otherwise idle local stage, asked for through the API again and again until it is there.
Bus, queue, table and functions share this machine's processors; on AWS they do not, but are further apart.
"""

from __future__ import annotations

import time
from statistics import median, quantiles

from local import http_client
from local.demo_school import PortalMessage
from local.running import local_stage
from local.sign_in.people import Person
from local.stage import LocalStage, NotAppliedError

_MESSAGES = 60
_REPETITIONS = 3
_SCHOOL = "bench-school"
_ADMIN = Person("admin", "Ada Min", "", "admin@bench.test", (f"{_SCHOOL}:stf-1:school_admin",))
_AUTHORISED = ("pupil_name", "year_group", "registration_group", "staff")
_MOST_SECONDS = 30.0


def run() -> dict[str, float | int]:
    """p50 and p95 in milliseconds, each the median of three repetitions, with the spread between them."""
    with local_stage(demo_school=False) as stage:
        _announce(stage)
        series = [_a_series(stage, number) for number in range(_REPETITIONS)]
    p50 = [median(one) for one in series]
    p95 = [quantiles(one, n=20)[-1] for one in series]
    return {
        "portal lag: messages": _MESSAGES * _REPETITIONS,
        "portal lag: publish to readable, p50 ms": median(p50),
        "portal lag: publish to readable, p95 ms": median(p95),
        "portal lag: p95 of three repetitions, spread %": (max(p95) - min(p95)) / median(p95) * 100,
    }


def _announce(stage: LocalStage) -> None:
    school = {"name": "Bench School", "time_zone": "Europe/London", "nation": "ENG", "parents_mfa_exempt": False}
    member = {"id": "stf-1", "first_name": "Ada", "last_name": "Min", "email": "admin@bench.test", "role": "Head"}
    stage.publish(
        [
            _message("SchoolUpdated", "school", {"school": {**school, "authorised_categories": list(_AUTHORISED)}}),
            _message("StaffChanged", "staff", {"staff": {**member, "app_roles": ["school_admin"]}}),
        ]
    )
    _read_until_there(stage, "/staff", stage.token(_ADMIN))


def _a_series(stage: LocalStage, number: int) -> list[float]:
    lags = []
    token = stage.token(_ADMIN)
    for one in range(_MESSAGES):
        pupil_id = f"pup-{number}-{one:03d}"
        pupil = {"id": pupil_id, "first_name": "Shiv", "last_name": "O'Connor-Lee", "year_group": "Year 8"}
        message = _message("PupilChanged", pupil_id, {"pupil": pupil})
        began = time.perf_counter()
        stage.publish([message])
        _read_until_there(stage, f"/pupils/{pupil_id}", token)
        lags.append((time.perf_counter() - began) * 1000)
    return lags


def _message(kind: str, name: str, content: dict[str, object]) -> PortalMessage:
    envelope = {"school_id": _SCHOOL, "message_id": f"msg-{name}", "occurred_at": "2026-09-14T08:30:00Z", "version": 1}
    return PortalMessage(kind, {**envelope, **content})


def _read_until_there(stage: LocalStage, path: str, token: str) -> None:
    """Ask again at once: what is measured is shorter than the pause that waiting elsewhere makes."""
    url = f"{stage.api_url}/v1/schools/{_SCHOOL}{path}"
    deadline = time.monotonic() + _MOST_SECONDS
    while http_client.call("GET", url, token=token).status != 200:
        if time.monotonic() > deadline:
            raise NotAppliedError(f"{path} cannot be read {_MOST_SECONDS:.0f} s after it was published")
