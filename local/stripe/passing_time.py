"""What happens because time goes by: sessions end, money is paid out, and what was put on the agenda."""

from local.stripe import checkout, payouts, refunds
from local.stripe.world import World


def pass_time(world: World) -> None:
    """Bring the world up to its clock."""
    with world.lock:
        checkout.expire_due(world)
        world.agenda.run(world.clock.now())
        payouts.pay_out_due(world)
        refunds.make_covered(world)
