"""A set of line numbers that stays small, however many there are: a bit each."""

from collections.abc import Iterable


class Bits:
    """Numbers from 1; ``content`` is what is stored of them."""

    def __init__(self, content: bytes = b"") -> None:
        self._bytes = bytearray(content)

    def add_all(self, numbers: Iterable[int]) -> None:
        """Take numbers in; one that is there already changes nothing."""
        for number in numbers:
            place, bit = divmod(number, 8)
            if place >= len(self._bytes):
                self._bytes.extend(bytes(place + 1 - len(self._bytes)))
            self._bytes[place] |= 1 << bit

    def __contains__(self, number: int) -> bool:
        place, bit = divmod(number, 8)
        return place < len(self._bytes) and bool(self._bytes[place] >> bit & 1)

    @property
    def content(self) -> bytes:
        """The numbers as bytes."""
        return bytes(self._bytes)
