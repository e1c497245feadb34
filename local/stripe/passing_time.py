"""What happens because time goes by: sessions end, and what was put on the agenda."""

from local.stripe import checkout
from local.stripe.world import World


def pass_time(world: World) -> None:
    """Bring the world up to its clock."""
    with world.lock:
        checkout.expire_due(world)
        world.agenda.run(world.clock.now())
