"""How the school is shown what it has to look at."""

from datetime import datetime

from school_events.core.http import ApiModel
from school_events.payments.attention.model import Attention


class AttentionView(ApiModel):
    """Something about money that a person has to decide."""

    kind: str
    thing: str
    thing_id: str
    payment_id: str | None
    raised_at: datetime
    settled_at: datetime | None


def attention_view(attention: Attention) -> AttentionView:
    """As the API shows it."""
    return AttentionView(
        kind=attention.kind.value,
        thing=attention.thing,
        thing_id=attention.thing_id,
        payment_id=attention.payment_id,
        raised_at=attention.raised_at,
        settled_at=attention.settled_at,
    )
