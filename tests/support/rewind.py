"""Going back to a moment: the tables and the local Stripe as they were, for running one story many times."""

import copy
from collections.abc import Callable

from moto.dynamodb.models import dynamodb_backends

from tests.support.shop import Shop

_ACCOUNT, _REGION = "123456789012", "eu-west-2"


def bookmark_tables() -> Callable[[], None]:
    """Remembers the tables as they are; calling the answer goes back there."""
    backend = dynamodb_backends[_ACCOUNT][_REGION]
    tables = copy.deepcopy(backend.tables)

    def rewind() -> None:
        backend.tables = copy.deepcopy(tables)

    return rewind


def bookmark(shop: Shop) -> Callable[[], None]:
    """Remembers the tables and the local Stripe as they are; calling the answer goes back there."""
    rewind_tables = bookmark_tables()
    world, now = shop.server.world, shop.server.world.clock.now()
    books = copy.deepcopy(world.books)

    def rewind() -> None:
        rewind_tables()
        shop.server.keys.reset()
        shop.server.faults.clear()
        with world.lock:
            world.books = copy.deepcopy(books)
            world.clock.set_to(now)

    return rewind
