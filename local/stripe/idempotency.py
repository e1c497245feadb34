"""Idempotency keys: one request, one effect, one answer (https://docs.stripe.com/api/idempotent_requests)."""

from dataclasses import dataclass
from threading import Lock

from local.stripe.clock import MovableClock
from local.stripe.errors import Json, StripeError

_KEPT = 24 * 60 * 60  # seconds Stripe remembers a key


@dataclass(frozen=True)
class Answer:
    """What a request was answered: status, body, and the request that was really carried out."""

    status: int
    body: Json
    request_id: str


@dataclass
class _Entry:
    path: str
    params: Json
    since: int
    answer: Answer | None = None


class IdempotencyKeys:
    """The keys each account has used, with the answers given."""

    def __init__(self, clock: MovableClock) -> None:
        """Remember keys by `clock`."""
        self._clock = clock
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._lock = Lock()

    def begin(self, account_id: str, key: str, path: str, params: Json) -> Answer | None:
        """Start a request under a key.

        Returns:
            The answer of the first request when there was one, else None: carry the request out, then `finish` it.

        Raises:
            StripeError: 400 when the key was used for another request, 409 while the first one is under way.
        """
        with self._lock:
            entry = self._entries.get((account_id, key))
            if entry is None or entry.since + _KEPT <= self._clock.now():
                self._entries[account_id, key] = _Entry(path, params, self._clock.now())
                return None
            return _repeated(entry, key, path, params)

    def finish(self, account_id: str, key: str, answer: Answer) -> None:
        """Keep the answer of a request that was begun, whether it succeeded or was refused."""
        with self._lock:
            if (account_id, key) in self._entries:
                self._entries[account_id, key].answer = answer

    def abandon(self, account_id: str, key: str) -> None:
        """Forget a request that broke down before it had an answer."""
        with self._lock:
            self._entries.pop((account_id, key), None)

    def reset(self) -> None:
        """Forget every key."""
        with self._lock:
            self._entries.clear()


def _repeated(entry: _Entry, key: str, path: str, params: Json) -> Answer:
    if entry.path != path:
        raise _mismatch(f"for the same endpoint they were first used for ('{path}' vs '{entry.path}')", key)
    if entry.params != params:
        raise _mismatch("with the same parameters they were first used with", key)
    if entry.answer is None:
        raise StripeError(
            409,
            "idempotency_error",
            "There is currently another in-progress request using this Idempotent Key (that probably means you "
            f"submitted twice, and the other request is still going through): {key}. Please try again later.",
            code="idempotency_key_in_use",
        )
    return entry.answer


def _mismatch(how: str, key: str) -> StripeError:
    return StripeError(
        400,
        "idempotency_error",
        f"Keys for idempotent requests can only be used {how}. Try using a key other than '{key}' if you meant to "
        "execute a different request.",
    )
