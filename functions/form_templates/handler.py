"""Form templates of a school: make, list, read, replace and delete them."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from school_events.core.context import Role
from school_events.core.errors import Invalid, NotFound, StaleVersion, TryAgain
from school_events.core.http import Page, SchoolApi, reply
from school_events.events.forms import templates
from school_events.events.forms.api import NewTemplate, TemplateRef, TemplateRemoved, TemplateSummary, TemplateView
from school_events.people import access

api = SchoolApi("form_templates", access=access.check)
ADMIN: frozenset[Role] = frozenset({"school_admin"})
TEMPLATES = "/v1/schools/{school_id}/form-templates"
TEMPLATE = f"{TEMPLATES}/{{template_id}}"


@api.route("POST", TEMPLATES, roles=ADMIN, summary="Make a form template", status=201, errors=(Invalid, TryAgain))
def create(school_id: str, body: NewTemplate) -> Response[TemplateRef]:
    made = templates.create(api.context, api.asked(body), body)
    location = f"/v1/schools/{school_id}/form-templates/{made.id}"
    return reply(made, status=201, version=made.version, location=location)


@api.route(
    "GET",
    TEMPLATES,
    roles=ADMIN,
    summary="The school's form templates, in the order they were made",
    errors=(Invalid,),
)
def list_templates(
    school_id: str, limit: Annotated[int, Query(ge=1, le=100)] = 50, cursor: str | None = None
) -> Page[TemplateSummary]:
    return templates.list_templates(api.context, limit, cursor)


@api.route("GET", TEMPLATE, roles=ADMIN, summary="A form template with its questions", errors=(NotFound,))
def read(school_id: str, template_id: str) -> Response[TemplateView]:
    template = templates.read(api.context, template_id)
    return reply(template, version=template.version)


@api.route(
    "PUT",
    TEMPLATE,
    roles=ADMIN,
    summary="Replace a form template; forms made from it stay; If-Match its ETag",
    errors=(NotFound, StaleVersion, Invalid, TryAgain),
)
def replace(school_id: str, template_id: str, body: NewTemplate) -> Response[TemplateView]:
    template = templates.replace(api.context, template_id, api.version_to_change(), body)
    return reply(template, version=template.version)


@api.route(
    "DELETE",
    TEMPLATE,
    roles=ADMIN,
    summary="Delete a form template; forms made from it stay; If-Match its ETag",
    errors=(NotFound, StaleVersion, Invalid, TryAgain),
)
def remove(school_id: str, template_id: str) -> TemplateRemoved:
    templates.remove(api.context, template_id, api.version_to_change())
    return TemplateRemoved(id=template_id)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
