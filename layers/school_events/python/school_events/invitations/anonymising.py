"""Invitations of a child who is anonymised go; those of a child who stays forget a contact who is (H2)."""

from collections.abc import Iterable
from datetime import datetime

from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.invitations import store


def forget_pupil(ctx: Context, pupil_id: str, before: datetime) -> None:
    """Delete what a child was invited to; doing it again changes nothing.

    Args:
        ctx: the moment.
        pupil_id: the child.
        before: only what is older (UTC): they may be back as somebody new.
    """
    for item in store.items_of_pupil(ctx.school_id, pupil_id):
        if item.record.created_at < before:
            store.delete_unchanged(item)


def forget_contact(ctx: Context, contact_id: str, pupil_ids: Iterable[str], before: datetime) -> None:
    """Take a contact out of the stamps of children's invitations; doing it again changes nothing.

    Args:
        ctx: the moment; its actor is who the new stamps name.
        contact_id: who declined.
        pupil_ids: the children it may have been for.
        before: only what was done earlier (UTC).
    """
    for pupil_id in pupil_ids:
        for item in store.items_of_pupil(ctx.school_id, pupil_id):
            did = item.change.actor_kind == "contact" and item.change.actor_id == contact_id
            if did and item.change.at < before:
                store.restamp(item, stamp(ctx, "invitation.anonymised"))
