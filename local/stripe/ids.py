"""Identifiers of Stripe's shape: a prefix that says what it is, then random letters and digits."""

from random import Random
from string import ascii_letters, digits

_ALPHABET = ascii_letters + digits


class Ids:
    """Makes identifiers from a source of randomness."""

    def __init__(self, source: Random) -> None:
        """Draw from `source` (the system's randomness when running for a person)."""
        self._source = source

    def new(self, prefix: str, length: int = 24) -> str:
        """A new identifier: `prefix`, an underscore, `length` letters and digits."""
        return f"{prefix}_{''.join(self._source.choices(_ALPHABET, k=length))}"
