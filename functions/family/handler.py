"""What is the caller's own: who they are, invitations, bookings, what changed, the inbox, devices."""

from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query

from school_events.core.context import ActorKind, Context, Role
from school_events.core.errors import Invalid, NotFound, TryAgain
from school_events.core.http import Page, SchoolApi
from school_events.core.ids import OpaqueId
from school_events.family import api as bodies
from school_events.family import service, sync
from school_events.notifications import service as notifications
from school_events.payments.api import PaymentView
from school_events.people import access

api = SchoolApi("family", access=access.check)
ME = "/v1/schools/{school_id}/me"
PARENTS: frozenset[Role] = frozenset({"parent"})
EVERYBODY: frozenset[Role] = frozenset({"parent", "staff", "finance", "school_admin"})
Cursor = Annotated[str | None, Query(max_length=8192, description="From the answer before")]

Who = Annotated[Literal["contact", "staff"], Query(alias="as", description="Which of both, for who is both here")]


def own_context(school_id: str, who: ActorKind = "contact") -> Context:
    """The moment of the request, as the parent if the caller is one here: a teacher's own children are at the school.

    Only parents are told anything, so nothing of theirs as a member of staff is hidden by it; what staff see at a
    refresh, somebody who is both asks for as staff.
    """
    wanted = [one for one in api.caller.memberships_in(school_id) if one.kind == who]
    if not wanted or api.context.actor.kind == who:
        return api.context
    ctx = api.context_in(wanted[0])
    access.check(ctx, wanted[0])
    return ctx


@api.route("GET", "/v1/me", roles=EVERYBODY, summary="Who am I: my schools, and my children there")
def me() -> bodies.Me:
    return service.who_am_i(api.caller.memberships, api.context_in)


@api.route("GET", f"{ME}/invitations", roles=PARENTS, summary="What my children are invited to", errors=(NotFound,))
def my_invitations(school_id: str) -> Page[bodies.FamilyInvitationView]:
    return service.invitations(api.context)


@api.route("GET", f"{ME}/bookings", roles=PARENTS, summary="My children's bookings, past ones too", errors=(NotFound,))
def my_bookings(school_id: str) -> Page[bodies.FamilyBookingView]:
    return service.bookings(api.context)


@api.route(
    "GET", f"{ME}/payments", roles=PARENTS, summary="What I am to pay, and when; what I paid", errors=(NotFound,)
)
def my_payments(school_id: str) -> Page[PaymentView]:
    return service.payments(api.context)


@api.route(
    "GET", f"{ME}/sync", roles=EVERYBODY, summary="What changed of mine since a cursor", errors=(NotFound, Invalid)
)
def refresh(school_id: str, cursor: Cursor = None, who: Who = "contact") -> bodies.Refresh:
    return sync.refresh(own_context(school_id, who), cursor)


@api.route("GET", f"{ME}/inbox", roles=EVERYBODY, summary="What I was told, newest first", errors=(NotFound, Invalid))
def my_inbox(school_id: str, cursor: Cursor = None) -> Page[bodies.EntryView]:
    return service.inbox(own_context(school_id), cursor)


@api.route(
    "POST",
    f"{ME}/inbox/read",
    roles=EVERYBODY,
    summary="I have read these, or all up to one",
    errors=(NotFound, Invalid, TryAgain),
)
def read_entries(school_id: str, body: bodies.ReadEntries) -> bodies.EntriesRead:
    return service.mark_read(own_context(school_id), body, api.asked(body))


@api.route(
    "PUT",
    f"{ME}/devices/{{device_id}}",
    roles=EVERYBODY,
    summary="Push to this device from now on",
    errors=(NotFound, notifications.TooManyDevices, Invalid, TryAgain),
)
def register_device(school_id: str, device_id: OpaqueId, body: bodies.DeviceBody) -> bodies.DeviceView:
    device = notifications.register_device(own_context(school_id), device_id, body.platform, body.token)
    return bodies.DeviceView(id=device.id, platform=device.platform, pushes=device.endpoint is not None)


@api.route(
    "DELETE",
    f"{ME}/devices/{{device_id}}",
    roles=EVERYBODY,
    summary="Push to this device no more",
    errors=(NotFound, TryAgain),
)
def remove_device(school_id: str, device_id: OpaqueId) -> bodies.DeviceRemoved:
    notifications.remove_device(own_context(school_id), device_id)
    return bodies.DeviceRemoved(id=device_id)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
