"""What the other tests stand on."""

import pytest
from pynamodb.attributes import UnicodeAttribute

from school_events.core import cursors, settings
from school_events.core.dynamodb import Item, Key, Transaction, get_many, school_key
from school_events.core.errors import Conflict
from school_events.core.http import ApiModel, SchoolApi
from tests.support import tables as cloud
from tests.support.contexts import SCHOOL, a_context
from tests.support.http_events import LambdaContext, http_event, json_of


class Thing(Item, discriminator="test_thing"):
    class Meta:
        table_name = settings.table_name("EVENTS")

    name = UnicodeAttribute()


class Named(ApiModel):
    name: str


@pytest.mark.parametrize("time", [1, 2])
@pytest.mark.usefixtures("tables")
def test_every_test_starts_with_empty_tables_that_decide(time: int) -> None:
    assert cloud.rows("Events") == []
    key = Key(Thing, school_key(SCHOOL, "THING", "1"), "THING")
    Transaction(a_context()).create(Thing(key.pk, key.sk, name="one"), refusal=Conflict()).commit()
    with pytest.raises(Conflict):
        Transaction(a_context()).create(Thing(key.pk, key.sk, name="two"), refusal=Conflict()).commit()
    found = get_many([key]).get(key)
    assert found is not None
    assert found.name == "one"
    assert Thing.get(key.pk, key.sk).name == "one"
    assert len(cloud.rows("Events")) == 1


@pytest.mark.usefixtures("tables")
def test_secrets_are_there() -> None:
    assert cursors.open_cursor(cursors.seal({"at": "1"}, "list"), "list") == {"at": "1"}


def test_a_request_reaches_its_route_with_caller_and_body() -> None:
    api = SchoolApi("things")

    @api.route("POST", "/v1/schools/{school_id}/things/{thing_id}", roles={"school_admin"}, summary="Name a thing")
    def name_it(school_id: str, thing_id: str, body: Named) -> Named:
        assert api.context.actor.id == "staff-admin"
        return Named(name=f"{school_id} {thing_id} {body.name}")

    route = "POST /v1/schools/{school_id}/things/{thing_id}"
    answer = api.handle(http_event(route, {"thing_id": "t1"}, {"name": "Ann"}), LambdaContext())
    assert (answer["statusCode"], json_of(answer)) == (200, {"name": f"{SCHOOL} t1 Ann"})
    refused = api.handle(http_event(route, {"thing_id": "t1"}, {"name": "Ann"}, roles=["parent"]), LambdaContext())
    assert refused["statusCode"] == 403
    unknown = api.handle(http_event(route, {"thing_id": "t1"}, {"name": "Ann", "x": 1}), LambdaContext())
    assert unknown["statusCode"] == 422
    assert json_of(unknown)["errors"] == [{"field": "x", "message": "is not known here"}]
