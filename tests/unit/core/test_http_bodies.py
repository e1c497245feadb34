"""Bad input gets an answer that names what is wrong, is never a server error, and reaches no handler (I6)."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.http_events import http_event, json_of
from tests.unit.core.test_http_door import status
from tests.unit.core.things import THING, THINGS, ThingBody, Things

POST = f"POST {THINGS}"
PATCH = f"PATCH {THING}"
ONE = {"thing_id": "thing-1"}
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture
def things() -> Things:
    return Things()


def blamed(answer: dict[str, Any]) -> list[str]:
    return [one["field"] for one in json_of(answer)["errors"]]


def in_base64(content: bytes, **others: Any) -> dict[str, Any]:
    event = http_event(POST, body="") | others
    return event | {"body": base64.b64encode(content).decode(), "isBase64Encoded": True}


def test_a_right_body_is_read(things: Things) -> None:
    body = {"name": "Chess", "count": 3, "wanted": True, "day": "2026-11-22", "moment": "2026-11-22T08:15"}
    answer = things.call(POST, body=body)
    assert status(answer) == 201
    assert things.reached == [ThingBody.model_validate(body)]
    assert answer["headers"]["ETag"] == '"1"'
    assert answer["headers"]["Location"] == "/v1/things/1"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "name"),
        ({"name": None}, "name"),
        ({"name": 7}, "name"),
        ({"name": "x", "nickname": "y"}, "nickname"),
        ({"name": "x", "count": "3"}, "count"),
        ({"name": "x", "count": 3.0}, "count"),
        ({"name": "x", "count": True}, "count"),
        ({"name": "x", "wanted": 1}, "wanted"),
        ({"name": "x", "wanted": "true"}, "wanted"),
        ({"name": "x", "day": 20000}, "day"),
        ({"name": "x", "day": "20000"}, "day"),
        ({"name": "x", "day": "2026-02-30"}, "day"),
        ({"name": "x", "day": "2026-02-03T00:00:00"}, "day"),
        ({"name": "x", "day": "03/02/2026"}, "day"),
        ({"name": "x", "moment": 1795424400}, "moment"),
        ({"name": "x", "moment": "1795424400"}, "moment"),
        ({"name": "x", "moment": "2026-11-22"}, "moment"),
        ({"name": "x", "moment": "2026-11-22T25:00"}, "moment"),
    ],
    ids=str,
)
def test_the_field_to_blame_is_named(things: Things, wrong: dict[str, Any], field: str) -> None:
    answer = things.call(POST, body=wrong)
    assert status(answer) == 422
    assert blamed(answer) == [field]
    assert all(one["message"] for one in json_of(answer)["errors"])
    assert things.reached == []


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "nonsense",
        '{"name": NaN}',
        '{"name": Infinity}',
        '{"name": ' + "9" * 5000 + "}",
        "[" * 100_000,
        '{"a":' * 50_000,
        '{"name": "x"} trailing',
        "\ufeff{}",
        "\ud800",
        '{"name": "\\ud800"}',
        '{"name": "x", "\\uDFFF": 1}',
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_what_is_not_json_is_refused_as_a_whole(things: Things, text: str) -> None:
    answer = things.call(POST, body=text)
    assert status(answer) == 422
    assert blamed(answer) == ["body"]
    assert things.reached == []


@pytest.mark.parametrize("value", ["[]", '["x"]', '"text"', "1", "null", "true", "", "   "], ids=repr)
def test_a_body_that_is_no_object_is_refused(things: Things, value: str) -> None:
    assert status(things.call(POST, body=value)) == 422
    assert things.reached == []


def test_a_letter_beyond_the_first_plane_may_be_written_as_a_pair(things: Things) -> None:
    assert status(things.call(POST, body='{"name": "\\ud83c\\udf88"}')) == 201
    assert things.reached[0].name == "🎈"


def test_a_body_that_is_missing_is_named(things: Things) -> None:
    answer = things.call(POST)
    assert (status(answer), blamed(answer)) == (422, ["body"])


@given(JSON_VALUES)
def test_no_json_is_a_server_error(value: Any) -> None:
    assert status(Things().call(POST, body=json.dumps(value))) in {201, 422}


@given(st.dictionaries(st.sampled_from(["name", "count", "wanted", "day", "moment"]), JSON_VALUES))
def test_no_value_of_a_field_is_a_server_error(body: dict[str, Any]) -> None:
    assert status(Things().call(POST, body=body)) in {201, 422}


@pytest.mark.parametrize("size", [256 * 1024 + 1, 1_000_000])
def test_a_body_over_256_kb_is_too_large_whatever_it_is(things: Things, size: int) -> None:
    for sent in (
        http_event(POST, body="x" * size),
        http_event(POST, body="é" * (size // 2 + 1)),
        http_event(POST, body="x" * size, headers={"content-type": "text/plain"}),
        in_base64(b"x" * size),
    ):
        assert status(things.send(sent)) == 413
    assert things.reached == []


def test_a_body_of_256_kb_is_not_too_large(things: Things) -> None:
    frame = len(json.dumps({"name": ""}))
    body = json.dumps({"name": "x" * (256 * 1024 - frame)})
    assert status(things.call(POST, body=body)) == 201
    assert status(things.send(in_base64(body.encode()))) == 201


@pytest.mark.parametrize(
    "media_type", ["text/plain", "", "application/jsonp", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a_body_that_does_not_say_it_is_json_is_refused(things: Things, media_type: str) -> None:
    assert status(things.call(POST, body={"name": "x"}, headers={"content-type": media_type})) == 415
    assert things.reached == []


@pytest.mark.parametrize(
    "media_type", ["Application/JSON", "application/json; charset=utf-8", " application/json ;x=y"]
)
def test_a_media_type_is_read_as_the_standard_has_it(things: Things, media_type: str) -> None:
    assert status(things.call(POST, body={"name": "x"}, headers={"content-type": media_type})) == 201


def test_header_names_come_in_any_case(things: Things) -> None:
    event = http_event(POST, body={"name": "x"})
    event["headers"] = {"Content-Type": "application/json", "IDEMPOTENCY-KEY": "key-1"}
    assert json_of(things.send(event))["id"] == "key-1"


def test_a_request_without_headers_or_body_is_still_answered(things: Things) -> None:
    nothings: list[dict[str, Any]] = [{"headers": None, "body": None}, {"headers": {}}]
    for nothing in nothings:
        assert status(things.send(http_event(f"GET {THING}", ONE) | nothing)) == 200


def test_a_body_may_come_in_base64(things: Things) -> None:
    assert status(things.send(in_base64(json.dumps({"name": "Zoë"}).encode()))) == 201
    assert things.reached[0].name == "Zoë"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"{", b"\x00"])
def test_base64_of_what_is_not_json_is_refused(things: Things, content: bytes) -> None:
    answer = things.send(in_base64(content))
    assert (status(answer), blamed(answer)) == (422, ["body"])


def test_what_is_not_even_base64_is_refused(things: Things) -> None:
    answer = things.send(in_base64(b"") | {"body": "!!!"})
    assert (status(answer), blamed(answer)) == (422, ["body"])


@pytest.mark.parametrize(("tag", "version"), [('"3"', 3), ('W/"3"', 3), ("3", 3), ('"0"', 0)])
def test_if_match_says_which_version_was_read(things: Things, tag: str, version: int) -> None:
    assert status(things.call(PATCH, ONE, headers={"If-Match": tag})) == 200
    assert things.reached == [version]


@pytest.mark.parametrize("tag", [None, "", "*", '"abc"', '"-1"', '"1.0"', '"٣"', "9" * 5000, '"1", "2"'], ids=ascii)
def test_if_match_that_is_no_version_of_ours_is_refused(things: Things, tag: str | None) -> None:
    answer = things.call(PATCH, ONE, headers={} if tag is None else {"If-Match": tag})
    assert (status(answer), blamed(answer)) == (422, ["If-Match"])
    assert things.reached == []


@pytest.mark.parametrize("length", [1, 128])
def test_an_idempotency_key_may_have_up_to_128_characters(things: Things, length: int) -> None:
    answer = things.call(POST, body={"name": "x"}, headers={"Idempotency-Key": "k" * length})
    assert json_of(answer)["id"] == "k" * length


@pytest.mark.parametrize("length", [0, 129, 5000])
def test_an_idempotency_key_that_is_empty_or_longer_is_refused(things: Things, length: int) -> None:
    answer = things.call(POST, body={"name": "x"}, headers={"Idempotency-Key": "k" * length})
    assert (status(answer), blamed(answer)) == (422, ["Idempotency-Key"])
