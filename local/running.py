"""Start a whole local stage, and stop it without leaving anything behind."""

from __future__ import annotations

import io
import json
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from infra.spec import CURSOR, STRIPE_KEY, STRIPE_WEBHOOK
from local.aws import assembly, deploy, emulator
from local.aws.clients import Clients
from local.aws.localise import LocalStack, localise
from local.aws.reapply import reapply
from local.demo_school import DemoSchool, build, portal_messages
from local.demo_school.__main__ import write_files
from local.deployed import Deployed, deployed_functions, local_stage_settings
from local.front import ApiFront
from local.places import BUILD, REPOSITORY, Ports, RunFolder, free_ports
from local.processes import Process
from local.progress import Progress
from local.stage import PEOPLE_FILE, SIGN_IN_KEYS, LocalStage, NotAppliedError
from local.stripe.running import WEBHOOK_SECRET
from local.synth import synthesise, template_hash

START_SECONDS = 20.0
LOAD_SECONDS = 300.0
STRIPE_KEY_VALUE = "sk_test_local"
_ENVIRONMENTS = {
    "emulator": emulator.ENVIRONMENT / "bin" / "ministack",
    "runtime": BUILD / "runtime" / "bin" / "python",
}


class NotSetUpError(Exception):
    """Something `make setup` makes is not there."""


@contextmanager
def local_stage(
    ports: Ports | None = None, progress: Progress | None = None, *, demo_school: bool = True
) -> Iterator[LocalStage]:
    """A local stage that runs as long as the block.

    Args:
        ports: where it listens; None takes four free ones.
        progress: who is told of each step; None tells nobody.
        demo_school: whether the demo school is published on the Portal's bus and waited for.

    Raises:
        NotSetUpError: `make setup` has not run.
        PortTakenError: another program listens on one of the ports.
        ProcessFailedError: a process did not start.
        SynthFailedError: the CDK app has an error.
        DeployFailedError: CloudFormation refused a stack.
        NotAppliedError: the demo school was not applied in time, or not all of it.
    """
    ports = ports or free_ports()
    progress = progress or Progress(io.StringIO())
    _check_set_up()
    ports.check_free()
    folder = RunFolder.of(ports)
    shutil.rmtree(folder.path, ignore_errors=True)
    folder.logs.mkdir(parents=True)
    with ExitStack() as running:
        running.callback(_clean_up, folder)
        stage = _start(ports, folder, progress, running)
        if demo_school:
            _load(stage, build(), progress)
        yield stage


def _check_set_up() -> None:
    for name, file in _ENVIRONMENTS.items():
        if not file.exists():
            raise NotSetUpError(f"the {name} environment is missing: run make setup")


def _clean_up(folder: RunFolder) -> None:
    shutil.rmtree(folder.scratch, ignore_errors=True)
    folder.deployed.unlink(missing_ok=True)


def _keep_function_logs(stage: LocalStage) -> None:
    """Write what functions wrote next to the processes' logs: the embedded AWS forgets it when it stops."""
    for name in stage.deployed.functions:
        lines = stage.function_logs(name)
        if lines:
            text = "".join(f"{line.at.isoformat()} {line.text}\n" for line in lines)
            (stage.folder.logs / f"function-{name}.log").write_text(text, encoding="utf-8")


def _start(ports: Ports, folder: RunFolder, progress: Progress, running: ExitStack) -> LocalStage:
    with progress.step("demo school made") as step:
        demo_school = folder.path / "demo-school"
        write_files(build(), demo_school)
        step.detail = _shown(demo_school)
    processes = _start_processes(ports, folder, running)
    with progress.step("template synthesised") as step:
        assembly_folder, made = synthesise(ports)
        step.detail = "" if made else "unchanged"
    with progress.step("embedded AWS, sign-in and local Stripe started"):
        for process, url in processes:
            process.wait_until_answers(url, START_SECONDS)
    stage = LocalStage(ports, _deploy(ports, assembly_folder, progress))
    stage.deployed.save(folder)
    front = ApiFront(ports.api, f"{stage.aws_url}/_aws/execute-api/{stage.deployed.outputs['ApiId']}/$default")
    front.start()
    running.callback(front.stop)
    running.callback(_keep_function_logs, stage)
    with progress.step("secrets and push application set"):
        _fill_secrets(stage)
        _make_push_application(stage)
    return stage


