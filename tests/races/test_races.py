"""However many want the same at once, and whatever happens to their writes, the tables keep every promise."""

import pytest

from tests.contract.faults import Fault as Sabotage
from tests.contract.faults import database_with
from tests.races import sabotage, storm
from tests.races.faults import Fault
from tests.races.running import Track, run
from tests.races.scenes import begin_anew

RACES, FEW = 120, 12
pytestmark = pytest.mark.xdist_group("races")


def test_races_whose_writes_are_struck_in_every_way_leave_nothing_wrong(on: Track) -> None:
    before = on.proxy.fired()
    told = run(on, RACES, seed=5, share_struck=0.6)
    assert told.faults == []
    assert told.races.keys() == {kind.name for kind in on.kinds}
    assert told.struck.total() >= RACES // 4
    assert set(told.tally.struck) == set(Fault)
    assert on.proxy.fired() - before == told.tally.by_proxy()


def test_in_a_storm_for_appointments_nobody_goes_without_while_a_teacher_is_free(on: Track) -> None:
    begin_anew(on.wire, on.school)
    told = storm.break_out(storm.brew(parents=80, teachers=4), seed=7)
    assert told.faults == []
    assert 120 < told.appointments <= 4 * 36


@pytest.mark.parametrize(
    ("kind", "taken_away", "says"),
    [
        ("the last place", sabotage.no_place_condition, {"live bookings for 1 places", "is had"}),
        ("both parents", sabotage.no_guard_condition, {"is booked 2 times", "without a guard"}),
        ("at two desks at once", sabotage.no_diary_condition, {"is in two places at once", "the diary of"}),
        ("a family's limit", sabotage.no_diary_condition, {"appointments"}),
        ("one teacher's slot", sabotage.no_place_condition, {"is had", "is in two places at once"}),
        ("an offer answered", sabotage.no_offer_condition, {"is free and still somebody's", "without a guard"}),
        ("one request three times", sabotage.no_request_or_guard_condition, {"in two ways", "nobody's answer"}),
    ],
)
def test_without_a_condition_the_same_races_break_a_promise_and_the_tables_say_so(
    on: Track, kind: str, taken_away: Sabotage, says: set[str]
) -> None:
    with database_with(taken_away):
        told = run(on.only(kind), FEW, seed=6, share_struck=0)
    assert {one for one in says if any(one in fault for fault in told.faults)} == says
