"""What must outlive a deployment: tables, buckets, secrets, buses and the keys that encrypt them."""

import json
from typing import cast

from aws_cdk import CfnOutput, Duration, Environment, RemovalPolicy, Stack, aws_events, aws_s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.keys import make_health_key, make_key
from infra.names import ACCESS_LOGS, BUS, PORTAL_BUS, STREAM_FAILURES, bucket_name, secret_name
from infra.spec import CURSOR, DOCUMENTS, EXPORTS, SENT, STRIPE_KEY, STRIPE_WEBHOOK
from infra.stages import REGION, STATEFUL, Stage
from infra.tables import TABLES, make_table


def _gone_after(days: int, prefix: str | None = None) -> aws_s3.LifecycleRule:
    """Objects are deleted after so many days, and what of them was never completed."""
    return aws_s3.LifecycleRule(
        prefix=prefix,
        expiration=Duration.days(days),
        noncurrent_version_expiration=Duration.days(1) if prefix else None,
        abort_incomplete_multipart_upload_after=Duration.days(1),
    )


# What is deleted can be brought back for as long as the tables can be restored to the same moment, and then is gone.
_DOCUMENT_RULES = (
    _gone_after(1, SENT),
    aws_s3.LifecycleRule(noncurrent_version_expiration=Duration.days(35), expired_object_delete_marker=True),
)


# A browser that the API leads on to a link says that it comes from the origin "null" (WHATWG Fetch, "serializing a
# request origin"), so no list of origins can hold it. What lets somebody in is the link; no cookie goes with it.
_LINKS_ARE_FOLLOWED = aws_s3.CorsRule(allowed_methods=[aws_s3.HttpMethods.GET], allowed_origins=["*"], max_age=3600)


def _files_are_sent(stage: Stage) -> aws_s3.CorsRule:
    """The web apps send files to a bucket, from their own origins."""
    return aws_s3.CorsRule(
        allowed_methods=[aws_s3.HttpMethods.POST],
        allowed_origins=list(stage.origins),
        allowed_headers=["*"],
        max_age=3600,
    )


