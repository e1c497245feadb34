"""What a person reads once the local stage is up."""

from __future__ import annotations

from local.demo_school import CAST
from local.places import DEFAULT_PORT, REPOSITORY
from local.stage import LocalStage

_TEXT = """
Up in {seconds:.1f} s.

  HTTP API       {api}/v1           page to try it: {api}/v1/docs
  sign-in        {sign_in}
  local Stripe   {stripe}
  embedded AWS   {aws}           region eu-west-2, access key and secret 000000000000
  demo school    {school}, its Portal messages in {messages}
  logs           {logs}           and: .venv/bin/python -m local {port}logs bookings

Who can sign in (.venv/bin/python -m local {port}token <key>):
{people}

Try:
  TOKEN=$(.venv/bin/python -m local {port}token admin)
  curl -s {api}/v1/health
  curl -s -H "Authorization: Bearer $TOKEN" {api}/v1/me
  curl -s -H "Authorization: Bearer $TOKEN" '{api}/v1/schools/{school}/pupils?limit=3'

In another terminal: make redeploy{make_port} after a change of code; .venv/bin/python -m local {port}dlq list
The Portal's nightly snapshot, now: .venv/bin/python -m local {port}snapshot
"""


def welcome(stage: LocalStage, seconds: float) -> str:
    """The text for a stage that took so many seconds to start."""
    first = stage.ports.first
    return _TEXT.format(
        seconds=seconds,
        api=stage.api_url,
        sign_in=stage.sign_in_url,
        stripe=stage.stripe_url,
        aws=stage.aws_url,
        school=CAST.school_id,
        messages=(stage.folder.path / "demo-school").relative_to(REPOSITORY),
        logs=stage.folder.logs.relative_to(REPOSITORY),
        make_port="" if first == DEFAULT_PORT else f" PORT={first}",
        port="" if first == DEFAULT_PORT else f"--port {first} ",
        people="\n".join(f"  {key:<20} {person.name}, {person.description}" for key, person in stage.people.items()),
    )
