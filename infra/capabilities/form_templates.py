"""Form templates: questions a school writes once and asks at many events."""

from infra.spec import CURSOR, EVENTS, GET, IDEMPOTENCY, PEOPLE, Capability, school, table

CAPABILITY = Capability(
    name="form_templates",
    about="Make, list, read, replace and delete form templates",
    routes=(
        school("POST", "/form-templates"),
        school("GET", "/form-templates"),
        school("GET", "/form-templates/{template_id}"),
        school("PUT", "/form-templates/{template_id}"),
        school("DELETE", "/form-templates/{template_id}"),
    ),
    grants=(
        table(PEOPLE, *GET, "BatchGetItem"),
        table(EVENTS, "GetItem", "Query", "PutItem", "DeleteItem"),
        table(IDEMPOTENCY, *GET, "PutItem"),
        CURSOR,
    ),
)
