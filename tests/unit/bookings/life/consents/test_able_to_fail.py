"""With one rule of consents taken away, what is kept is no longer what the model says."""

from functools import partial
from typing import Any

import pytest

from school_events.bookings import answers
from school_events.bookings.answering import keeping, service
from school_events.bookings.consents import rules
from school_events.events.forms import rules as forms
from tests.unit.bookings.life.consents import world
from tests.unit.bookings.life.consents.machine import Consents
from tests.unit.bookings.life.core import live_through
from tests.unit.bookings.life.sabotage import Sabotage, instead, unnoticed

_LIVES = 20
"""So many at the most: the first that goes wrong ends it."""


def _as_it_is(_: Any, form: Any) -> Any:
    return form


SABOTAGES: dict[str, Sabotage] = {
    "nobody is asked again": instead(forms, "asking_again", _as_it_is),
    "what is said later is not kept": instead(service, "_new_receipt", lambda *_: None),
    "what is said with a booking is not kept": instead(keeping, "receipt_of", lambda *_: None),
    "nobody withholds anything": instead(rules, "withheld", lambda *_: ()),
    "any version will do": instead(answers, "check_version", lambda *_: None),
    "both parents fill in all of the form": instead(service, "answers_all", lambda *_: True),
    "the school's booking asks nobody": instead(answers, "_lacks_consent", lambda *_: False),
    "what was said before is said anew": instead(rules, "is_news", lambda *_: True),
}


@pytest.mark.usefixtures("tables")
def test_whichever_rule_is_taken_away_consents_go_wrong() -> None:
    assert unnoticed(SABOTAGES, partial(live_through, Consents, _LIVES, start=world.start())) == []
