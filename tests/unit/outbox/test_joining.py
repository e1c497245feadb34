"""What the Portal changes of pupils goes to the worker in as few messages as can be, and none of it is lost (C3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.core import aws
from school_events.core.consequences import Joined
from school_events.outbox import gateway, rules
from school_events.outbox.gateway import Parcel
from school_events.outbox.model import FollowUp

_IDS = st.integers(0, 1200).map(lambda number: f"p{number}")
_JOINED = st.none() | st.builds(
    Joined,
    pupil_ids=st.lists(_IDS, max_size=4).map(tuple),
    links=st.lists(st.tuples(_IDS, _IDS), max_size=3).map(tuple),
)
_SAID = st.lists(st.tuples(st.sampled_from(["school-1", "school-2"]), _JOINED), max_size=12)


def _follow_ups(said: list[tuple[str, Joined | None]]) -> list[FollowUp]:
    return [FollowUp(str(number), school_id, (), (), joined=joined) for number, (school_id, joined) in enumerate(said)]


@given(_SAID)
def test_everybody_is_in_one_message_of_their_school_which_names_the_records_it_follows_from(
    said: list[tuple[str, Joined | None]],
) -> None:
    made = list(rules.joinings(_follow_ups(said)))
    for school_id in ("school-1", "school-2"):
        ours = [(numbers, message) for numbers, message in made if message.school_id == school_id]
        told = {str(number): joined for number, (school, joined) in enumerate(said) if school == school_id and joined}
        pupils = [pupil_id for _, message in ours for pupil_id in message.pupil_ids]
        links = [link for _, message in ours for link in message.links]
        assert sorted(pupils) == sorted({pupil_id for joined in told.values() for pupil_id in joined.pupil_ids})
        assert sorted(links) == sorted({link for joined in told.values() for link in joined.links})
        assert {number for numbers, _ in ours for number in numbers} <= set(told)
        assert all(set(numbers) == set(told) for numbers, _ in ours)


def test_a_great_many_are_split_so_that_ten_messages_fit_into_one_call() -> None:
    many = tuple(f"{number:064d}" for number in range(2000))
    made = list(rules.joinings(_follow_ups([("school-1", Joined(pupil_ids=many))])))
    assert [len(message.pupil_ids) for _, message in made] == [300] * 6 + [200]
    assert 10 * max(len(message.model_dump_json()) for _, message in made) < 256 * 1024


def test_of_a_message_that_does_not_go_out_every_record_is_followed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Down:
        def send_message_batch(self, **_: object) -> dict[str, list[dict[str, str]]]:
            return {"Failed": [{"Id": "0"}]}

    monkeypatch.setattr(aws, "client", lambda _: Down())
    sent = [Parcel(numbers, message.model_dump_json()) for numbers, message in rules.joinings(
        _follow_ups([("school-1", Joined(pupil_ids=("p1",))), ("school-1", Joined(pupil_ids=("p2",)))])
    )]  # fmt: skip
    assert gateway.queue("INVITATIONS_QUEUE_URL", sent) == {"0", "1"}
