"""Readings of sensitive data go into the audit log, the reader named by alias (H6)."""

from collections.abc import Iterable

from school_events.core.audit import UNKNOWN_ALIAS, AuditLine, append_all
from school_events.core.context import Context
from school_events.people import aliases


def note_reading(ctx: Context, action: str, subject_kind: str, subject: str) -> None:
    """Note that the caller is given something to read, before they are.

    Args:
        ctx: who and when.
        action: what was read, such as ``register.read``.
        subject_kind: what it was read of; no person.
        subject: its opaque id.
    """
    note_readings(ctx, action, subject_kind, [subject])


def note_readings(ctx: Context, action: str, subject_kind: str, subjects: Iterable[str]) -> None:
    """As :func:`note_reading`, a line for each of several things read at once."""
    actor = aliases.alias_of(ctx.school_id, ctx.actor.kind, ctx.actor.id) or UNKNOWN_ALIAS
    append_all(
        AuditLine(
            school_id=ctx.school_id,
            change_id=ctx.new_id("reading"),
            action=action,
            at=ctx.now,
            actor_kind=ctx.actor.kind,
            actor=actor,
            subject_kind=subject_kind,
            subject=subject,
            request_id=ctx.request_id,
            origin=ctx.origin,
        )
        for subject in subjects
    )
