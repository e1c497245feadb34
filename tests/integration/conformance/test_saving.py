"""The embedded AWS goes on where it stopped: that is what lets a stage start from a kept state."""

from __future__ import annotations

from local.http_client import call
from local.waiting import wait_for
from tests.integration.conformance.conftest import Toy, ground


def _put(toy: Toy, name: str) -> None:
    item = {"pk": {"S": "saved"}, "sk": {"S": f"streamed-{name}"}}
    toy.client("dynamodb").put_item(TableName=toy.physical["Main"], Item=item)
    wait_for(f"the note about {name}", lambda: toy.note("stream", f"streamed-{name}"))


def test_after_a_restart_everything_is_there_and_nothing_is_delivered_twice() -> None:
    with ground() as made:
        toy = made.deploy()
        toy.client("s3").put_object(Bucket=toy.physical["Files"], Key="kept.txt", Body=b"kept")
        _put(toy, "before")

        made.restart()
        _put(toy, "after")

        first = toy.note("stream", "streamed-before")
        assert first is not None
        assert first["seen"]["N"] == "1"
        assert toy.client("s3").get_object(Bucket=toy.physical["Files"], Key="kept.txt")["Body"].read() == b"kept"
        assert call("GET", f"{toy.api_url}/things/1", token=toy.token()).status == 200
        assert call("GET", f"{toy.api_url}/things/1").status == 401


def test_after_a_restart_roles_and_properties_still_hold() -> None:
    with ground() as made:
        toy = made.deploy()
        made.restart()

        key = {"pk": {"S": "x"}, "sk": {"S": "x"}}
        refusal = toy.as_function("dynamodb", "delete_item", TableName=toy.physical["Main"], Key=key)
        ttl = toy.client("dynamodb").describe_time_to_live(TableName=toy.physical["Main"])["TimeToLiveDescription"]

        assert refusal["error"] == "AccessDeniedException"
        assert ttl["TimeToLiveStatus"] == "ENABLED"
