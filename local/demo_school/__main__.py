"""Writes the demo school's messages to files: `python -m local.demo_school --out build/demo-school`."""

import argparse
import json
import sys
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from local.sign_in.people import save_people

from .cast import CAST, sign_in_people
from .messages import portal_messages
from .school import DEFAULT_SEED, DemoSchool, build


def write_files(school: DemoSchool, folder: Path) -> list[Path]:
    """Writes the messages, one JSON object a line, in numbered files in the order they are to be published.

    Next to them goes `people.json` (who can sign in) and `cast.json` (identifiers by part).

    Returns:
        The files with messages.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, (name, messages) in enumerate(groupby(portal_messages(school), key=lambda message: message.type), 1):
        path = folder / f"{number:02d}-{name}.jsonl"
        path.write_text("".join(f"{message.line()}\n" for message in messages), encoding="utf-8")
        written.append(path)
    save_people(sign_in_people(school), folder / "people.json")
    (folder / "cast.json").write_text(json.dumps(asdict(CAST), indent=2) + "\n", encoding="utf-8")
    return written


def main(arguments: list[str]) -> int:
    """Writes the files and tells what they hold. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.demo_school", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/demo-school"), help="folder for the files")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="another seed gives another school")
    options = parser.parse_args(arguments)
    for path in write_files(build(options.seed), options.out):
        count = len(path.read_text(encoding="utf-8").splitlines())
        sys.stdout.write(f"{path}  {count:>5} messages\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
