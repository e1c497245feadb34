"""Reading about people: found by name, year and form; what is sensitive is read under the eyes of the audit log."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from school_events.core import audit, cursors
from school_events.core.context import Context
from school_events.core.dynamodb import Key
from school_events.core.errors import Invalid, NotFound
from school_events.core.http import ApiModel, Page
from school_events.people import api, normalisation, rules, store
from school_events.people.aliases import aliases_of
from school_events.people.model import Pupil
from school_events.people.normalisation import Nonsense

_READ_AT_ONCE = 200


def list_pupils(
    ctx: Context, *, name: str, year: str | None, form: str | None, limit: int, cursor: str | None
) -> Page[api.PupilSummary]:
    """Pupils by name, leavers included (H1); no characteristics.

    Args:
        ctx: the moment.
        name: the beginning of "last name, first name"; case, accents and the comma do not matter.
        year: only this year group, in any spelling.
        form: only this registration group.
        limit: at most so many.
        cursor: where the page before ended.

    Raises:
        Invalid: the year is nonsense, or the cursor is not one of this list.
    """
    wanted_year = None if year is None else _year(year)
    after = _position(ctx, "pupils", cursor, store.pupil_key)
    start = store.folded(name.replace(",", " "), None)
    pupils = store.pupils_by_name(ctx.school_id, start, after, at_once=_READ_AT_ONCE)
    matching = (one for one in pupils if _matches(one, wanted_year, form))
    today = rules.today(ctx.now)
    return _page(ctx, "pupils", matching, limit, lambda pupil: api.pupil_summary(pupil, today))


def read_pupil(ctx: Context, pupil_id: str) -> api.PupilView:
    """A pupil with characteristics and those contacts whom the school holds; the reading is audited.

    Raises:
        NotFound: there is no such pupil in this school.
    """
    pupil = store.find_pupils(ctx.school_id, [pupil_id]).get(pupil_id)
    if pupil is None:
        raise NotFound
    links = store.links_of_pupil(ctx.school_id, pupil_id)
    held = store.find_contacts(ctx.school_id, [link.contact_id for link in links])
    _audit(ctx, "pupil", pupil_id)
    return api.pupil_view(pupil, (link for link in links if link.contact_id in held), rules.today(ctx.now))


def read_contact(ctx: Context, contact_id: str) -> api.ContactView:
    """A contact with contact details and those children whom the school holds; the reading is audited.

    Raises:
        NotFound: there is no such contact in this school.
    """
    item, links = store.contact_with_links(ctx.school_id, contact_id)
    contact = store.to_contact(item)
    if contact is None:
        raise NotFound
    held = store.find_pupils(ctx.school_id, [link.pupil_id for link in links])
    _audit(ctx, "contact", contact_id)
    return api.contact_view(contact, (link for link in links if link.pupil_id in held))


def list_staff(ctx: Context, *, name: str, limit: int, cursor: str | None) -> Page[api.StaffSummary]:
    """Members of staff by name, as :func:`list_pupils`.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    after = _position(ctx, "staff", cursor, store.staff_key)
    members = store.staff_by_name(ctx.school_id, store.folded(name.replace(",", " "), None), after)
    return _page(ctx, "staff", members, limit, api.staff_summary)


def list_groups(ctx: Context, *, name: str, limit: int, cursor: str | None) -> Page[api.TeachingGroupView]:
    """Teaching groups by name, as :func:`list_pupils`.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    after = _position(ctx, "teaching-groups", cursor, store.group_key)
    groups = store.groups_by_name(ctx.school_id, store.folded(name, None), after)
    return _page(ctx, "teaching-groups", groups, limit, api.group_view)


def _year(spelling: str) -> str:
    try:
        return normalisation.year_group(spelling)
    except Nonsense:
        raise Invalid.of("year", "is no year group") from None


def _matches(pupil: Pupil, year: str | None, form: str | None) -> bool:
    form_matches = form is None or (pupil.registration_group or "").casefold() == form.strip().casefold()
    return form_matches and (year is None or pupil.year_group == year)


def _position(ctx: Context, listed: str, cursor: str | None, key: Callable[[str, str], Key[Any]]) -> str:
    """Where the list goes on. A cursor carries an id only; where the person stands is looked up (a name is no id).

    Raises:
        Invalid: not a cursor of this list, or the person it names is no longer in it.
    """
    if cursor is None:
        return ""
    last = cursors.open_cursor(cursor, f"{ctx.school_id}/{listed}")["id"]
    position = store.position_of(key(ctx.school_id, last))
    if position is None:
        raise Invalid.of("cursor", "has outlived its list: start again")
    return position


def _page[T: Any, V: ApiModel](
    ctx: Context, listed: str, people: Iterable[T], limit: int, view: Callable[[T], V]
) -> Page[V]:
    some: Iterator[T] = iter(people)
    items = list(islice(some, limit))
    more = next(some, None) is not None
    cursor = cursors.seal({"id": items[-1].id}, f"{ctx.school_id}/{listed}") if more else None
    return Page(items=[view(one) for one in items], next_cursor=cursor)


def _audit(ctx: Context, kind: str, person_id: str) -> None:
    actor, subject = (ctx.actor.kind, ctx.actor.id), (kind, person_id)
    aliases = aliases_of(ctx.school_id, [actor, subject])
    audit.append(
        audit.AuditLine(
            school_id=ctx.school_id,
            change_id=ctx.new_id("read"),
            action=f"{kind}.read",
            at=ctx.now,
            actor_kind=ctx.actor.kind,
            actor=aliases.get(actor, audit.UNKNOWN_ALIAS),
            subject_kind=kind,
            subject=aliases.get(subject, audit.UNKNOWN_ALIAS),
            request_id=ctx.request_id,
            origin=ctx.origin,
        )
    )
