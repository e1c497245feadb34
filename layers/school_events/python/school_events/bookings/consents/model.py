"""What is kept of consents: receipts, which are added and never changed."""

from typing import Annotated

from school_events.core.inventory import Category, Instant, Kept, PersonId, Purpose, Record, Retention, ThingId

_CONSENT = Kept(Category.ACTIVITY, Purpose.ACCOUNTABILITY, Retention.LEAVER)


class Consent(Record):
    """What a parent said to one consent.

    Args:
        question_id: which question of the event's form.
        given: whether they agreed; otherwise they declined or took it back.
        wording: the digest of the exact words they were shown.
    """

    question_id: ThingId
    given: Annotated[bool, _CONSENT]
    wording: Annotated[str, _CONSENT]


class Receipt(Record):
    """What one parent said at one time to the consents of an event's form, for one child (UK GDPR Art. 7(1)).

    Args:
        id: ours, opaque; later ones are greater.
        contact_id: who said it.
        at: when, UTC.
        form_version: the version of the form they were shown.
        consents: one for each consent they answered.
    """

    id: ThingId
    contact_id: PersonId
    at: Instant
    form_version: Annotated[int, _CONSENT]
    consents: tuple[Consent, ...]
