"""Instants, as this product writes them: UTC, RFC 3339, millisecond precision, sortable as text."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def utc_now() -> datetime:
    """The present instant. Only handlers and processes ask; everything below them is told."""
    return datetime.now(UTC)


def to_text(instant: datetime) -> str:
    """An instant as stored and shown, for example ``2026-11-22T08:15:00.000Z``.

    Raises:
        ValueError: the instant has no time zone.
    """
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """The instant written by :func:`to_text` (or any RFC 3339 text with an offset), in UTC."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC)
