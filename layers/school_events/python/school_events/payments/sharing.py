"""Sharing an amount out over the parts it is of, to the penny."""

from collections.abc import Mapping


def pro_rata(pence: int, weights: Mapping[str, int]) -> dict[str, int]:
    """An amount shared out by weight; the pennies left over go where most was rounded off, then in order.

    Args:
        pence: at most the sum of the weights.
        weights: what each part could take, in pence, none below zero.

    Returns:
        The share of each part, none above its weight; together exactly the amount.

    Raises:
        ValueError: the amount is below zero, or more than all parts together.
    """
    whole = sum(weights.values())
    if not 0 <= pence <= whole:
        raise ValueError("more than there is to share out")
    if not pence:
        return dict.fromkeys(weights, 0)
    shares = {part: pence * weight // whole for part, weight in weights.items()}
    most_rounded_off = sorted(weights, key=lambda part: -(pence * weights[part] % whole))
    for part in most_rounded_off[: pence - sum(shares.values())]:
        shares[part] += 1
    return shares
