"""Requests that may be sent twice: the answer is kept with the write it belongs to, in the same transaction.

``Idempotency-Key``: the same key and body give the same answer; the same key with another body is refused
(draft-ietf-httpapi-idempotency-key-header). An answer holds ids and states only, never a person's data.

A body may say that a child has asthma, and there is little it could say instead: its plain digest could be guessed.
So the digest is made under the caller's key, which is random (a UUID) and of which only a digest is kept.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel
from pynamodb.attributes import UnicodeAttribute

from school_events.core import settings
from school_events.core.context import Context
from school_events.core.dynamodb import Item, Key, Transaction, school_key
from school_events.core.errors import Conflict, KeyReused, TryAgain
from school_events.core.inventory import Category, Kept, Purpose, Retention

LIFE = timedelta(hours=24)

_WHO = Kept(Category.IDENTIFIER, Purpose.WORKING, Retention.DAY)
_WHAT = Kept(Category.ACTIVITY, Purpose.WORKING, Retention.DAY)


class RequestItem(Item, discriminator="request"):
    """An answered request."""

    class Meta:
        table_name = settings.table_name("IDEMPOTENCY")

    pk: Annotated[UnicodeAttribute, _WHO]
    fingerprint: Annotated[UnicodeAttribute, _WHAT] = UnicodeAttribute()
    answer: Annotated[UnicodeAttribute, _WHAT] = UnicodeAttribute()


@dataclass(frozen=True)
class Request:
    """A request that changes something: its idempotency key (if the caller sent one) and what it asks."""

    key: str | None
    fingerprint: str

    def item_key(self, ctx: Context) -> Key[RequestItem] | None:
        """Where its answer is kept: by school and caller, so that nobody replays another's request."""
        if self.key is None:
            return None
        owner = f"{ctx.actor.kind}:{ctx.actor.id}"
        named = hashlib.sha256(self.key.encode()).hexdigest()
        return Key(RequestItem, school_key(ctx.school_id, "REQUEST", owner, named), "REQUEST")


def request(key: str | None, operation: str, body: BaseModel | None = None) -> Request:
    """What a caller asks.

    Args:
        key: the ``Idempotency-Key`` header, if any.
        operation: method and path, so that one key is one request.
        body: the request's body.
    """
    content = "" if body is None else json.dumps(body.model_dump(mode="json"), sort_keys=True)
    said = f"{operation}\n{content}".encode()
    return Request(key, hmac.new((key or "").encode(), said, hashlib.sha256).hexdigest())


def earlier_answer[A: BaseModel](ctx: Context, request: Request, item: RequestItem | None, answer: type[A]) -> A | None:
    """The answer given to the same request in the last 24 hours.

    Args:
        ctx: the moment; DynamoDB may take days to remove what has expired.
        request: what is asked now.
        item: what is kept under its key (:meth:`Request.item_key`), if anything.
        answer: the model of the answer.

    Raises:
        KeyReused: the key belongs to another request.
    """
    if item is None or (item.expires_at is not None and item.expires_at < int(ctx.now.timestamp())):
        return None
    if item.fingerprint != request.fingerprint:
        raise KeyReused
    return answer.model_validate_json(item.answer)


def find_earlier_answer[A: BaseModel](ctx: Context, request: Request, answer: type[A]) -> A | None:
    """As :func:`earlier_answer`, reading what is kept."""
    key = request.item_key(ctx)
    if key is None:
        return None
    try:
        item = RequestItem.get(key.pk, key.sk, consistent_read=True)
    except RequestItem.DoesNotExist:
        return None
    return earlier_answer(ctx, request, item, answer)


class AnsweredMeanwhile(Conflict):
    """The same request was answered while this one was under way; asking again gives that answer."""

    slug = "answered-meanwhile"
    title = "The same request is being answered"


def answered_once[A: BaseModel](ctx: Context, request: Request, answer: type[A], attempt: Callable[[], A]) -> A:
    """Answer a request that may be sent twice, even at once: as it was answered before, or by doing what it asks.

    Args:
        ctx: the moment.
        request: what is asked.
        answer: the model of the answer.
        attempt: does it, and keeps its answer (:func:`remember`) in the transaction that makes it true.

    Raises:
        KeyReused: the key belongs to another request.
        TryAgain: the same request is under way.
    """
    earlier = find_earlier_answer(ctx, request, answer)
    if earlier is not None:
        return earlier
    try:
        return attempt()
    except Conflict as refusal:
        # What is in the way may be what the very same request did, sent twice.
        earlier = find_earlier_answer(ctx, request, answer)
        if earlier is None:
            raise TryAgain if isinstance(refusal, AnsweredMeanwhile) else refusal from None
        return earlier


def remember(ctx: Context, transaction: Transaction, request: Request, answer: BaseModel) -> None:
    """Keep the answer, in the transaction that makes it true.

    The commit raises :class:`AnsweredMeanwhile` if the same request won a race; read its answer then.
    """
    key = request.item_key(ctx)
    if key is None:
        return
    item = RequestItem(
        key.pk,
        key.sk,
        fingerprint=request.fingerprint,
        answer=answer.model_dump_json(),
        expires_at=int((ctx.now + LIFE).timestamp()),
    )
    free = RequestItem.pk.does_not_exist() | (RequestItem.expires_at < int(ctx.now.timestamp()))
    transaction.put(item, free, refusal=AnsweredMeanwhile())
