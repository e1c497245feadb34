"""What many tests begin with, made through the product once in a process and remembered: moto's tables are copied.

With them it is remembered how far ids had been counted, so that what is made next has the same ids as the first time.
"""

import copy
from collections.abc import Callable
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from tests.support.contexts import count_on_from, next_number

_ACCOUNT, _REGION = "123456789012", "eu-west-2"
_told: dict[str, tuple[int, Any]] = {}


def made_once(make: Callable[[], None], *tables: str) -> None:
    """Fill empty tables: the first time by making what belongs there, later in this process from memory.

    Args:
        make: fills the tables, and no others; its name names what it makes.
        tables: their names.
    """
    kept = dynamodb_backends[_ACCOUNT][_REGION].tables
    if make.__name__ not in _told:
        make()
        _told[make.__name__] = next_number(), copy.deepcopy({name: kept[name] for name in tables})
        return
    number, remembered = _told[make.__name__]
    kept.update(copy.deepcopy(remembered))
    count_on_from(number)
