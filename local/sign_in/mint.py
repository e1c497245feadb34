"""Mints a token on the command line: `python -m local.sign_in.mint --keys build/sign-in --people people.json admin`."""

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .keys import SigningKey
from .people import load_people
from .tokens import LIFETIME, Flaw, Issuer, mint


def main(arguments: list[str]) -> int:
    """Writes one token to standard output. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.sign_in.mint", description=__doc__)
    parser.add_argument("person", help="key of the person in the people file, for example admin")
    parser.add_argument("--people", type=Path, required=True, help="JSON file of the people who can sign in")
    parser.add_argument("--keys", type=Path, required=True, help="folder with the sign-in's key")
    parser.add_argument("--issuer", default="http://127.0.0.1:8401", help="the iss of the token")
    parser.add_argument("--audience", default="school-events", help="the aud of the token")
    parser.add_argument("--minutes", type=int, default=int(LIFETIME.total_seconds() // 60), help="how long it is good")
    parser.add_argument("--flaw", type=Flaw, choices=list(Flaw), help="make a bad token, for trying out refusals")
    options = parser.parse_args(arguments)
    people = load_people(options.people)
    if options.person not in people:
        parser.error(f"nobody is called {options.person}: choose from {', '.join(people)}")
    issuer = Issuer(options.issuer, options.audience, SigningKey.kept_in(options.keys))
    lifetime = timedelta(minutes=options.minutes)
    token = mint(people[options.person], issuer, datetime.now(UTC), flaw=options.flaw, lifetime=lifetime)
    sys.stdout.write(f"{token}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
