"""Documents of an event: files sent straight to a bucket, looked at, and fetched by short-lived links."""

from infra.spec import (
    AUDIT,
    EVENTS,
    GET,
    IDEMPOTENCY,
    KEEP_DOCUMENTS,
    PEOPLE,
    READ,
    READ_KEPT_DOCUMENTS,
    READ_SENT_DOCUMENTS,
    TAKE_DOCUMENTS,
    Capability,
    school,
    table,
)

CAPABILITY = Capability(
    name="event_documents",
    about="Take, check and give out the documents of school events",
    routes=(
        school("POST", "/events/{event_id}/documents", rate=10, burst=20),
        school("POST", "/events/{event_id}/documents/{document_id}/confirm", rate=10, burst=20),
        school("GET", "/events/{event_id}/documents"),
        school("GET", "/events/{event_id}/documents/{document_id}/file"),
        school("DELETE", "/events/{event_id}/documents/{document_id}"),
    ),
    grants=(
        table(PEOPLE, *READ),
        table(EVENTS, *READ, "PutItem", "UpdateItem", "ConditionCheckItem"),
        table(AUDIT, "PutItem"),
        table(IDEMPOTENCY, *GET, "PutItem"),
        # A form for sending a file works with what its signer may do.
        TAKE_DOCUMENTS,
        READ_SENT_DOCUMENTS,
        KEEP_DOCUMENTS,
        READ_KEPT_DOCUMENTS,
    ),
    memory=1024,
)
