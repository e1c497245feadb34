"""An AWS with doors of its own takes calls that are made without botocore."""

import json

from school_events.core import aws, thin_aws
from tests.support.embedded_aws import EmbeddedAws


def test_a_queue_and_a_secret_are_reached_without_botocore(embedded: EmbeddedAws) -> None:
    with embedded.used():
        queue_url = aws.client("sqs").create_queue(QueueName="thin")["QueueUrl"]
        aws.client("secretsmanager").create_secret(Name="thin", SecretString=json.dumps({"livemode": False}))
        thin_aws.send(queue_url, {"event_id": "evt_1"})
        (message,) = aws.client("sqs").receive_message(QueueUrl=queue_url)["Messages"]
        assert json.loads(message["Body"]) == {"event_id": "evt_1"}
        assert thin_aws.secret("thin") == {"livemode": False}
