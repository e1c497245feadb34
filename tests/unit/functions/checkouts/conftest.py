"""The school's Stripe, for these tests."""

from tests.support.shop import shop

__all__ = ["shop"]
