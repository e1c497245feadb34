"""The two pages of the local sign-in."""

from collections.abc import Iterable, Mapping
from html import escape

from .people import Person

_STYLE = """
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.45 }
body { max-width: 42rem; margin: 2rem auto; padding: 0 1rem }
ul { list-style: none; padding: 0; display: grid; gap: .5rem }
button, li a { font: inherit; text-align: start; width: 100%; box-sizing: border-box; padding: .7rem 1rem;
  display: block; border: 1px solid; border-radius: .5rem; background: none; color: inherit;
  text-decoration: none; cursor: pointer }
button:hover, button:focus-visible, li a:hover, li a:focus-visible { outline: 3px solid Highlight }
small { display: block; opacity: .75 }
"""


def choose_person(people: Iterable[Person], parameters: Mapping[str, str]) -> str:
    """The page of `/oauth2/authorize`: one button for each person.

    Args:
        people: Who can be picked.
        parameters: The request's parameters, which go along with the choice.
    """
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in parameters.items()
    )
    buttons = "".join(
        f'<li><button name="person" value="{escape(one.key)}">{_who(one)}</button></li>' for one in people
    )
    form = f'<form method="post" action="/oauth2/authorize">{hidden}<ul>{buttons}</ul></form>'
    return _page("Sign in as", f"<p>Demo people only: no password is asked for.</p>{form}")


def start(people: Iterable[Person]) -> str:
    """The page of `/`: a link to an access token for each person, to be used with curl or in the API's own page."""
    links = "".join(
        f'<li><a href="/demo/tokens/{escape(one.key)}">{_who(one)}<small>token for <code>{escape(one.key)}</code>'
        "</small></a></li>"
        for one in people
    )
    example = '<pre>curl -H "Authorization: Bearer $(curl -s …/demo/tokens/admin)" …/v1/me</pre>'
    return _page(
        "Local sign-in", f"<p>Pick somebody to get an access token, good for an hour.</p>{example}<ul>{links}</ul>"
    )


def _who(person: Person) -> str:
    return f"<bdi>{escape(person.name)}</bdi><small>{escape(person.description)}</small>"


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{title}</h1>{body}</main></body></html>"
    )
