"""Who may: the one place that says whether a member is still one and which children are a contact's (A8, I1).

Everything is read fresh and strongly for each request, so that a cut link or a removed member of staff stops at the
next one, whatever the token still says.
"""

from school_events.core.caller import Membership
from school_events.core.context import Context
from school_events.core.dynamodb import get_many
from school_events.core.errors import Forbidden, NotFound, Unauthenticated
from school_events.people import rules, store
from school_events.people.model import Link

_NO_SECOND_FACTOR = "Sign in with a second factor"


def check(ctx: Context, membership: Membership) -> None:
    """Say whether a member of a school still is one, with the roles their token claims.

    Staff: the staff row decides, and the roles in it. Parents: the children a request is about are asked for by
    the use case (:func:`open_links`); here only a sign-in without a second factor is looked at.

    Raises:
        NotFound: a member of staff whom the Portal has removed, or a school it has never announced.
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
    if member is None or store.to_school(found.get(school)) is None:
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


def open_links(ctx: Context, contact_id: str) -> tuple[Link, ...]:
    """The links that give a contact access now; none for a contact whom the Portal has removed."""
    contact, links = store.contact_with_links(ctx.school_id, contact_id)
    if contact is not None and contact.state == "removed":
        return ()
    day = rules.today(ctx.now)
    return tuple(link for link in links if rules.is_open(link, day))


def require_open_link(ctx: Context, contact_id: str, pupil_id: str) -> Link:
    """The link that gives a contact access to a pupil now.

    Raises:
        NotFound: there is none; a child of somebody else's answers like one that does not exist (I2).
    """
    link_key = store.link_key(ctx.school_id, contact_id, pupil_id)
    contact_key = store.contact_key(ctx.school_id, contact_id)
    found = get_many([link_key, contact_key])
    contact, link = found.get(contact_key), store.to_link(found.get(link_key))
    removed = contact is not None and contact.state == "removed"
    if removed or link is None or not rules.is_open(link, rules.today(ctx.now)):
        raise NotFound
    return link
