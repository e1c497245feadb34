"""The CDK app: ``cdk synth -c stage=dev``, or without the command line ``python -m infra.app``."""

import os

from aws_cdk import App, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from infra.stacks.application import ApplicationStack
from infra.stacks.monitoring import MonitoringStack
from infra.stacks.stateful import StatefulStack
from infra.stages import MONITORING, Stage, context_file, stage_from


def make_app() -> App:
    """The app with the stacks of the stage that the context names."""
    app = App(context=context_file(), analytics_reporting=False)
    stage = stage_from(app.node.try_get_context)
    Tags.of(app).add("application", "school-events")
    Tags.of(app).add("stage", stage.name)
    _add_stacks(app, stage)
    if os.environ.get("CDK_VALIDATION") != "false":
        add_checks(app)
    return app


def add_checks(app: App) -> None:
    """Makes synthesis fail at anything cdk-nag finds and nobody has acknowledged (``infra/acknowledge.py``)."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def _add_stacks(app: App, stage: Stage) -> None:
    stateful = StatefulStack(app, stage)
    application = ApplicationStack(app, stage, stateful)
    if MONITORING in stage.stacks:
        MonitoringStack(app, stage, stateful, application)


if __name__ == "__main__":
    make_app().synth()
