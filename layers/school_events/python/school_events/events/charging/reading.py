"""Who sees what of an event's money: the rules behind a price are for who answers for the money (B8)."""

from typing import Any

from school_events.core.context import Context
from school_events.core.money import pounds
from school_events.events.charging.rules import cost_per_pupil, policy_in_words
from school_events.events.model import SchoolEvent

_HIDDEN: dict[str, Any] = {"charging": None, "charging_rule": None, "cost_per_pupil": None}


def money_shown(ctx: Context, event: SchoolEvent) -> dict[str, Any]:
    """What the caller sees of an event's money, as fields of its view.

    Families are shown no price here, whether theirs is another or not: their child's comes with the invitation.
    """
    common = {"cancellation_policy": policy_in_words(event.cancellation)}
    if ctx.actor.kind != "staff":
        return common | _HIDDEN | {"price": None}
    if not ctx.has_role("school_admin", "finance"):
        return common | _HIDDEN
    charging = event.charging
    if charging is None or not charging.costs:
        return common | {"cost_per_pupil": None}
    return common | {"cost_per_pupil": pounds(cost_per_pupil(charging.costs, charging.shared_by))}
