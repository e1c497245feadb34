"""Going back to a moment: the tables and the local Stripe as they were, for running one story many times."""

import copy
import dataclasses
from collections.abc import Callable

from moto.dynamodb.models import dynamodb_backends

from local.stripe.world import Book
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
    books = {name: _Kept(book) for name, book in world.books.items()}
    to_come, paid_out_day = list(world.agenda._entries), world.paid_out_day

    def rewind() -> None:
        rewind_tables()
        shop.server.keys.reset()
        shop.server.faults.clear()
        with world.lock:
            world.books = {name: kept.as_it_was() for name, kept in books.items()}
            world.agenda._entries[:] = to_come
            world.paid_out_day = paid_out_day
            world.clock.set_to(now)

    return rewind


class _Kept:
    """An account's book, and what was in it; its objects stay the same ones, since Stripe's agenda is about them."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._things = dict(book.objects)
        self._contents = copy.deepcopy(book.objects)
        names = [one.name for one in dataclasses.fields(book) if one.name != "objects"]
        self._others = copy.deepcopy({name: getattr(book, name) for name in names})

    def as_it_was(self) -> Book:
        """The book, with what was in it."""
        for name, content in copy.deepcopy(self._contents).items():
            self._things[name].clear()
            self._things[name].update(content)
        self._book.objects = dict(self._things)
        for name, value in copy.deepcopy(self._others).items():
            setattr(self._book, name, value)
        return self._book
