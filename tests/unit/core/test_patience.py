"""A service that hangs is met once in a run; one that is refused now and then is asked on."""

from school_events.core.patience import Patience


def test_a_call_that_hung_is_the_last_for_that_school_in_the_run() -> None:
    patience = Patience()
    patience.waited_in_vain("school-1", 4.5)
    assert patience.is_over_with("school-1")
    assert not patience.is_over_with("school-2")
    assert not patience.is_over()


def test_what_is_refused_at_once_is_asked_three_times_in_a_row() -> None:
    patience = Patience()
    for _ in range(2):
        patience.waited_in_vain("school-1", 0.1)
    assert not patience.is_over_with("school-1")
    patience.waited_in_vain("school-1", 0.1)
    assert patience.is_over_with("school-1")


def test_an_answer_makes_good_what_was_waited_for() -> None:
    patience = Patience()
    for _ in range(20):
        patience.waited_in_vain("school-1", 0.1)
        patience.waited_in_vain("school-1", 0.1)
        patience.was_answered("school-1")
    assert not patience.is_over_with("school-1")
    assert not patience.is_over()


def test_once_a_quarter_of_a_minute_went_by_in_vain_nobody_waits_any_more() -> None:
    patience = Patience()
    patience.waited_in_vain("school-1", 8)
    patience.waited_in_vain("school-2", 6.9)
    assert not patience.is_over()
    patience.waited_in_vain("school-3", 0.1)
    assert patience.is_over()
