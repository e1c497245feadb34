"""Who may: the one place that says whether a member is still one and which children are a contact's (A8, I1).

Everything is read fresh and strongly for each request, so that a cut link or a removed member of staff stops at the
next one, whatever the token still says. Nobody else asks a link whether it is open: a test sees to that.
"""

import contextlib
from collections.abc import Iterable, Mapping
from itertools import batched
from typing import Any

from school_events.core.caller import Membership
from school_events.core.context import Context
from school_events.core.dynamodb import Found, Key, Transaction, get_many
from school_events.core.errors import Forbidden, NotFound, Unauthenticated
from school_events.people import rules, store
from school_events.people.model import Link
from school_events.people.store import ContactItem

_NO_SECOND_FACTOR = "Sign in with a second factor"

_PAIRS_AT_ONCE = 33
"""Each asks for three items, and a read takes a hundred."""

_MOST_AT_ONCE = 100

_MOST_MERGES = 8
"""So many times in a row two records of a contact are found to be one person; beyond that something is wrong."""


def check(ctx: Context, membership: Membership) -> None:
    """Say whether a member of a school still is one, with the roles their token claims.

    Staff: the staff row decides, and the roles in it. Parents: the children a request is about are asked for by
    the use case (:func:`open_links`); here only a sign-in without a second factor is looked at.

    Raises:
        NotFound: a member of staff whom the Portal has removed or the latest snapshot lacks, or a school it has never
            announced.
        Forbidden: the token claims a role that the Portal has since taken away.
        Unauthenticated: no second factor, and not a parent of a school that does without (I1).
    """
    if membership.kind == "contact":
        _check_parent(ctx)
        return
    if not ctx.mfa:
        raise Unauthenticated(_NO_SECOND_FACTOR)
    school, staff = store.school_key_of(ctx.school_id), store.staff_key(ctx.school_id, membership.person_id)
    found = get_many([school, staff])
    member = store.to_staff(found.get(staff))
    if member is None or member.state != "current" or store.to_school(found.get(school)) is None:
        raise NotFound
    if not membership.roles - {"parent"} <= set(member.app_roles):
        raise Forbidden


def _check_parent(ctx: Context) -> None:
    if ctx.mfa:
        return
    key = store.school_key_of(ctx.school_id)
    school = store.to_school(get_many([key]).get(key))
    if school is None or not school.parents_mfa_exempt:
        raise Unauthenticated(_NO_SECOND_FACTOR)


def require_contact(ctx: Context, contact_id: str) -> None:
    """Refuse a contact who is gone: removed, merged into another, or anonymised.

    One whom the Portal has not told of yet is no stranger: their link may have come first.

    Raises:
        NotFound: they are gone.
    """
    key = store.contact_key(ctx.school_id, contact_id)
    if _is_gone(get_many([key]).get(key)):
        raise NotFound


def open_links(ctx: Context, contact_id: str) -> tuple[Link, ...]:
    """The links that give a contact access now, to children the school holds; none for a contact who is gone."""
    contact, links = store.contact_with_links(ctx.school_id, contact_id)
    if _is_gone(contact):
        return ()
    day = rules.today(ctx.now)
    opened = [link for link in links if rules.is_open(link, day)]
    held = store.find_pupils(ctx.school_id, [link.pupil_id for link in opened])
    return tuple(link for link in opened if link.pupil_id in held)


def require_open_link(ctx: Context, contact_id: str, pupil_id: str) -> Link:
    """The link that gives a contact access to a pupil now.

    Raises:
        NotFound: there is none; a child of somebody else's answers like one that does not exist (I2).
    """
    return open_link_in(ctx, get_many(keys_of(ctx, contact_id, pupil_id)), contact_id, pupil_id)


def keys_of(ctx: Context, contact_id: str, pupil_id: str) -> list[Key[Any]]:
    """What decides whether a contact has access to a pupil, to be read with other things in one round trip."""
    return [
        store.link_key(ctx.school_id, contact_id, pupil_id),
        store.contact_key(ctx.school_id, contact_id),
        store.pupil_key(ctx.school_id, pupil_id),
    ]


def open_link_in(ctx: Context, found: Found, contact_id: str, pupil_id: str) -> Link:
    """As :func:`require_open_link`, from what was read by :func:`keys_of`.

    Raises:
        NotFound: there is no such link.
    """
    link_key, contact_key, pupil_key = keys_of(ctx, contact_id, pupil_id)
    link, pupil = store.to_link(found.get(link_key)), store.to_pupil(found.get(pupil_key))
    if _is_gone(found.get(contact_key)) or pupil is None or link is None:
        raise NotFound
    if not rules.is_open(link, rules.today(ctx.now)):
        raise NotFound
    return link


