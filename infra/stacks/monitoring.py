"""What watches and what documents: alarms, dashboard, the registry of message schemas. Not in the local stage."""

from aws_cdk import CfnOutput, Environment, Stack, aws_eventschemas, aws_iam, aws_sns
from aws_cdk.aws_sns_subscriptions import EmailSubscription
from constructs import Construct

from infra import messages
from infra.capabilities import CAPABILITIES
from infra.dashboard import make_dashboard
from infra.monitoring import add_alarms, alarm_rules
from infra.stacks.application import ApplicationStack
from infra.stacks.stateful import StatefulStack
from infra.stages import MONITORING, REGION, Stage


class MonitoringStack(Stack):
    """Alarms, dashboard, schema registry."""

    def __init__(self, scope: Construct, stage: Stage, stateful: StatefulStack, application: ApplicationStack) -> None:
        super().__init__(
            scope,
            MONITORING.capitalize(),
            stack_name=stage.stack_name(MONITORING),
            env=Environment(region=REGION),
            description="School Events: alarms, dashboard, schema registry",
        )
        topic = aws_sns.Topic(
            self, "Alarms", topic_name=stage.physical("alarms"), master_key=stateful.key, enforce_ssl=True
        )
        topic.add_to_resource_policy(_alarms_may_speak(self, topic))
        if stage.alarm_email:
            topic.add_subscription(EmailSubscription(stage.alarm_email))
        api_id = application.api.api_id
        add_alarms(self, alarm_rules(stage, CAPABILITIES, api_id), stage, topic)
        make_dashboard(self, stage, CAPABILITIES, api_id)
        self._schema_registry(stage)
        CfnOutput(self, "AlarmTopicArn", value=topic.topic_arn)

    def _schema_registry(self, stage: Stage) -> None:
        registry = aws_eventschemas.CfnRegistry(
            self,
            "Registry",
            registry_name=stage.physical("messages"),
            description="What we accept from the Portal and what we tell others",
        )
        for source in messages.SOURCES:
            for schema in messages.schemas(source):
                entry = aws_eventschemas.CfnSchema(
                    self,
                    f"Schema{source.title().replace('_', '')}{schema.type}{schema.version.upper()}",
                    registry_name=stage.physical("messages"),
                    schema_name=f"{source}@{schema.type}-{schema.version}",
                    type="JSONSchemaDraft4",
                    content=schema.path.read_text(),
                )
                entry.add_resource_dependency(registry)


def _alarms_may_speak(stack: Stack, topic: aws_sns.Topic) -> aws_iam.PolicyStatement:
    return aws_iam.PolicyStatement(
        sid="AlarmsOfThisAccount",
        principals=[aws_iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=["sns:Publish"],
        resources=[topic.topic_arn],
        conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
    )
