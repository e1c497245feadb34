"""The nightly run: everything whose time is over is handed on to be looked at, one message each (H1).

It decides nothing and changes nothing of what it finds: who takes a message looks again. So a run may come at any
hour, twice, a day late or break off: what was not dealt with is due again in the next one.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import batched

from school_events.core import logs
from school_events.privacy import gateway, store
from school_events.privacy.model import Forget

MayGoOn = Callable[[], bool]
"""Whether there is time for one more batch."""


def hand_on(now: datetime, may_go_on: MayGoOn) -> int:
    """Hand on what is due; says how much that was. Only a run that came to its end counts as one.

    Args:
        now: the present instant, UTC.
        may_go_on: asked before each batch of messages.
    """
    count = 0
    for some in batched(store.due_things(now), gateway.MOST_AT_ONCE, strict=False):
        if not may_go_on():
            logs.count("RetentionOutOfTime")
            return count
        messages = [
            Forget.model_validate({"school_id": school_id, "kind": thing.kind, "ids": list(thing.ids)})
            for school_id, thing in some
        ]
        count += gateway.send(messages)
    logs.count("RetentionRun")
    logs.count("RetentionHandedOn", count)
    return count
