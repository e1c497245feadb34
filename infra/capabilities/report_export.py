"""Exports made in the background, one at a time, into files that live a day."""

from infra.capabilities.reports import SOURCES
from infra.spec import AUDIT, EXPORTS_QUEUE, GET, REPORTS, WRITE_EXPORTS, Capability, QueueTrigger, table

CAPABILITY = Capability(
    name="report_export",
    about="Write CSV and XLSX exports",
    triggers=(QueueTrigger(EXPORTS_QUEUE, batch=1),),
    grants=(
        *SOURCES,
        table(REPORTS, *GET, "UpdateItem"),
        table(AUDIT, "PutItem"),
        WRITE_EXPORTS,
    ),
    layers=("reports",),
    memory=1024,
    timeout=300,
)
