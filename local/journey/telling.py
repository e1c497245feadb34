"""Running the journey step by step: what each did, how long it took, and where to look when one fails."""

from __future__ import annotations

import time
from collections.abc import Callable

from local.journey import money, planning, portal, refusals, story, taking_part
from local.journey.traveller import Journey
from local.progress import Progress
from local.stage import LocalStage

Step = Callable[[Journey], str]

STEPS: tuple[tuple[str, Step], ...] = (
    ("the Portal's school is here", story.school_is_here),
    ("a malformed Portal message is set aside", refusals.malformed_message),
    ("the school connects its Stripe account", story.connect_stripe),
    ("the admin creates a trip", story.create_trip),
    ("an unknown field is refused by name", refusals.unknown_field),
    ("the audience is previewed", story.preview_audience),
    ("the trip is published and Year 8 invited", story.publish_and_invite),
    ("a parent sees the invitation", story.see_invitation),
    ("bad tokens are refused", refusals.bad_tokens),
    ("somebody else's child cannot be booked", refusals.somebody_elses_child),
    ("the parent books two children with consent", story.book_two_children),
    ("the parent pays at Stripe", story.pay),
    ("a forged webhook is refused", refusals.forged_webhook),
    ("Stripe's webhook confirms the places", story.confirmed_by_webhook),
    ("inbox and push say so", story.told),
    ("a second parent books a free club place", story.book_club),
    ("a court order shuts a parent out at the next request", portal.court_order),
    ("the full club has no place left", refusals.no_free_place),
    ("families wait for the place of the full club", taking_part.wait_for_a_place),
    ("a member of staff opens the register", story.open_register),
    ("a parent gives one of her places up", taking_part.give_place_up),
    ("a parents' evening is laid out, and its grid seen", planning.lay_out_evening),
    ("a family books its appointments", taking_part.book_appointments),
    ("a residential trip is planned, its letter fetched", planning.plan_residential),
    ("a pupil who moves into its audience is invited", portal.late_joiner),
    ("a child's charge is remitted, the others are reminded", planning.book_residential),
    ("a deposit is paid, an instalment waits for its day", money.pay_deposit),
    ("a teacher wanted at two places is reported", planning.find_clash),
    ("an instalment is paid by voucher and card", money.pay_by_voucher_and_card),
    ("what is told of a child's health is for few", taking_part.health_for_few),
    ("a child missing at the register alarms the family", taking_part.mark_register),
    ("the place given up goes to the first family", taking_part.accept_offer),
    ("its price is back at Stripe", taking_part.see_refund),
    ("the office gives a part back, twice", money.give_back_in_part),
    ("a bank disputes a payment, and the school wins", money.dispute_payment),
    ("the reports are exported and add up", story.export_reports),
    ("the Portal's nightly snapshot finds nothing to repair", portal.nightly_snapshot),
    ("the dead letter is shown with its reason", refusals.dead_letter_reason),
)


class JourneyFailedError(Exception):
    """A step of the journey failed."""


def run(stage: LocalStage, progress: Progress) -> float:
    """Make the journey on a running stage.

    Args:
        stage: with the demo school loaded.
        progress: told of each step.

    Returns:
        How many seconds it took.

    Raises:
        JourneyFailedError: says which step failed, why, and where the logs are.
    """
    began = time.monotonic()
    journey = Journey(stage, name=f"journey-{time.time_ns()}")
    for what, step in STEPS:
        try:
            with progress.step(what) as shown:
                shown.detail = step(journey)
        except Exception as error:
            raise JourneyFailedError(
                f"the step «{what}» failed: {type(error).__name__}: {error}\n"
                f"logs: {stage.folder.logs} and python -m local logs FUNCTION"
            ) from error
    return time.monotonic() - began
