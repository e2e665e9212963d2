"""What the pages of a territory offer: their forms with every field, and their links with a query.

In: the pages, as who may see everything sees them. Out: for each form and each query, the values that one side offers and
the other does not: what an attacker would put in their place.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from django.urls import Resolver404, resolve, reverse

from rings import LONG

from .parameters import MORE_PAGES
from .routes import of_space
from .world import Side

_CHOICES = {"hidden", "radio", "checkbox", "select", "submit", "datalist"}
_TOKENS = ("csrfmiddlewaretoken", "form_token")

type Get = Callable[[str], str]


@dataclass
class Field:
    """One name of a form: its kind, the values offered, those sent if nothing is touched."""

    kind: str
    required: bool = False
    offered: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    @property
    def chosen(self) -> bool:
        """Whether the page, not the person, says the values."""
        return self.kind in _CHOICES


@dataclass
class Form:
    """One form of a page: `route` is the name of the address that it is sent to."""

    page: str
    action: str
    method: str
    fields: dict[str, Field] = field(default_factory=dict)
    route: str = ""

    def sent(self, *, needed: bool = False) -> dict[str, Any]:
        """What the browser would send, or what is `needed` of it; where nothing is chosen yet, the n-th field gets the
        n-th thing offered: two lists of the same things are not answered the same."""
        data: dict[str, Any] = {}
        rank = 0
        for name, each in self.fields.items():
            offered = [value for value in each.offered if value]
            values = each.sent
            if not values and offered and each.kind in ("radio", "select", "submit"):
                values, rank = [offered[rank % len(offered)]], rank + (each.kind == "select")
            if values and (each.required or each.kind == "hidden" or not needed):
                data[name] = values if len(values) > 1 else values[0]
        return data


class _Reader(HTMLParser):
    """Forms and links of one page. Fields may stand outside of their form (`form=`)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.forms, self.links = page, [], []  # type: ignore[var-annotated]
        self._by_id: dict[str, Form] = {}
        self._late: list[tuple[str, str, dict[str, str]]] = []
        self._form: Form | None = None
        self._select: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(
                self.page, urljoin(self.page, given.get("action") or ""), given.get("method", "get").upper()
            )
            self.forms.append(self._form)
            if "id" in given:
                self._by_id[given["id"]] = self._form
        elif tag == "a" and "?" in given.get("href", ""):
            self.links.append(urljoin(self.page, given["href"]))
        elif tag in ("input", "select", "textarea", "button") and given.get("name") not in (
            None,
            "",
            *_TOKENS,
        ):
            if "form" in given and given["form"] not in self._by_id:
                self._late.append((tag, given["form"], given))
            else:
                self._add(tag, given, self._by_id.get(given.get("form", "")) or self._form)
        elif tag == "option" and self._select is not None:
            self._select.offered.append(given.get("value", ""))
            if "selected" in given:
                self._select.sent = [given.get("value", "")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None

    def _add(self, tag: str, given: dict[str, str], form: Form | None) -> None:
        if form is None:
            return
        kind = {"select": "select", "textarea": "textarea", "button": "submit"}.get(tag) or given.get(
            "type", "text"
        )
        found = form.fields.setdefault(given["name"], Field(kind, "required" in given))
        if tag == "select":
            self._select = found
        elif kind in ("radio", "checkbox"):
            found.offered.append(given.get("value", "on"))
            if "checked" in given:
                found.sent.append(given.get("value", "on"))
        elif kind == "submit":
            found.offered.append(given.get("value", ""))
        elif kind != "file":
            found.offered.append(given.get("value", ""))
            found.sent = [given["value"]] if given.get("value") else []

    def close(self) -> None:
        super().close()
        for tag, owner, given in self._late:
            self._add(tag, given, self._by_id.get(owner))


@dataclass
class Offer:
    """All that the pages of one side offer; `pages` are the routes whose pages offer something."""

    pages: set[str] = field(default_factory=set)
    forms: list[Form] = field(default_factory=list)
    queries: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    texts: dict[str, set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )  # route → words one may write

    def values(self) -> dict[tuple[str, str], set[str]]:
        """By route and field of a form that writes, every value offered anywhere."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for form in self.forms:
            for name, each in form.fields.items():
                if each.chosen:
                    found[form.route, name].update(value for value in each.offered if value)
        return found

    def asked(self) -> dict[tuple[str, str], set[str]]:
        """By route and name in a query, every value seen."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for route, queries in self.queries.items():
            for query in queries:
                for name, value in query.items():
                    found[route, name].add(value)
        return found


def explore(get: Get, side: Side, only: set[str] | None = None) -> Offer:
    """Open every page, then each page that its forms and links lead to by a query, once for each set of names.

    In the quick ring, once for each name that was not yet asked of the route. `only`: the routes to open, if not all.
    """
    offer, seen = Offer(), set()
    names: dict[str, set[str]] = defaultdict(set)
    waiting = [route.at(route.values(side)) for route in of_space("t") if not route.api]
    waiting += [reverse(name, kwargs={"slug": side.territory.slug, **of(side)}) for name, of in MORE_PAGES]
    while waiting:
        url = waiting.pop(0)
        route, query = route_of(url), dict(parse_qsl(urlsplit(url).query))
        key = (route, urlsplit(url).path, frozenset(query))
        if route is None or key in seen or (only is not None and route not in only):
            continue
        seen.add(key)
        if query:
            offer.queries[route].append(query)
            if not LONG and query.keys() <= names[route]:
                continue
            names[route] |= query.keys()
        reader = _Reader(url)
        reader.feed(get(url))
        reader.close()
        if any(route_of(url) for url in (*reader.links, *(form.action for form in reader.forms))):
            offer.pages.add(route)
        for link in reader.links:
            if (to := route_of(link)) is not None:
                offer.queries[to].append(dict(parse_qsl(urlsplit(link).query)))
                waiting.append(link)
        for form in reader.forms:
            form.route = route_of(form.action) or ""
            if not form.route:
                continue
            if form.method == "POST":
                offer.forms.append(form)
                continue
            for name, each in form.fields.items():
                if each.chosen:
                    offer.queries[form.route] += [{name: value} for value in each.offered if value]
                else:
                    offer.texts[form.route].add(name)
            for data in (form.sent(needed=True), form.sent()):
                waiting.append(urlsplit(form.action)._replace(query=urlencode(data, doseq=True)).geturl())
    return offer


def forms_in(url: str, text: str) -> list[Form]:
    """The forms of one page, wherever they are sent."""
    reader = _Reader(url)
    reader.feed(text)
    reader.close()
    for form in reader.forms:
        form.route = route_of(form.action) or ""
    return reader.forms


def posts_to_itself(url: str, text: str) -> bool:
    """Whether a page has a form that is sent to the page's own route."""
    reader = _Reader(url)
    reader.feed(text)
    return any(form.method == "POST" and route_of(form.action) == route_of(url) for form in reader.forms)


def route_of(url: str) -> str | None:
    """The name of a route of a territory's space, or None."""
    path = urlsplit(url).path
    if not path.startswith("/t/"):
        return None
    try:
        return resolve(path).url_name
    except Resolver404:
        return None


def unknown_like(value: str) -> str:
    """A value of the same shape that exists nowhere."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return "1999-01-04"  # a day like another, on which nothing happened
    if value.isdecimal():
        return "987654"
    if re.fullmatch(r"[0-9a-f]{32}", value):
        return "0" * 31 + "1"
    if "@" in value:
        return "inconnu@nulle-part.example"
    return "inconnu-de-tous"
