"""What runs: functions, queues, the rule for the Portal's messages, the HTTP API."""

from aws_cdk import CfnOutput, Environment, Stack, aws_events
from constructs import Construct

from infra import messages
from infra.assets import LAYERS
from infra.capabilities import CAPABILITIES
from infra.function import make_function, make_layers
from infra.grants import Resources
from infra.http_api import make_http_api
from infra.names import portal_rule_name
from infra.queues import make_queues
from infra.spec import PORTAL_QUEUE
from infra.stacks.stateful import StatefulStack
from infra.stages import APPLICATION, REGION, Stage
from infra.triggers import add_triggers


class ApplicationStack(Stack):
    """Functions, queues, the Portal's rule, the HTTP API."""

    def __init__(self, scope: Construct, stage: Stage, stateful: StatefulStack) -> None:
        super().__init__(
            scope,
            APPLICATION.capitalize(),
            stack_name=stage.stack_name(APPLICATION),
            env=Environment(region=REGION),
            description="School Events: functions, queues, HTTP API",
        )
        self.queues = make_queues(self, stage, CAPABILITIES, stateful.key)
        self.resources = Resources(
            stack=self,
            stage=stage,
            key=stateful.key,
            health_key=stateful.health_key,
            tables=stateful.tables,
            queues=self.queues,
            bus=stateful.bus,
            buckets=stateful.buckets,
            stream_failures=stateful.stream_failures,
        )
        layers = make_layers(self, LAYERS, stage)
        self.functions = {
            capability.name: make_function(self, capability, self.resources, layers) for capability in CAPABILITIES
        }
        for capability in CAPABILITIES:
            add_triggers(self, capability, self.functions[capability.name], self.resources)
        self._portal_rule(stateful)
        self.api = make_http_api(self, self.resources, self.functions, CAPABILITIES)
        self._outputs()

    def _portal_rule(self, stateful: StatefulStack) -> None:
        """Puts whatever is on the Portal's bus into the queue; what cannot be delivered goes to its dead letters."""
        pair = self.queues[PORTAL_QUEUE]
        rule = aws_events.CfnRule(
            self,
            "PortalRule",
            name=portal_rule_name(self.resources.stage),
            description="All that is on the Portal's bus, into the queue of portal_sync",
            event_bus_name=stateful.portal_bus.event_bus_name,
            event_pattern=messages.EVERYTHING,
            targets=[
                aws_events.CfnRule.TargetProperty(
                    id="queue",
                    arn=pair.queue.queue_arn,
                    dead_letter_config=aws_events.CfnRule.DeadLetterConfigProperty(arn=pair.dead.queue_arn),
                )
            ],
        )
        # Without its queue's policy the rule would throw the first messages away.
        rule.node.add_dependency(pair.queue, pair.dead)

    def _outputs(self) -> None:
        CfnOutput(self, "ApiId", value=self.api.api_id)
        CfnOutput(self, "ApiUrl", value=self.api.api_endpoint)
        for name, pair in self.queues.items():
            title = name.title().replace("-", "")
            CfnOutput(self, f"{title}QueueUrl", value=pair.queue.queue_url)
            CfnOutput(self, f"{title}DeadLettersUrl", value=pair.dead.queue_url)
        for name, function in self.functions.items():
            CfnOutput(self, f"{name.title().replace('_', '')}FunctionName", value=function.function_name)
