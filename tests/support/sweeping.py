"""Housekeeping that costs little when nothing is due: most of what a long story asks of the tables would be that."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from moto.dynamodb.models import dynamodb_backends

from school_events.core import due

_ACCOUNT, _REGION = "123456789012", "eu-west-2"


def only_what_is_due(patch: pytest.MonkeyPatch) -> None:
    """From now on an index is not asked whether something is due in an hour and a shard in which there is nothing.

    Args:
        patch: undoes it.
    """
    sweep = due.sweep

    def sweep_if_any[T](kind: str, now: datetime, find: due.Find[T]) -> Iterator[T]:
        return sweep(kind, now, find) if _is_any_due(kind) else iter(())

    patch.setattr(due, "sweep", sweep_if_any)


def _is_any_due(kind: str) -> bool:
    """Whether anything of a kind is in a due index, as moto keeps it."""
    tables = dynamodb_backends[_ACCOUNT][_REGION].tables.values()
    kept = (item for table in tables for items in table.items.values() for item in items.values())
    return any("due_pk" in item.attrs and item.attrs["due_pk"].value.startswith(f"DUE#{kind}#") for item in kept)
