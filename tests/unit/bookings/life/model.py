"""A plain model of one event's whole life: what is so, and what each wish must be answered; no table, no page, no race.

It knows nothing of how the product does it. Places are counted, not numbered.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from school_events.bookings.terms.rules import TooLateToCancel
from school_events.core.errors import AlreadyBooked, NoFreePlace, NotFound, SchoolEventsError, WrongState

BEFORE_A_PAGE = timedelta(minutes=15)
"""How long a place waits for its payment to be begun (PAYMENTS.md 2, and ours)."""

PAGE = timedelta(minutes=35)
"""How long Stripe's page can be paid."""

PAGE_AND_GRACE = timedelta(minutes=36)
"""How long a place waits once the page is open."""

WAITS = frozenset({"pending", "expiring"})
LIVE = WAITS | {"confirmed"}

type Refusal = type[SchoolEventsError]


@dataclass(eq=False)
class Line:
    """A child's booking.

    Args:
        id: as the product named it.
        pupil: whose.
        by: the contact who booked.
        price: in pence.
        state: as the product says it.
        money: of its part of the payment: ``none`` came, it is ``kept``, or it went ``back`` without a place.
        refund: what goes back of it, in pence.
        is_extra: whether its place was made for it, beyond the capacity.
        session: which of a club's, if its place is for just that.
    """

    id: str
    pupil: str
    by: str
    price: int
    state: str
    money: str = "none"
    refund: int = 0
    is_extra: bool = False
    session: str = ""

    @property
    def is_live(self) -> bool:
        """Whether it has a place."""
        return self.state in LIVE


@dataclass(eq=False)
class Basket:
    """What is paid together.

    Args:
        payment_id: as the product named it.
        lines: what for.
        hold_until: until when their places wait.
        page_until: until when Stripe's page can be paid, if one was opened and not closed.
        has_page: whether a page was ever opened.
        is_paid: whether Stripe has the money.
        is_heard: whether we know.
    """

    payment_id: str
    lines: list[Line]
    hold_until: datetime
    page_until: datetime | None = None
    has_page: bool = False
    is_paid: bool = False
    is_heard: bool = False

    @property
    def waits(self) -> bool:
        """Whether places are held for it."""
        return any(line.state in WAITS for line in self.lines)

    def now_are(self, state: str) -> list[Line]:
        """What is held for it is something else now; says what that was."""
        held = [line for line in self.lines if line.state in WAITS]
        for line in held:
            line.state = state
        return held


