"""Start a whole local stage, and stop it without leaving anything behind."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from local import kept
from local.aws import emulator
from local.demo_school import PortalMessage, build, portal_messages
from local.demo_school.__main__ import write_files
from local.deployed import Deployed
from local.deployment import deploy_product
from local.front import ApiFront
from local.places import BUILD, REPOSITORY, Ports, RunFolder, free_ports
from local.processes import Process
from local.progress import Progress
from local.stage import PEOPLE_FILE, SIGN_IN_KEYS, LocalStage, NotAppliedError
from local.synth import synthesise

START_SECONDS = 60.0
LOAD_SECONDS = 300.0
_ENVIRONMENTS = {
    "emulator": emulator.ENVIRONMENT / "bin" / "ministack",
    "runtime": BUILD / "runtime" / "bin" / "python",
}


class NotSetUpError(Exception):
    """Something `make setup` makes is not there."""


@contextmanager
def local_stage(
    ports: Ports | None = None, progress: Progress | None = None, *, demo_school: bool = True, fresh: bool = False
) -> Iterator[LocalStage]:
    """A local stage that runs as long as the block.

    Args:
        ports: where it listens; None takes four free ones.
        progress: who is told of each step; None tells nobody.
        demo_school: whether the demo school is published on the Portal's bus and waited for.
        fresh: whether to do that even if its outcome was kept by an earlier start.

    Raises:
        NotSetUpError: `make setup` has not run.
        PortTakenError: another program listens on one of the ports.
        ProcessFailedError: a process did not start.
        SynthFailedError: the CDK app has an error.
        DeployFailedError: CloudFormation refused a stack.
        NotAppliedError: the demo school was not applied in time, or not all of it.
    """
    ports = ports or free_ports()
    _check_set_up()
    ports.check_free()
    folder = RunFolder.of(ports)
    shutil.rmtree(folder.path, ignore_errors=True)
    folder.logs.mkdir(parents=True)
    with ExitStack() as running:
        running.callback(_clean_up, folder)
        start = _Start(ports, folder, progress or Progress(io.StringIO()), running)
        yield start.run(demo_school=demo_school, fresh=fresh)


def _check_set_up() -> None:
    for name, file in _ENVIRONMENTS.items():
        if not file.exists():
            raise NotSetUpError(f"the {name} environment is missing: run make setup")


def _clean_up(folder: RunFolder) -> None:
    shutil.rmtree(folder.scratch, ignore_errors=True)
    folder.deployed.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Start:
    """One start of a stage; what it starts is stopped by `running`."""

    ports: Ports
    folder: RunFolder
    progress: Progress
    running: ExitStack

    def run(self, *, demo_school: bool, fresh: bool) -> LocalStage:
        """Start everything."""
        messages = self._demo_school()
        self._neighbours()
        key = kept.key_of(self.ports, messages) if demo_school else ""
        stage = self._restored(key) if kept.is_kept(key) and not fresh else self._fresh(key, messages)
        self._serve(stage)
        return stage

    def _demo_school(self) -> Sequence[PortalMessage]:
        with self.progress.step("demo school made") as step:
            school = build()
            write_files(school, self.folder.path / PEOPLE_FILE.parent)
            messages = list(portal_messages(school))
            step.detail = f"{len(messages):,} Portal messages in {_shown(self.folder.path / PEOPLE_FILE.parent)}"
        return messages

    def _neighbours(self) -> None:
        """Sign-in and Stripe; both answer long before anybody asks them."""
        sign_in = ("--people", str(self.folder.path / PEOPLE_FILE), "--keys", str(SIGN_IN_KEYS))
        webhooks = ("--webhook-url", f"{self.ports.url(self.ports.api)}/v1/webhooks/stripe")
        with self.progress.step("sign-in and local Stripe started"):
            started = [
                self._python("sign_in", self.ports.sign_in, *sign_in),
                self._python("stripe", self.ports.stripe, *webhooks),
            ]
            for process, port in zip(started, (self.ports.sign_in, self.ports.stripe), strict=True):
                process.wait_until_answers(f"{self.ports.url(port)}/", START_SECONDS)

    def _python(self, name: str, port: int, *arguments: str) -> Process:
        process = Process.start(
            name,
            [sys.executable, "-m", f"local.{name}", "--port", str(port), *arguments],
            {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"},
            REPOSITORY,
            self.folder.logs / f"{name}.log",
        )
        self.running.callback(process.stop)
        return process

    def _emulator(self) -> Process:
        process = emulator.start(self.ports, self.folder)
        self.running.callback(process.kill)
        process.wait_until_answers(f"{self.ports.url(self.ports.aws)}{emulator.HEALTH}", START_SECONDS)
        return process

    def _fresh(self, key: str, messages: Sequence[PortalMessage]) -> LocalStage:
        """Deploy, load, and keep the outcome under `key`; without a key, deploy only."""
        with self.progress.step("template synthesised") as step:
            assembly_folder, made = synthesise(self.ports)
            step.detail = "" if made else "unchanged"
        with self.progress.step("embedded AWS started"):
            process = self._emulator()
        stage = deploy_product(self.ports, assembly_folder, self.progress)
        stage.deployed.save(self.folder)
        if key:
            self._load(stage, messages)
            self._keep(key, process)
        return stage

    def _keep(self, key: str, process: Process) -> None:
        with self.progress.step("outcome kept for the next start") as step:
            try:
                emulator.save(process, self.folder)
                kept.keep(key, self.folder)
            except emulator.NotSavedError as error:
                # The next start takes longer, and that is all.
                step.detail = f"not possible this time: {str(error).splitlines()[-1]}"

    def _load(self, stage: LocalStage, messages: Sequence[PortalMessage]) -> None:
        with self.progress.step("demo school published on the Portal's bus"):
            stage.publish(messages)
        with self.progress.step("demo school applied") as step:
            stage.wait_until_empty("portal", LOAD_SECONDS, lambda left: step.waiting_for(f"({left:,} messages left)"))
            step.waiting_for("(what follows from it)")
            stage.wait_until_quiet(LOAD_SECONDS)
            if refused := stage.waiting("portal-dlq"):
                raise NotAppliedError(f"{refused} of {len(messages)} messages are dead letters: see {self.folder.logs}")

    def _restored(self, key: str) -> LocalStage:
        with self.progress.step("embedded AWS started") as step:
            kept.restore(key, self.folder)
            self._emulator()
            step.detail = (
                "with the school as its messages left it at an earlier start (make run FRESH=1 tells it again)"
            )
        return LocalStage(self.ports, Deployed.load(self.ports))

    def _serve(self, stage: LocalStage) -> None:
        """Give the HTTP API its address, and see that what functions wrote is kept."""
        front = ApiFront(self.ports.api, f"{stage.aws_url}/_aws/execute-api/{stage.deployed.outputs['ApiId']}/$default")
        front.start()
        self.running.callback(front.stop)
        self.running.callback(_keep_function_logs, stage)


def _keep_function_logs(stage: LocalStage) -> None:
    """Write what functions wrote next to the processes' logs: the embedded AWS forgets it when it stops."""
    for name in stage.deployed.functions:
        lines = stage.function_logs(name)
        if lines:
            text = "".join(f"{line.at.isoformat()} {line.text}\n" for line in lines)
            (stage.folder.logs / f"function-{name}.log").write_text(text, encoding="utf-8")


def _shown(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))
