"""An API of its own for tests of the front door: routes of every sort, and what reached their handlers."""

from typing import Any

from school_events.core.caller import Membership
from school_events.core.context import Context
from school_events.core.errors import AsAnother, NoFreePlace, NotFound, TryAgain
from school_events.core.http import ApiModel, LocalDate, LocalDateTime, SchoolApi, WholeNumber, YesNo, reply
from tests.support.http_events import LambdaContext, http_event

PERSON = "Żofia O'Nosey-Canary"
"""A name that must turn up nowhere."""

THINGS = "/v1/schools/{school_id}/things"
THING = f"{THINGS}/{{thing_id}}"


class ThingBody(ApiModel):
    """A body with one of each strict type."""

    name: str
    count: WholeNumber = 0
    wanted: YesNo = False
    day: LocalDate | None = None
    moment: LocalDateTime | None = None


class ThingRef(ApiModel):
    """What is answered."""

    id: str
    school_id: str = ""


class Things:
    """The API and what reached its handlers."""

    def __init__(self) -> None:
        self.reached: list[Any] = []
        self.contexts: list[Context] = []
        self.asked_access: list[str] = []
        self.api = SchoolApi("things", access=self.access)
        self._register()
        self._register_refusals()

    def access(self, ctx: Context, membership: Membership) -> None:
        """Everybody still is a member, except who is called gone."""
        self.asked_access.append(membership.person_id)
        if membership.person_id == "too-busy":
            raise TryAgain
        if membership.person_id == "gone":
            raise NotFound

    def call(self, route: str, *arguments: Any, **named: Any) -> dict[str, Any]:
        """Ask, as ``tests.support.http_events.http_event`` puts it."""
        return self.send(http_event(route, *arguments, **named))

    def send(self, event: dict[str, Any], lambda_context: Any = None) -> dict[str, Any]:
        """Hand an event over."""
        return self.api.handle(event, lambda_context or LambdaContext())

    def _register(self) -> None:
        api = self.api

        @api.route("POST", THINGS, roles={"school_admin"}, summary="Make", status=201)
        def make(school_id: str, body: ThingBody) -> Any:
            self._note(body)
            request = api.asked(body)
            return reply(ThingRef(id=request.key or "thing-1"), status=201, version=1, location="/v1/things/1")

        @api.route("GET", THING, roles={"school_admin", "parent"}, summary="Read")
        def read(school_id: str, thing_id: str) -> ThingRef:
            self._note(thing_id)
            if thing_id == "of-a-child" and not api.context.has_role("parent"):
                raise NotFound
            return ThingRef(id=thing_id, school_id=school_id)

        @api.route("GET", f"{THING}/secret", roles={"school_admin"}, summary="Read what is secret")
        def secret(school_id: str, thing_id: str) -> ThingRef:
            self._note("secret")
            return ThingRef(id="secret")

        @api.route("PATCH", THING, roles={"school_admin"}, summary="Change")
        def change(school_id: str, thing_id: str) -> ThingRef:
            self._note(api.version_to_change())
            return ThingRef(id=thing_id)

        @api.route("GET", "/v1/me", roles={"school_admin", "parent"}, summary="Me")
        def me() -> ThingRef:
            return ThingRef(id=api.caller.subject)

        @api.route("GET", "/v1/up", public=True, summary="Up")
        def up() -> ThingRef:
            return ThingRef(id="up")

    def _register_refusals(self) -> None:
        api = self.api

        @api.route("POST", f"{THING}/break", roles={"school_admin"}, summary="Break")
        def break_it(school_id: str, thing_id: str) -> ThingRef:
            self._note("broken")
            raise ValueError(f"{PERSON} could not be understood") from KeyError(PERSON)

        @api.route("POST", f"{THING}/book", roles={"school_admin"}, summary="Book", errors=(NoFreePlace,))
        def book(school_id: str, thing_id: str) -> ThingRef:
            raise NoFreePlace("The club is full")

        @api.route("POST", f"{THING}/ask", roles={"school_admin", "parent"}, summary="Ask")
        def ask(school_id: str, thing_id: str) -> ThingRef:
            if thing_id == "nobodys" and api.context.has_role("school_admin"):
                raise NotFound
            if not api.context.has_role("school_admin"):
                raise AsAnother.of("for", "is for the school")
            return ThingRef(id=api.context.actor.id)

    def _note(self, what: Any) -> None:
        self.reached.append(what)
        self.contexts.append(self.api.context)
