"""The demo school: an invented secondary school, made from a seed, told as the messages the Portal would send."""

from .cast import CAST, Cast, sign_in_people
from .messages import PortalMessage, portal_messages
from .school import DemoSchool, build

__all__ = ["CAST", "Cast", "DemoSchool", "PortalMessage", "build", "portal_messages", "sign_in_people"]
