"""What is left out at the door is counted by name, and never kept (A4)."""

import re
from collections import Counter
from collections.abc import Mapping

from school_events.core import logs

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_MOST_NAMES = 20


def tell(names: Mapping[str, int]) -> None:
    """Count what was left out: by name where it looks like a field's name, and never a value.

    Args:
        names: how often each field came that the schema does not know.
    """
    counts: Counter[str] = Counter()
    for name, count in names.items():
        counts[name if _FIELD_NAME.fullmatch(name) else "other"] += count
    if counts:
        logs.logger.info("fields dropped", fields=dict(counts.most_common(_MOST_NAMES)))
        logs.count("PortalFieldsDropped", counts.total())
