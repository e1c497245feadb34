"""Money: whole pence with a currency, never a float."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field


class Money(BaseModel):
    """An amount of money as the API shows it and Stripe counts it.

    ``amount`` is in the currency's minor unit (pence); only pounds sterling are taken (PAYMENTS.md).
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    amount: int = Field(ge=-100_000_000, le=100_000_000, description="In pence")
    currency: Literal["gbp"] = "gbp"

    def __add__(self, other: Self) -> "Money":
        return Money(amount=self.amount + other.amount)

    def __sub__(self, other: Self) -> "Money":
        return Money(amount=self.amount - other.amount)


def pounds(pence: int) -> Money:
    """An amount in pounds sterling, given in pence."""
    return Money(amount=pence)


NOTHING = Money(amount=0)

SMALLEST_PRICE = 30
"""Stripe takes no less than 30p (PAYMENTS.md)."""

LARGEST_PRICE = 1_000_000
"""No place costs more than £10,000: what ten children cost together is still an amount Stripe takes."""
