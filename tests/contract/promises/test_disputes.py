"""What is known of a dispute changes only over what it was read as."""

from school_events.core.errors import StaleVersion
from school_events.core.money import pounds
from school_events.payments.disputes import store
from school_events.payments.disputes.model import Dispute, DisputeState
from tests.contract import faults
from tests.contract.engines import Engine, broken_by
from tests.contract.things import a_change, written
from tests.support.contexts import NOW, SCHOOL, a_context

_OPENED = Dispute(
    id="du_1",
    account_id="acct_1",
    charge_id="ch_1",
    payment_id="payment_1",
    amount=pounds(1250),
    reason="fraudulent",
    state=DisputeState.OPEN,
    opened_at=NOW,
)


def _keep(before: Dispute | None, state: DisputeState) -> type[Exception] | None:
    after = (before or _OPENED).model_copy(update={"state": state})
    return written(lambda one: store.keep(one, a_context(), before, after, a_change()))


@broken_by(faults.checks_nothing)
def test_of_two_who_bring_a_dispute_up_to_date_the_second_looks_again(engine: Engine) -> None:
    assert _keep(None, DisputeState.OPEN) is None
    assert _keep(None, DisputeState.LOST) is StaleVersion
    read = store.find_dispute(SCHOOL, "payment_1", "du_1")
    assert read is not None
    assert _keep(read, DisputeState.WON) is None
    assert _keep(read, DisputeState.OPEN) is StaleVersion
    (known,) = store.disputes_of_payment(SCHOOL, "payment_1")
    assert (known.state, known.version) == (DisputeState.WON, 2)
