# Generated from events_schemas/school_events/ by local.schemas: do not edit.
"""What we tell: one model a message type, and all of them by type."""

from collections.abc import Mapping

from school_events.messages.base import Message

from .booking_cancelled_v1 import BookingCancelled
from .booking_confirmed_v1 import BookingConfirmed
from .booking_confirmed_v2 import BookingConfirmedV2
from .booking_offered_v1 import BookingOffered
from .booking_waitlisted_v1 import BookingWaitlisted
from .invitation_sent_v1 import InvitationSent
from .payment_disputed_v1 import PaymentDisputed
from .payment_received_v1 import PaymentReceived
from .payment_refunded_v1 import PaymentRefunded
from .pupil_anonymised_v1 import PupilAnonymised
from .school_event_cancelled_v1 import SchoolEventCancelled
from .school_event_changed_v1 import SchoolEventChanged
from .school_event_published_v1 import SchoolEventPublished

SCHOOL_EVENT_MESSAGES: Mapping[str, type[Message]] = {
    "BookingCancelled": BookingCancelled,
    "BookingConfirmed": BookingConfirmed,
    "BookingConfirmed.v2": BookingConfirmedV2,
    "BookingOffered": BookingOffered,
    "BookingWaitlisted": BookingWaitlisted,
    "InvitationSent": InvitationSent,
    "PaymentDisputed": PaymentDisputed,
    "PaymentReceived": PaymentReceived,
    "PaymentRefunded": PaymentRefunded,
    "PupilAnonymised": PupilAnonymised,
    "SchoolEventCancelled": SchoolEventCancelled,
    "SchoolEventChanged": SchoolEventChanged,
    "SchoolEventPublished": SchoolEventPublished,
}

__all__ = [
    "SCHOOL_EVENT_MESSAGES",
    "BookingCancelled",
    "BookingConfirmed",
    "BookingConfirmedV2",
    "BookingOffered",
    "BookingWaitlisted",
    "InvitationSent",
    "PaymentDisputed",
    "PaymentReceived",
    "PaymentRefunded",
    "PupilAnonymised",
    "SchoolEventCancelled",
    "SchoolEventChanged",
    "SchoolEventPublished",
]
