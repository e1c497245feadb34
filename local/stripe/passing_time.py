"""What happens because time goes by: sessions end, money becomes available."""

from local.stripe import checkout, intents
from local.stripe.world import World


def pass_time(world: World) -> None:
    """Bring the world up to its clock."""
    with world.lock:
        checkout.expire_due(world)
        intents.make_available(world)
