"""What ``make bench`` says of its figures."""

import io
import json

import pytest

from tests.bench.__main__ import main, measure, show


def test_the_machines_own_noise_stands_beside_what_was_measured() -> None:
    times = iter([100.0, 101.0, 99.0, 150.0, 100.0, 100.0])

    figures = measure({"one": lambda: {"one: seconds": 2.5}}, lambda: next(times))

    assert figures == {
        "one: seconds": 2.5,
        "machine: the same work, median ms": 100.0,
        "machine: the same work, spread %": 51.0,
    }


def test_the_table_comes_first_and_one_line_of_json_last() -> None:
    output = io.StringIO()

    show({"lag: p95 ms": 1234.56789, "lag: messages": 180}, output)

    *table, last = output.getvalue().splitlines()
    assert [line.split("  ")[0].strip() for line in table] == ["lag: p95 ms", "lag: messages"]
    assert "1,234.6" in table[0]
    assert json.loads(last) == {"lag: p95 ms": 1234.568, "lag: messages": 180}


def test_a_module_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["portal_lag", "nothing"])

    assert "nothing" in capsys.readouterr().err