@dataclass
class Model:
    """The event, its families and what they have.

    Args:
        capacity: places there are to be.
        prices: what each child's place costs, in pence.
        links: open ones, as (contact, pupil).
        on_roll: the children who have not left.
        closes_at: when booking ends by itself.
        starts_at: when the event begins.
        over_at: when the event is over.
        policy: how many per cent come back, each before an instant.
        now: the moment.
        status: of the event.
        invited: children who may be booked.
        free: places that can be booked while booking is open.
        returned: places that were given back, or added, and are moved on by housekeeping.
        lines: all bookings.
        baskets: all payments.
    """

    capacity: int
    prices: dict[str, int]
    links: set[tuple[str, str]]
    on_roll: set[str]
    closes_at: datetime
    starts_at: datetime
    over_at: datetime
    policy: tuple[tuple[datetime, int], ...]
    now: datetime
    status: str = "draft"
    invited: set[str] = field(default_factory=set)
    free: int = 0
    returned: int = 0
    lines: list[Line] = field(default_factory=list)
    baskets: list[Basket] = field(default_factory=list)

    @property
    def live(self) -> list[Line]:
        """The bookings that have a place."""
        return [line for line in self.lines if line.is_live]

    @property
    def surplus(self) -> int:
        """Places there are beyond the capacity, since it was lowered while families had them."""
        return max(0, self.there - self.capacity)

    @property
    def there(self) -> int:
        """Places there are, but for those that were made beyond the capacity for one child each."""
        return self.free + self.returned + sum(not line.is_extra for line in self.live)

    @property
    def is_open(self) -> bool:
        """Whether anybody may take a place."""
        return self.status == "published" and self.now < self.closes_at

    def has_place(self, pupil: str) -> bool:
        """Whether a child has one."""
        return any(line.pupil == pupil for line in self.live)

    def has_claim(self, pupil: str) -> bool:
        """Whether a child has what only one of may be had: a place."""
        return self.has_place(pupil)

    @property
    def is_waited_for(self) -> bool:
        """Whether what is given back is not just anybody's."""
        return False

    def may_see(self, contact: str, pupil: str) -> bool:
        """Whether a child is the contact's to act for."""
        return (contact, pupil) in self.links

    def refusal_of_booking(self, contact: str, pupils: tuple[str, ...], *, beyond: bool = False) -> Refusal | None:
        """Why a household gets no places, or none beyond the capacity, if it does not."""
        if any(not self.may_see(contact, one) or one not in self.on_roll & self.invited for one in pupils):
            return NotFound
        if not self.is_open:
            return WrongState
        if beyond and self.free >= len(pupils):
            return WrongState
        if any(map(self.has_claim, pupils)):
            return AlreadyBooked
        return NoFreePlace if not beyond and self.free < len(pupils) else None

    def book(
        self, contact: str, pupils: tuple[str, ...], ids: list[str], payment_id: str | None, *, beyond: bool = False
    ) -> None:
        """The household has its places: what costs nothing at once, the rest waits to be paid together."""
        made = []
        for booking_id, pupil in zip(ids, pupils, strict=True):
            state = "pending" if self.prices[pupil] else "confirmed"
            made.append(Line(booking_id, pupil, contact, self.prices[pupil], state, is_extra=beyond))
        self.lines += made
        self.free -= 0 if beyond else len(made)
        if payment_id is not None:
            to_pay = [line for line in made if line.price]
            self.baskets.append(Basket(payment_id, to_pay, self.now + BEFORE_A_PAGE))

    def basket_of(self, line: Line) -> Basket | None:
        """What a booking is paid with, if it is."""
        return next((basket for basket in self.baskets if line in basket.lines), None)

    def page_is_open(self, basket: Basket) -> bool:
        """Whether Stripe would take the money now."""
        return not basket.is_paid and basket.page_until is not None and self.now < basket.page_until

    def refusal_of_opening(self, basket: Basket) -> Refusal | None:
        """Why no page is opened, or shown again, if it is not."""
        is_pending = all(line.state == "pending" for line in basket.lines)
        in_time = basket.page_until is None or self.now < basket.page_until
        return None if is_pending and in_time else WrongState

    def open_page(self, basket: Basket) -> None:
        """Stripe's page is open, and the places wait for it."""
        if not basket.has_page:
            basket.has_page, basket.page_until = True, self.now + PAGE
            basket.hold_until = self.now + PAGE_AND_GRACE

    def may_cancel(self, contact: str, line: Line) -> bool:
        """Whether a booking is a contact's to cancel: who booked it, or another once that one has no link any more."""
        if not self.may_see(contact, line.pupil):
            return False
        is_left_to_others = line.state in {"confirmed", "cancelled"} and not self.may_see(line.by, line.pupil)
        return contact == line.by or is_left_to_others

    def refusal_of_cancelling(self, line: Line, *, family: bool) -> Refusal | None:
        """Why a booking is not cancelled, if it is not."""
        if line.state == "pending":
            return None
        if line.state != "confirmed" or self.is_called_off(line):
            return WrongState
        return TooLateToCancel if family and self.now >= self.begins_at(line) else None

    def is_called_off(self, _line: Line) -> bool:
        """Whether what a booking is for does not take place."""
        return self.status == "cancelled"

    def begins_at(self, _line: Line) -> datetime:
        """When what a booking is for begins."""
        return self.starts_at

    def refund_of(self, line: Line, decided: str) -> int:
        """What comes back of what was paid, in pence, for a place one has: by the policy, everything or nothing."""
        paid = line.price if line.money == "kept" and line.state == "confirmed" else 0
        share = next((percent for before, percent in self.policy if self.now < before), 0)
        return -(-paid * {"policy": share, "full": 100, "none": 0}[decided] // 100)

    def cancel(self, line: Line, decided: str = "full") -> None:
        """It is given up; a hold goes with all that is to be paid with it, once Stripe's page is closed."""
        basket = self.basket_of(line)
        if basket is None or line.state == "confirmed":
            line.refund = self.refund_of(line, decided)
            line.state = "cancelled"
            self._give_back([line])
        elif basket.has_page:
            basket.now_are("expiring")
            basket.hold_until = self.now
        else:
            self._give_back(basket.now_are("released"))

    def child_leaves(self, pupil: str) -> None:
        """What is held for a child who leaves the school goes, with all that is to be paid with it."""
        self.on_roll.discard(pupil)
        for basket in self.baskets:
            if any((line.pupil, line.state) == (pupil, "pending") for line in basket.lines):
                basket.now_are("expiring")
                basket.hold_until = self.now

    def hear(self, basket: Basket) -> None:
        """Stripe was asked: money is dealt with, and a page that closed unpaid ends its holds."""
        if basket.is_paid:
            self._deal_with_money(basket)
        elif basket.has_page and not self.page_is_open(basket):
            self._end(basket)

    def _end(self, basket: Basket) -> None:
        self.let_go(basket)
        basket.page_until = None

    def let_go(self, basket: Basket) -> None:
        """The places held for it are given back."""
        self._give_back(basket.now_are("released"))

    def _give_back(self, lines: list[Line]) -> None:
        """Places are given back at once: each is free for anybody, unless there are too many by now."""
        places = sum(not line.is_extra for line in lines)
        self.returned += places
        for _ in range(places):
            if not (self.surplus or self.is_waited_for):
                self.returned, self.free = self.returned - 1, self.free + 1

    def publish(self) -> None:
        """Its places are made."""
        if self.status == "draft":
            self.status, self.free = "published", self.capacity

    def resize(self, capacity: int) -> None:
        """The school says how many places there are to be."""
        self.capacity = capacity
        self._follow()

    def _follow(self) -> None:
        """What nobody has is taken away, what is missing comes as if it had been given back."""
        if self.status not in {"published", "closed"}:
            return
        self.returned += max(0, self.capacity - self.there)
        free = min(self.free, self.surplus)
        self.free -= free
        self.returned -= min(self.returned, self.surplus)

    def _deal_with_money(self, basket: Basket) -> None:
        """It confirms what is held; of what was let go it buys back what is still free, and the rest goes back."""
        for line in basket.lines:
            if line.money == "none":
                regains = line.state not in WAITS and self._may_regain(line)
                may = line.state in WAITS or regains
                if regains:
                    self._take_free(line)
                line.state, line.money = ("confirmed", "kept") if may else (line.state, "back")
                line.refund = 0 if may else line.price
        basket.is_heard = True

    def _take_free(self, _line: Line) -> None:
        self.free -= 1

    def _may_regain(self, line: Line) -> bool:
        """Whether money that is late buys a place; one that was made beyond the capacity is nobody's any more.

        Also when the time to book is over, unless the school itself has ended it.
        """
        is_bookable = self.status == "published" and self.now < self.starts_at and self.free > 0
        return is_bookable and not line.is_extra and not self.has_claim(line.pupil)

    def housekeeping(self) -> None:
        """What is due is done: places are moved on, bookings of what does not take place end, holds are let go."""
        self._move_on()
        if self.status == "cancelled":
            self._call_off()
        for basket in self.baskets:
            if basket.waits and basket.hold_until <= self.now:
                self._settle_hold(basket)

    def _move_on(self) -> None:
        """What is beyond the capacity goes, the rest is anybody's."""
        self._follow()
        if not self.surplus:
            self.returned, self.free = 0, self.free + self.returned

    def _settle_hold(self, basket: Basket) -> None:
        """Stripe's page is closed first; if it was paid after all, the places are the family's."""
        if basket.is_paid:
            self._deal_with_money(basket)
        else:
            self._end(basket)

    def _call_off(self) -> None:
        for line in self.live:
            if line.state in {"confirmed", "pending"}:
                self.cancel(line)
