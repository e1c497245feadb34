"""Reading request parameters as Stripe does: nested form fields, declared kinds, nothing unknown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from local.stripe.errors import Json, invalid

type Form = str | dict[str, Form]

_PART = re.compile(r"\[([^\]]*)\]")


def decoded(text: str) -> dict[str, Form]:
    """The tree behind `a[b][0][c]=d&e[]=f`: dictionaries all the way, list places as their numbers."""
    tree: dict[str, Form] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        head, _, rest = key.partition("[")
        _place(tree, [head, *_PART.findall(f"[{rest}")] if rest else [head], value)
    return tree


def _place(tree: dict[str, Form], path: list[str], value: str) -> None:
    name = path[0] or str(len(tree))
    if len(path) == 1:
        tree[name] = value
        return
    below = tree.setdefault(name, {})
    if isinstance(below, str):
        raise invalid(f"Invalid object: {name}", param=name)
    _place(below, path[1:], value)


class Kind(Protocol):
    """What one parameter may be."""

    def read(self, raw: Form, name: str) -> Any:
        """The value behind `raw`; raises a refusal that names the parameter."""


def _text(raw: Form, name: str) -> str:
    if not isinstance(raw, str):
        raise invalid(f"Invalid string: {name}", param=name)
    if raw == "":
        raise invalid(
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{name}' cannot be unset. You should remove '{name}' from your request or supply a non-empty "
            "value.",
            param=name,
            code="parameter_invalid_empty",
        )
    return raw


@dataclass(frozen=True)
class Text:
    """Text of a greatest length in characters."""

    longest: int = 5000

    def read(self, raw: Form, name: str) -> str:
        """The text itself."""
        text = _text(raw, name)
        if len(text) > self.longest:
            raise invalid(f"Invalid string: {name} must be at most {self.longest} characters", param=name)
        return text


@dataclass(frozen=True)
class Url:
    """An absolute web address; the place for the session's identifier is left in it."""

    def read(self, raw: Form, name: str) -> str:
        """The address itself."""
        text = _text(raw, name)
        if not _is_url(text):
            raise invalid("Not a valid URL", param=name, code="url_invalid")
        return text


def _is_url(text: str) -> bool:
    if not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


@dataclass(frozen=True)
class Choice:
    """One of the words Stripe knows."""

    words: tuple[str, ...]

    def read(self, raw: Form, name: str) -> str:
        """The word itself."""
        text = _text(raw, name)
        if text not in self.words:
            raise invalid(f"Invalid {name}: must be one of {', '.join(self.words)}", param=name)
        return text


@dataclass(frozen=True)
class Integer:
    """A whole number not below `least` and not above `most`."""

    least: int = 0
    most: int = 99_999_999_999

    def read(self, raw: Form, name: str) -> int:
        """The number."""
        text = _text(raw, name)
        if not re.fullmatch(r"-?\d{1,18}", text):
            raise invalid(f"Invalid integer: {text}", param=name, code="parameter_invalid_integer")
        if int(text) < self.least:
            raise invalid(
                f"This value must be greater than or equal to {self.least}.",
                param=name,
                code="parameter_invalid_integer",
            )
        if int(text) > self.most:
            raise invalid(
                f"This value must be less than or equal to {self.most}.", param=name, code="parameter_invalid_integer"
            )
        return int(text)


@dataclass(frozen=True)
class Flag:
    """`true` or `false`."""

    def read(self, raw: Form, name: str) -> bool:
        """The truth value."""
        if raw not in {"true", "false"}:
            raise invalid(f"Invalid boolean: {raw}", param=name)
        return raw == "true"


@dataclass(frozen=True)
class Metadata:
    """Up to 50 keys of 40 characters with values of 500 (https://docs.stripe.com/api/metadata)."""

    def read(self, raw: Form, name: str) -> dict[str, str]:
        """Keys and values."""
        if raw == "":
            return {}
        if isinstance(raw, str):
            raise invalid("Invalid object", param=name)
        if len(raw) > 50:
            raise invalid(f"Metadata can have up to 50 keys, but you passed in {len(raw)}.", param=name)
        # An empty value unsets a key; at creation there is nothing to unset.
        return {key: self._value(key, value, name) for key, value in raw.items() if value != ""}

    def _value(self, key: str, value: Form, name: str) -> str:
        if len(key) > 40:
            raise invalid(f"Metadata keys can have up to 40 characters, but you passed in {len(key)}.", param=name)
        if not isinstance(value, str):
            raise invalid("Metadata values must be strings.", param=name)
        if len(value) > 500:
            raise invalid(
                "Metadata values can have up to 500 characters, "
                f"but you passed in a value that is {len(value)} characters.",
                param=name,
            )
        return value


@dataclass(frozen=True)
class Rows:
    """A list, each place of one kind."""

    kind: Kind

    def read(self, raw: Form, name: str) -> list[Any]:
        """The values, in the order of their numbers."""
        if isinstance(raw, str) or not all(key.isdigit() for key in raw):
            raise invalid("Invalid array", param=name)
        places = sorted(raw.items(), key=lambda place: int(place[0]))
        return [self.kind.read(value, f"{name}[{key}]") for key, value in places]


@dataclass(frozen=True)
class Record:
    """Named parameters; those in `required` must be there and no other name may be."""

    fields: Mapping[str, Kind]
    required: tuple[str, ...] = ()

    def read(self, raw: Form, name: str = "") -> Json:
        """The values of the parameters that were given."""
        if isinstance(raw, str):
            raise invalid("Invalid object", param=name)
        self._refuse_unknown(raw, name)
        for wanted in self.required:
            if wanted not in raw:
                full = _below(name, wanted)
                raise invalid(f"Missing required param: {full}.", param=full, code="parameter_missing")
        return {key: self.fields[key].read(value, _below(name, key)) for key, value in raw.items()}

    def _refuse_unknown(self, raw: dict[str, Form], name: str) -> None:
        unknown = [_below(name, key) for key in raw if key not in self.fields]
        if unknown:
            plural = "s" if len(unknown) > 1 else ""
            raise invalid(
                f"Received unknown parameter{plural}: {', '.join(unknown)}", param=unknown[0], code="parameter_unknown"
            )


def _below(name: str, key: str) -> str:
    return f"{name}[{key}]" if name else key


NOTHING = Record({})
EXPAND = Rows(Text())
SPAN = Record({"gt": Integer(), "gte": Integer(), "lt": Integer(), "lte": Integer()})


@dataclass(frozen=True)
class Instants:
    """An instant, or the bounds of a span of them, in epoch seconds."""

    def read(self, raw: Form, name: str) -> Json:
        """The bounds; a single instant is both of them."""
        if isinstance(raw, str):
            instant = Integer().read(raw, name)
            return {"gte": instant, "lte": instant}
        return SPAN.read(raw, name)


def listing(**filters: Kind) -> Record:
    """The parameters of a list: pages by cursor, a span of creation, and the filters of its kind."""
    pages: dict[str, Kind] = {
        "limit": Integer(least=1, most=100),
        "starting_after": Text(),
        "ending_before": Text(),
        "expand": EXPAND,
    }
    return Record({**pages, **filters})