def _start_processes(ports: Ports, folder: RunFolder, running: ExitStack) -> list[tuple[Process, str]]:
    """Start all three at once; each answers while the template is synthesised. Stopped in the opposite order."""
    aws = emulator.start(ports, folder)
    running.callback(aws.stop)
    sign_in = _python(
        folder,
        "sign-in",
        *("local.sign_in", "--port", str(ports.sign_in)),
        *("--people", str(folder.path / PEOPLE_FILE), "--keys", str(SIGN_IN_KEYS)),
    )
    running.callback(sign_in.stop)
    webhooks = f"{ports.url(ports.api)}/v1/webhooks/stripe"
    stripe = _python(folder, "stripe", "local.stripe", "--port", str(ports.stripe), "--webhook-url", webhooks)
    running.callback(stripe.stop)
    return [
        (aws, f"{ports.url(ports.aws)}{emulator.HEALTH}"),
        (sign_in, f"{ports.url(ports.sign_in)}/.well-known/openid-configuration"),
        (stripe, ports.url(ports.stripe)),
    ]


def _python(folder: RunFolder, name: str, *arguments: str) -> Process:
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
    return Process.start(name, [sys.executable, "-m", *arguments], environment, REPOSITORY, folder.logs / f"{name}.log")


def _deploy(ports: Ports, assembly_folder: Path, progress: Progress) -> Deployed:
    clients = Clients(ports.url(ports.aws))
    deploy.prepare(clients)
    return deploy_stacks(clients, assembly_folder, progress)


def deploy_stacks(clients: Clients, assembly_folder: Path, progress: Progress) -> Deployed:
    """Create or update every stack of a cloud assembly, and put back what the emulator's CloudFormation dropped."""
    outputs: dict[str, str] = {}
    stacks: list[LocalStack] = []
    for synthesised in assembly.read(assembly_folder):
        with progress.step(f"stack {synthesised.name} deployed") as step:
            stack = localise(synthesised)
            physical = deploy.deploy(clients, stack)
            reapply(clients, stack, physical)
            outputs |= deploy.outputs(clients, stack.name)
            stacks.append(stack)
            step.detail = f"{len(physical)} resources, {len(stack.functions)} functions"
    return Deployed(outputs, template_hash(), deployed_functions(stacks))


def _fill_secrets(stage: LocalStage) -> None:
    """Fill in what an operator fills in on AWS after the first deployment."""
    contents: dict[str, dict[str, object]] = {
        STRIPE_KEY.secret: {"api_key": STRIPE_KEY_VALUE},
        STRIPE_WEBHOOK.secret: {"signing_secrets": [WEBHOOK_SECRET], "livemode": False},
        CURSOR.secret: {"key": secrets.token_urlsafe(48)},
    }
    for variable, content in contents.items():
        name = stage.deployed.outputs[f"{variable.title().replace('_', '')}Name"]
        stage.client("secretsmanager").put_secret_value(SecretId=name, SecretString=json.dumps(content))


def _make_push_application(stage: LocalStage) -> None:
    """SNS platform applications have no CloudFormation resource, so on AWS too they are made by hand."""
    platform, name = local_stage_settings().push_application.split("/")
    stage.client("sns").create_platform_application(
        Name=name, Platform=platform, Attributes={"PlatformCredential": "local"}
    )


def _load(stage: LocalStage, school: DemoSchool, progress: Progress) -> None:
    messages = list(portal_messages(school))
    with progress.step("demo school published on the Portal's bus") as step:
        stage.publish(messages)
        step.detail = f"{len(messages):,} messages"
    with progress.step("demo school applied") as step:
        stage.wait_until_empty("portal", LOAD_SECONDS, lambda left: step.waiting_for(f"({left:,} messages left)"))
        refused = stage.waiting("portal-dlq")
        if refused:
            raise NotAppliedError(
                f"{refused} of {len(messages)} messages were refused: python -m local dlq show portal"
            )


def _shown(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))
