# Generated from events_schemas/portal/ by local.schemas: do not edit.
"""What the Portal tells us: one model a message type, and all of them by type."""

from collections.abc import Mapping

from school_events.messages.base import Message

from .contact_changed_v1 import ContactChanged
from .contact_removed_v1 import ContactRemoved
from .link_changed_v1 import LinkChanged
from .link_removed_v1 import LinkRemoved
from .pupil_changed_v1 import PupilChanged
from .pupil_left_v1 import PupilLeft
from .pupil_removed_v1 import PupilRemoved
from .school_contract_ended_v1 import SchoolContractEnded
from .school_updated_v1 import SchoolUpdated
from .school_updated_v2 import SchoolUpdatedV2
from .snapshot_available_v1 import SnapshotAvailable
from .staff_changed_v1 import StaffChanged
from .staff_removed_v1 import StaffRemoved
from .teaching_group_changed_v1 import TeachingGroupChanged
from .teaching_group_removed_v1 import TeachingGroupRemoved
from .term_calendar_updated_v1 import TermCalendarUpdated

PORTAL_MESSAGES: Mapping[str, type[Message]] = {
    "ContactChanged": ContactChanged,
    "ContactRemoved": ContactRemoved,
    "LinkChanged": LinkChanged,
    "LinkRemoved": LinkRemoved,
    "PupilChanged": PupilChanged,
    "PupilLeft": PupilLeft,
    "PupilRemoved": PupilRemoved,
    "SchoolContractEnded": SchoolContractEnded,
    "SchoolUpdated": SchoolUpdated,
    "SchoolUpdated.v2": SchoolUpdatedV2,
    "SnapshotAvailable": SnapshotAvailable,
    "StaffChanged": StaffChanged,
    "StaffRemoved": StaffRemoved,
    "TeachingGroupChanged": TeachingGroupChanged,
    "TeachingGroupRemoved": TeachingGroupRemoved,
    "TermCalendarUpdated": TermCalendarUpdated,
}

__all__ = [
    "PORTAL_MESSAGES",
    "ContactChanged",
    "ContactRemoved",
    "LinkChanged",
    "LinkRemoved",
    "PupilChanged",
    "PupilLeft",
    "PupilRemoved",
    "SchoolContractEnded",
    "SchoolUpdated",
    "SchoolUpdatedV2",
    "SnapshotAvailable",
    "StaffChanged",
    "StaffRemoved",
    "TeachingGroupChanged",
    "TeachingGroupRemoved",
    "TermCalendarUpdated",
]