class StatefulStack(Stack):
    """Tables, buckets, secrets, buses and their key."""

    def __init__(self, scope: Construct, stage: Stage) -> None:
        super().__init__(
            scope,
            STATEFUL.capitalize(),
            stack_name=stage.stack_name(STATEFUL),
            env=Environment(region=REGION),
            description="School Events: tables, buckets, secrets, buses",
            termination_protection=stage.keep_data,
        )
        self.stage_settings = stage
        self.key = make_key(self, stage)
        self.health_key = make_health_key(self, stage)
        self.tables = {shape.name: make_table(self, shape, stage, self.key) for shape in TABLES}
        self.bus = aws_events.EventBus(self, "Bus", event_bus_name=BUS)
        self.portal_bus = aws_events.EventBus(self, "PortalBus", event_bus_name=PORTAL_BUS)
        self.secrets = self._secrets()
        access_logs = self._access_log_bucket()
        self.buckets: dict[str, aws_s3.IBucket] = {
            EXPORTS: self._bucket(EXPORTS, access_logs, (_gone_after(1),), cors=(_LINKS_ARE_FOLLOWED,)),
            DOCUMENTS: self._bucket(
                DOCUMENTS,
                access_logs,
                _DOCUMENT_RULES,
                versioned=True,
                cors=(_files_are_sent(stage), _LINKS_ARE_FOLLOWED),
            ),
        }
        self.stream_failures = self._bucket(STREAM_FAILURES, access_logs, (_gone_after(30),))
        self._outputs()

    def _secrets(self) -> dict[str, secretsmanager.Secret]:
        """Secrets as they are on the first day: Stripe's are empty, so all is refused until they are filled in."""
        first_contents: dict[str, dict[str, object]] = {
            STRIPE_KEY.secret: {"api_key": ""},
            STRIPE_WEBHOOK.secret: {"signing_secrets": [], "livemode": False},
        }
        made = {name: self._secret(name, content) for name, content in first_contents.items()}
        made[CURSOR.secret] = self._generated_secret(CURSOR.secret)
        return made

    def _secret(self, variable: str, content: dict[str, object]) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            variable.title().replace("_", ""),
            secret_name=secret_name(self.stage_settings, variable),
            encryption_key=self.key,
            removal_policy=self._removal(),
        )
        cfn = cast("secretsmanager.CfnSecret", secret.node.default_child)
        cfn.generate_secret_string = None
        cfn.secret_string = json.dumps(content)
        acknowledge(
            secret, "AwsSolutions-SMG4", "Stripe makes this value: it is rolled in Stripe's dashboard, then here"
        )
        return secret

    def _generated_secret(self, variable: str) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            variable.title().replace("_", ""),
            secret_name=secret_name(self.stage_settings, variable),
            encryption_key=self.key,
            removal_policy=self._removal(),
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({}),
                generate_string_key="key",
                exclude_punctuation=True,
                password_length=64,
            ),
        )
        acknowledge(
            secret, "AwsSolutions-SMG4", "It signs list cursors only: a new value would end every list half-read"
        )
        return secret

    def _access_log_bucket(self) -> aws_s3.Bucket:
        bucket = aws_s3.Bucket(
            self,
            "AccessLogs",
            bucket_name=bucket_name(self.stage_settings, ACCESS_LOGS),
            encryption=aws_s3.BucketEncryption.S3_MANAGED,
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=aws_s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=self.stage_settings.require_tls,
            lifecycle_rules=[aws_s3.LifecycleRule(expiration=Duration.days(90))],
            removal_policy=self._removal(),
        )
        self._accept_plain_http(bucket)
        return bucket

    def _bucket(
        self,
        name: str,
        access_logs: aws_s3.Bucket,
        rules: tuple[aws_s3.LifecycleRule, ...],
        *,
        versioned: bool = False,
        cors: tuple[aws_s3.CorsRule, ...] = (),
    ) -> aws_s3.Bucket:
        bucket = aws_s3.Bucket(
            self,
            name.title().replace("-", ""),
            bucket_name=bucket_name(self.stage_settings, name),
            encryption=aws_s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=aws_s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=self.stage_settings.require_tls,
            versioned=versioned,
            lifecycle_rules=list(rules),
            cors=list(cors),
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{name}/",
            removal_policy=self._removal(),
        )
        self._accept_plain_http(bucket)
        return bucket

    def _accept_plain_http(self, bucket: aws_s3.Bucket) -> None:
        if not self.stage_settings.require_tls:
            acknowledge(bucket, "AwsSolutions-S10", "The embedded AWS of the local stage speaks plain HTTP on loopback")

    def _removal(self) -> RemovalPolicy:
        return RemovalPolicy.RETAIN if self.stage_settings.keep_data else RemovalPolicy.DESTROY

    def _outputs(self) -> None:
        for name, table in self.tables.items():
            CfnOutput(self, f"{name.capitalize()}TableName", value=table.table_name)
        CfnOutput(self, "BusName", value=self.bus.event_bus_name)
        CfnOutput(self, "PortalBusName", value=self.portal_bus.event_bus_name)
        for name, bucket in self.buckets.items():
            CfnOutput(self, f"{name.capitalize()}BucketName", value=bucket.bucket_name)
        CfnOutput(self, "StreamFailuresBucketName", value=self.stream_failures.bucket_name)
        CfnOutput(self, "KeyArn", value=self.key.key_arn)
        CfnOutput(self, "HealthKeyArn", value=self.health_key.key_arn)
        for variable in self.secrets:
            CfnOutput(
                self, f"{variable.title().replace('_', '')}Name", value=secret_name(self.stage_settings, variable)
            )
