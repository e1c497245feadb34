"""Term dates of 2026-27 as English councils and academies publish them; bank holidays are left out, they follow."""

from datetime import date
from typing import Final

ACADEMIC_YEAR: Final = "2026-27"

TERMS: Final = (
    ("Autumn term", date(2026, 9, 1), date(2026, 12, 18)),
    ("Spring term", date(2027, 1, 4), date(2027, 3, 25)),
    ("Summer term", date(2027, 4, 12), date(2027, 7, 21)),
)

HALF_TERMS: Final = (
    (date(2026, 10, 26), date(2026, 10, 30)),
    (date(2027, 2, 15), date(2027, 2, 19)),
    (date(2027, 5, 31), date(2027, 6, 4)),
)

# Five a year, as the School Teachers' Pay and Conditions Document has it (195 days of work, 190 of teaching).
INSET_DAYS: Final = (
    date(2026, 9, 1),
    date(2026, 9, 2),
    date(2026, 11, 27),
    date(2027, 1, 4),
    date(2027, 6, 25),
)
