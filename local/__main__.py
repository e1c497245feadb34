"""`python -m local`: start the local stage, and work with one that runs."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Never

from local import dead_letters, journey, snapshots
from local.aws.deploy import DeployFailedError
from local.demo_school import CAST, build, portal_messages
from local.deployed import NotRunningError
from local.journey import JourneyFailedError
from local.places import DEFAULT_PORT, Ports, PortTakenError
from local.processes import ProcessFailedError
from local.progress import Progress
from local.redeploy import redeploy
from local.running import NotSetUpError, local_stage
from local.sign_in.tokens import Flaw
from local.stage import LocalStage, NotAppliedError
from local.synth import SynthFailedError
from local.waiting import TooLateError
from local.welcome import welcome

# What can go wrong without being a fault of this program: one line says it better than a traceback.
EXPECTED = (
    DeployFailedError,
    NotAppliedError,
    NotRunningError,
    NotSetUpError,
    PortTakenError,
    ProcessFailedError,
    SynthFailedError,
    TooLateError,
)


def _up(options: argparse.Namespace) -> int:
    """Start everything, say what there is, and stay until Ctrl-C."""
    progress = Progress()
    try:
        with local_stage(Ports(options.port), progress, demo_school=not options.empty, fresh=options.fresh) as stage:
            progress.say(welcome(stage, progress.seconds))
            if not options.empty:
                _show_journey(stage, progress)
            progress.say("\nUp until Ctrl-C.")
            signal.pause()
    except KeyboardInterrupt:
        progress.say("\nThe local stage has stopped; its logs are kept.")
    return 0


def _journey(options: argparse.Namespace) -> int:
    """Start a stage, make the journey on it once, and stop; with --attach on the stage that runs."""
    progress = Progress()
    try:
        if options.attach:
            _travel(LocalStage.attach(Ports(options.port)), progress)
            return 0
        with local_stage(None, progress) as stage:
            _travel(stage, progress)
    except JourneyFailedError as error:
        progress.say(f"\n{error}")
        return 1
    return 0


def _show_journey(stage: LocalStage, progress: Progress) -> None:
    """The journey as part of starting: where it fails the stage stays up to be looked at."""
    try:
        _travel(stage, progress)
    except JourneyFailedError as error:
        progress.say(f"\n{error}")


def _travel(stage: LocalStage, progress: Progress) -> None:
    progress.say("\nThe journey")
    seconds = journey.run(stage, progress)
    progress.say(f"  The journey took {seconds:.1f} s.")


def _token(options: argparse.Namespace) -> int:
    """Write an access token to standard output."""
    stage = LocalStage.attach(Ports(options.port))
    if options.person not in stage.people:
        sys.stderr.write(f"nobody is called {options.person}: choose from {', '.join(stage.people)}\n")
        return 2
    lifetime = timedelta(minutes=options.minutes)
    sys.stdout.write(f"{stage.token(options.person, flaw=options.flaw, lifetime=lifetime)}\n")
    return 0


def _logs(options: argparse.Namespace) -> int:
    """Write what a function wrote."""
    stage = LocalStage.attach(Ports(options.port))
    if options.function not in stage.deployed.functions:
        sys.stderr.write(
            f"there is no function {options.function}: choose from {', '.join(stage.deployed.functions)}\n"
        )
        return 2
    for line in stage.function_logs(options.function)[-options.last :]:
        sys.stdout.write(f"{line.at:%H:%M:%S.%f} {line.text}\n")
    return 0


def _dlq(options: argparse.Namespace) -> int:
    """List dead-letter queues, show one, or send its letters back."""
    stage = LocalStage.attach(Ports(options.port))
    known = dead_letters.counts(stage)
    if options.action == "list":
        for name, count in known.items():
            sys.stdout.write(f"{name:<16} {count:>6}\n")
            reasons = dead_letters.reasons(stage, name) if count else {}
            sys.stdout.write("".join(f"{'':<16} {many:>6} {reason}\n" for reason, many in reasons.items()))
        return 0
    if options.queue not in known:
        sys.stderr.write(f"name one of the queues: {', '.join(known)}\n")
        return 2
    if options.action == "redrive":
        sys.stdout.write(f"{dead_letters.redrive(stage, options.queue)} sent back to {options.queue}\n")
        return 0
    for letter in dead_letters.show(stage, options.queue):
        sys.stdout.write(f"{letter.id} {letter.kind} {letter.reason or dead_letters.FAILED_TOO_OFTEN}\n")
        if options.body:
            sys.stdout.write(f"{letter.body}\n")
    return 0


def _snapshot(options: argparse.Namespace) -> int:
    """Publish today's snapshot as the Portal does, and show what became of it."""
    stage = LocalStage.attach(Ports(options.port))
    school = build(school_id=options.school)
    snapshot = snapshots.publish(stage, school.id, portal_messages(school), datetime.now(UTC))
    record = snapshots.report(stage, snapshot)
    sys.stdout.write(f"{json.dumps(record, indent=2)}\n")
    return 0 if record["state"] == "finished" else 1


def _redeploy(options: argparse.Namespace) -> int:
    """Bring the running stage up to what the files say."""
    redeploy(LocalStage.attach(Ports(options.port)), Progress())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    port = int(os.environ.get("PORT", DEFAULT_PORT))
    parser.add_argument("--port", type=int, default=port, help=f"the stage's first port ({DEFAULT_PORT}, or $PORT)")
    commands = parser.add_subparsers(required=True, metavar="command")
    up = commands.add_parser("up", help="start the local stage and stay until Ctrl-C")
    up.add_argument("--empty", action="store_true", help="without the demo school")
    up.add_argument("--fresh", action="store_true", help="publish the demo school even if its outcome was kept")
    up.set_defaults(run=_up)
    travel = commands.add_parser("journey", help="start a stage, make the journey once, stop; the exit code tells")
    travel.add_argument("--attach", action="store_true", help="on the stage that runs, instead of one of its own")
    travel.set_defaults(run=_journey)
    token = commands.add_parser("token", help="mint an access token for somebody")
    token.add_argument("person", help="key of somebody who can sign in, for example admin")
    token.add_argument("--minutes", type=int, default=60, help="how long it is good (60)")
    token.add_argument("--flaw", type=Flaw, choices=list(Flaw), help="what is to be wrong with it")
    token.set_defaults(run=_token)
    logs = commands.add_parser("logs", help="what a function wrote")
    logs.add_argument("function", help="name of its folder, for example bookings")
    logs.add_argument("--last", type=int, default=200, help="how many lines (200)")
    logs.set_defaults(run=_logs)
    letters = commands.add_parser("dlq", help="dead letters: list them, show them, send them back")
    letters.add_argument("action", choices=["list", "show", "redrive"])
    letters.add_argument("queue", nargs="?", default="", help="short name, for example portal")
    letters.add_argument("--body", action="store_true", help="show the messages themselves (they name people)")
    letters.set_defaults(run=_dlq)
    snapshot = commands.add_parser(
        "snapshot", help="publish today's snapshot as the Portal does, show what it put right"
    )
    snapshot.add_argument("--school", default=CAST.school_id, help="told as the demo school under another id")
    snapshot.set_defaults(run=_snapshot)
    again = commands.add_parser("redeploy", help="put changed code into the running stage")
    again.set_defaults(run=_redeploy)
    return parser


def _stop(_number: int, _frame: FrameType | None) -> Never:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    """Run one command. Returns the exit code: 0 done, 1 something was in the way, 2 asked wrongly."""
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _stop)
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except EXPECTED as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
