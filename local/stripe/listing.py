"""Lists: filters, a span of creation, and pages by cursor (https://docs.stripe.com/api/pagination)."""

from collections.abc import Iterable
from copy import deepcopy

from local.stripe.errors import Json, missing

_PAGING = {"limit", "starting_after", "ending_before", "expand", "created", "types"}


def page_of(things: Iterable[Json], params: Json, url: str) -> Json:
    """One page of `things` (already in the order of the list), as a list object with copies.

    Args:
        things: every candidate.
        params: read list parameters; names that are not about paging filter by equality.
        url: the list's own path.

    Raises:
        StripeError: 404 when the cursor names nothing in the list.
    """
    rows = [thing for thing in things if _wanted(thing, params)]
    rows, more = _cut(rows, params)
    return {"object": "list", "data": deepcopy(rows), "has_more": more, "url": url}


def _wanted(thing: Json, params: Json) -> bool:
    if "types" in params and thing["type"] not in params["types"]:
        return False
    if not _within(thing.get("created", 0), params.get("created", {})):
        return False
    return all(thing.get(name) == value for name, value in params.items() if name not in _PAGING)


def _within(instant: int, bounds: Json) -> bool:
    checks = {
        "gt": instant.__gt__,
        "gte": instant.__ge__,
        "lt": instant.__lt__,
        "lte": instant.__le__,
    }
    return all(checks[bound](value) for bound, value in bounds.items())


def _cut(rows: list[Json], params: Json) -> tuple[list[Json], bool]:
    limit = params.get("limit", 10)
    if "ending_before" in params:
        before = rows[: _place(rows, params["ending_before"], "ending_before")]
        return before[-limit:], len(before) > limit
    start = _place(rows, params["starting_after"], "starting_after") + 1 if "starting_after" in params else 0
    return rows[start : start + limit], len(rows) > start + limit


def _place(rows: list[Json], identifier: str, param: str) -> int:
    for place, row in enumerate(rows):
        if row["id"] == identifier:
            return place
    raise missing("object", identifier, param=param)