def open_links_among(ctx: Context, pairs: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Link]:
    """The links that are open now, of those between contacts and pupils; read as :func:`require_open_link` does."""
    opened: dict[tuple[str, str], Link] = {}
    for some in batched(sorted(set(pairs)), _PAIRS_AT_ONCE, strict=False):
        found = get_many([key for pair in some for key in keys_of(ctx, *pair)])
        for pair in some:
            with contextlib.suppress(NotFound):
                opened[pair] = open_link_in(ctx, found, *pair)
    return opened


def ever_linked(ctx: Context, pairs: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Of pairs of contacts and pupils those whom the Portal has ever linked, be it no more: where one names the other,
    it is found when they are forgotten (H2). Who is forgotten already is not among them."""
    known: set[tuple[str, str]] = set()
    for some in batched(sorted(set(pairs)), _MOST_AT_ONCE, strict=False):
        keys = {pair: store.link_key(ctx.school_id, *pair) for pair in some}
        found = get_many(keys.values())
        items = {pair: found.get(key) for pair, key in keys.items()}
        known |= {pair for pair, item in items.items() if item is not None and item.state != "anonymised"}
    return frozenset(known)


def families_of(ctx: Context, pupil_ids: Iterable[str]) -> Mapping[str, tuple[Link, ...]]:
    """The open links of pupils: who is family by :func:`family_of`, each of them asked for again."""
    pairs = [(contact_id, pupil_id) for pupil_id in set(pupil_ids) for contact_id in family_of(ctx, pupil_id)]
    families: dict[str, tuple[Link, ...]] = {}
    for (_, pupil_id), link in sorted(open_links_among(ctx, pairs).items()):
        families[pupil_id] = (*families.get(pupil_id, ()), link)
    return families


def check_link(transaction: Transaction, ctx: Context, contact_id: str, pupil_id: str) -> None:
    """Only go ahead, in a transaction, while a contact's link to a pupil is open; refused with :class:`NotFound`."""
    link = store.link_key(ctx.school_id, contact_id, pupil_id)
    transaction.check(link, store.link_is_open(rules.today(ctx.now)), refusal=NotFound())


def check_on_roll(transaction: Transaction, ctx: Context, pupil_id: str) -> None:
    """Only go ahead, in a transaction, while somebody is a pupil here; refused with ``Refused``."""
    transaction.check(store.pupil_key(ctx.school_id, pupil_id), store.pupil_is_on_roll(rules.today(ctx.now)))


def family_of(ctx: Context, pupil_id: str) -> frozenset[str]:
    """The contacts with an open link to a pupil, as an index knows them, a moment behind: who may be worth telling.

    Whoever gives something away on the strength of it asks :func:`require_open_link` of each first.
    """
    day = rules.today(ctx.now)
    links = store.links_of_pupil(ctx.school_id, pupil_id)
    return frozenset(link.contact_id for link in links if rules.is_open(link, day))


def is_same_person(ctx: Context, noted: str, contact_id: str) -> bool:
    """Whether what was noted under one contact's id is another's now: their own, or of a record merged into theirs."""
    return noted == contact_id or persons_now(ctx.school_id, [noted])[noted] == contact_id


def persons_now(school_id: str, contact_ids: Iterable[str]) -> Mapping[str, str]:
    """Who contacts are now: themselves, or who has taken over from them, read strongly.

    Only a current contact of the same school takes over. Merges that run in a circle, or into nobody, are followed
    nowhere: the contact stays themselves, who is gone.

    Args:
        school_id: whose.
        contact_ids: as they were noted when something happened.
    """
    noted = frozenset(contact_ids)
    known: dict[str, ContactItem | None] = {}
    asked = noted
    for _ in range(_MOST_MERGES + 1):
        if not asked:
            break
        known |= _contact_items(school_id, asked)
        asked = frozenset(_successor(known[one]) for one in asked) - known.keys() - {""}
    return {one: _end_of(known, one) for one in noted}


def _contact_items(school_id: str, contact_ids: Iterable[str]) -> dict[str, ContactItem | None]:
    """Contacts as they are kept, gone or not; a contact who is forgotten has as many ids as bookings."""
    items: dict[str, ContactItem | None] = {}
    for some in batched(sorted(contact_ids), _MOST_AT_ONCE, strict=False):
        keys = {one: store.contact_key(school_id, one) for one in some}
        found = get_many(keys.values())
        items |= {one: found.get(key) for one, key in keys.items()}
    return items


def _end_of(known: Mapping[str, ContactItem | None], contact_id: str) -> str:
    here, seen = contact_id, set[str]()
    while here not in seen and (onwards := _successor(known.get(here))):
        seen.add(here)
        here = onwards
    item = known.get(here)
    return here if item is not None and not _is_gone(item) else contact_id


def _successor(item: ContactItem | None) -> str:
    return (item.merged_into or "") if item is not None and _is_gone(item) else ""


def _is_gone(contact: ContactItem | None) -> bool:
    return contact is not None and store.to_contact(contact) is None
