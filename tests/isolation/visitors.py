"""Who tries: a member of each role, people of neither territory or of both, and nobody. Each attempt is counted and undone."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.cookies import SimpleCookie
from typing import Any

from django.db import transaction
from django.test import Client

from beffroi.web.platform import scope
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import BOUND, RIGHTS
from rings import LONG, representatives

from . import watch
from .answers import Answer
from .escaping import unescaped
from .further import TOKEN_ACTS, fresh_pace, token_for
from .pages import posts_to_itself
from .parameters import ASKED, BODIES, NARROWER, TAKES_JSON
from .routes import Route, all_routes, of_space
from .world import EVERYTHING, NAMED, ROLES_GIVEN, World

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
WHOLE = 10
ROLES_HERE = ROLES_GIVEN
NOBODY = "nobody"
WITHOUT_RIGHT = ("stranger", "neighbour", "former", "coming")
EVERYONE = (*ROLES_HERE, "everything", "both", *WITHOUT_RIGHT, NOBODY)


class _Undo(Exception):
    """Leaves the transaction of an attempt."""


def holds(visitor: str, act: str | None) -> bool:
    """Whether the visitor has the act in A, by the table of rights."""
    if visitor in WITHOUT_RIGHT or visitor == NOBODY:
        return False
    roles = EVERYTHING if visitor in ("everything", "both") else (visitor,)
    return any(act in RIGHTS[role] for role in roles)


def _strongly(client: Client, person: Person) -> None:
    """Signed in as after a password and a second factor, so that no page stands between the visitor and the right.

    The proof is of three hours ahead: it stays fresh (ten minutes) however long the run.
    """
    client.force_login(person, backend=BACKEND)
    session, at = client.session, time.time() + 3 * 3600
    session["account_authentication_methods"] = [
        {"method": "password", "at": at, "email": person.email},
        {"method": "mfa", "at": at, "id": 0, "type": "totp"},
    ]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()


def holds_for_all(visitor: str, act: str) -> bool:
    """Whether the visitor has the act for everything in A, not for named things only."""
    return holds(visitor, act) and not (visitor in NAMED and act in BOUND[visitor].acts)


@cache
def _shares() -> dict[str, list[str]]:
    """By route of the members' space, a role that lacks its act and somebody who has no role today: each has its turn.

    What the other roles meet follows from the table of rights, which test_isolation_rights.py proves whole.
    """
    tries: Counter[str] = Counter()
    shares = {}
    for route in of_space("t"):
        lacks = [role for role in ROLES_HERE if not holds(role, route.declares)]
        few = [min(among, key=lambda visitor: tries[visitor]) for among in (lacks, WITHOUT_RIGHT) if among]
        tries.update(few)
        shares[route.name] = few
    return shares


def strongest(route: str) -> str:
    """Who opens the route of this name: every right in A; in the quick ring in B as well, but where an author is alone."""
    return "everything" if LONG or NARROWER.get(route) == "" else "both"


def visitors_of(route: Route) -> list[str]:
    """Who tries a route: everyone, or the strongest, two who lack the right, and nobody."""
    without = _shares().get(route.name, ["stranger"])
    return representatives(EVERYONE, dict.fromkeys((strongest(route.name), "both", *without, NOBODY)))


def by_turns[T](route: Route, *choices: T) -> T:
    """One of the choices for a route, the next one for the next route."""
    return choices[all_routes().index(route) % len(choices)]


@dataclass
class Attempts:
    """Makes requests, undoes them, and looks each time at what must not have moved."""

    world: World
    count: int = 0
    _secrets: dict[str, str] = field(default_factory=dict)
    _clients: dict[str, tuple[Client, dict[str, str]]] = field(default_factory=dict)
    _before: dict[str, str] = field(default_factory=dict)
    _pages: dict[tuple[str, str], Answer] = field(default_factory=dict)
    _posted: dict[Route, Answer] = field(default_factory=dict)
    _a_files: watch.Folder = field(init=False)
    _b_files: watch.Folder = field(init=False)
    _content: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._secrets = self._tokens()
        self._a_files = watch.Folder(self.world.a.territory)
        self._b_files = watch.Folder(self.world.b.territory)
        self._content = watch.content(self.world.b.territory)
        for name in EVERYONE:
            client = Client(raise_request_exception=False)
            person = self.person(name)
            if person is not None:
                _strongly(client, person)
            self._clients[name] = client, {k: m.value for k, m in client.cookies.items()}
        for name in self._secrets:
            self.send(name, "GET", "/api/v1/t/nulle-part")  # the day of a token's use is written once a day
        self._before = watch.digest(self.world.b.territory)

    def _tokens(self) -> dict[str, str]:
        """The programs of the visitors: one token each, of A but for the neighbour's; `both` bears one of A."""
        a, b = self.world.a, self.world.b
        with scope.inside(a.territory):
            both = token_for(a, self.world.outsiders["both"]).secret
        return a.secrets | {"both": both, "neighbour": b.secrets["everything"]}

    def enters(self, visitor: str, route: Route) -> bool:
        """Whether the visitor is known at the door: who is signed in, or the program that bears a token."""
        return visitor in self._secrets if route.api else visitor != NOBODY

    def may(self, visitor: str, route: Route) -> bool:
        """Whether the visitor has the right in A, by the table of rights; a token carries some acts only."""
        return holds(visitor, route.declares) and (not route.api or route.declares in TOKEN_ACTS)

    def person(self, visitor: str) -> Person | None:
        return self.world.a.people.get(visitor) or self.world.outsiders.get(visitor)

    @contextmanager
    def undone(self, what: str, *, may_change_b: bool = False) -> Iterator[None]:
        """One attempt: B is compared if anything was written, ties across territories are looked for, all is rolled back.

        Ties are looked for at both ends of the tables that the attempt wrote. B is compared in these tables; at length, in every
        table one time in `WHOLE`, which is a third of what an attempt costs.
        """
        self.count += 1
        b = self.world.b.territory
        try:
            with transaction.atomic():
                with watch.writes() as written:
                    yield
                if written and not may_change_b:
                    tables = None if LONG and self.count % WHOLE == 0 else written
                    now = watch.digest(b, tables)
                    changed = [table for table, found in now.items() if self._before.get(table) != found]
                    assert not changed, f"{what} changed rows of {b}: {changed}"
                    for side in (self.world.a, self.world.b):
                        assert not (ties := watch.crossed(side.territory, written)), f"{what}: {ties}"
                raise _Undo
        except _Undo:
            pass
        changed_files = self._b_files.put_back()
        assert may_change_b or not changed_files, f"{what} touched files of {b}: {changed_files}"
        self._a_files.put_back()

    def send(self, visitor: str, method: str, url: str, data: dict[str, Any] | None = None) -> Answer:
        """One request, as the site gets it. The caller holds it inside `undone`."""
        client, cookies = self._clients[visitor]
        client.cookies = SimpleCookie(cookies)
        headers = {}
        if url.startswith("/api/") and visitor in self._secrets:
            headers["Authorization"] = f"Bearer {self._secrets[visitor]}"
            fresh_pace()
        kind = {"content_type": "application/json"} if method == "POST" and url.endswith(TAKES_JSON) else {}
        with scope.nowhere():
            response = (
                client.generic(method, url, headers=headers)
                if data is None and method not in ("GET", "POST")
                else getattr(client, method.lower())(url, data or {}, headers=headers, **kind)
            )
            answer = Answer.of(response)
        if answer.status >= 500 and getattr(response, "exc_info", None):
            error = response.exc_info[1]
            raise AssertionError(f"{visitor} {method} {url}: {type(error).__name__}: {error}") from error
        assert not (shown := unescaped(answer)), f"{visitor} {method} {url} shows a label as markup: {shown}"
        return answer

    def attempt(self, visitor: str, method: str, url: str, data: dict[str, Any] | None = None) -> Answer:
        """One request, alone: undone, and B's private word nowhere in what came back."""
        what = f"{visitor} {method} {url}"
        with self.undone(what):
            answer = self.send(visitor, method, url, data)
        self.look(answer, what, url)
        return answer

    def page(self, visitor: str, url: str, *, may_change_b: bool = False) -> Answer:
        """What an address answers to who opens it; asked once, since every attempt is undone."""
        if (visitor, url) not in self._pages:
            what = f"{visitor} GET {url}"
            with self.undone(what, may_change_b=may_change_b):
                answer = self.send(visitor, "GET", url)
            if not may_change_b:
                self.look(answer, what, url)
            self._pages[visitor, url] = answer
        return self._pages[visitor, url]

    def read_pages(self) -> dict[str, Answer]:
        """Every page that `page` opened, by its address."""
        return {url: answer for (_, url), answer in self._pages.items()}

    def opened(self, route: Route) -> dict[str, Answer]:
        """What A's own address answers to who holds every right there, by method; asked once.

        In the quick ring, a page that has no form of its own is not posted to: it is taken to answer as when it is read.
        """
        a, visitor = self.world.a, strongest(route.name)
        url = route.at(route.values(a)) + ASKED.get(route.name, "")
        read = self.page(visitor, url)
        if route not in self._posted:
            takes_form = LONG or read.status in (404, 405) or posts_to_itself(url, read.html)
            body = BODIES[route.name](a) if route.name in BODIES else None
            self._posted[route] = self.attempt(visitor, "POST", url, body) if takes_form else read
        return {"GET": read, "POST": self._posted[route]}

    def look(self, answer: Answer, what: str, *asked: str) -> None:
        """None of B's words may be in an answer, but where it says again what was asked for."""
        words, text = self.world.b.words, answer.without(*asked).lower()
        for word in (words.private, words.public):
            if (at := text.find(word.encode())) >= 0:
                raise AssertionError(f"{what} shows « {word} »: …{text[max(0, at - 150) : at + 80]!r}…")

    def compare(self) -> None:
        """The whole comparison: every row and every byte of B is as it was before the first attempt."""
        assert watch.digest(self.world.b.territory) == self._before
        assert watch.content(self.world.b.territory) == self._content

    def client(self, visitor: str) -> Client:
        """The visitor's browser as the last request left it."""
        return self._clients[visitor][0]
