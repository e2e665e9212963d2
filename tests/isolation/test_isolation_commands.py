"""Every command that is about one territory, run for one with another's identifiers: refused or without effect there."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import click
import pytest
from django.conf import settings

from beffroi.cli import main

from .visitors import Attempts
from .world import Side

_TERRITORY = "--territory"

# The commands that name no territory: they are the host's, who holds the machine. A new command goes here, or below.
HOSTS = {
    "apply",
    "backup",
    "check",
    "contours",
    "database empty",
    "database move",
    "demo",
    "doctor",
    "host",
    "init",
    "key list",
    "guides check",
    "key renew",
    "ledger verify",
    "new-system",
    "recipe check",
    "recipe python",
    "repository init",
    "repository list",
    "repository trial",
    "serve",
    "supervise",
    "operator add",
    "operator remove",
    "mail test",
    "signin",
    "territory add",
    "territory import",
    "territory list",
    "upgrade",
}


def _beside() -> str:
    return str(settings.HOME.path / f"registre-{uuid4().hex}.json")


# For each command of a territory, what is typed for A with things of B, and whether it must be refused: what names a
# person of B only by their address makes them a member of A, and gives nothing of B.
TYPED: dict[str, Callable[[Side, Side], list[tuple[list[str], bool]]]] = {
    "invite": lambda a, b: [
        (["invite", b.people["agent"].email, "--role", "agent", _TERRITORY, a.territory.slug], False),
        (["invite", "x@example.org", "--role", b.words.private, _TERRITORY, a.territory.slug], True),
        (["invite", "x@example.org", "--role", "agent", _TERRITORY, "nulle-part"], True),
    ],
    "grant": lambda a, b: [
        (["grant", dataset, "--purpose", purpose, "--email", email, _TERRITORY, a.territory.slug], True)
        for dataset, purpose, email in (
            (b.meals.slug, "catalogue", a.people["agent"].email),
            (b.families.slug, b.purpose.key, b.people["steward"].email),
            (a.meals.slug, b.purpose.key, a.people["agent"].email),
            (a.meals.slug, "catalogue", b.people["everything"].email),
        )
    ],
    "lake upkeep": lambda a, b: [
        (["lake", "upkeep", _TERRITORY, a.territory.slug], False),
        (["lake", "upkeep", "--json", _TERRITORY, a.territory.slug], False),
        (["lake", "upkeep", _TERRITORY, "nulle-part"], True),
    ],
    "ledger root": lambda a, b: [
        (["ledger", "root", _TERRITORY, a.territory.slug], False),
        (["ledger", "root", _TERRITORY, "nulle-part"], True),
    ],
    "ledger prove": lambda a, b: [
        (["ledger", "prove", str(a.seq), _TERRITORY, a.territory.slug], False),
        (["ledger", "prove", str(b.seq), _TERRITORY, a.territory.slug], True),
    ],
    "territory export": lambda a, b: [
        (["territory", "export", a.territory.slug, str(settings.HOME.path / f"sortie-{uuid4().hex}")], False),
        (["territory", "export", "nulle-part", str(settings.HOME.path / "sortie")], True),
    ],
    "register": lambda a, b: [
        (["register", "--output", _beside(), _TERRITORY, a.territory.slug], False),
        (["register", "--form", "nl", "--output", _beside(), _TERRITORY, "nulle-part"], True),
    ],
    "recipe show": lambda a, b: [
        (["recipe", "show", a.recipe.slug, _TERRITORY, a.territory.slug], False),
        (["recipe", "show", b.recipe.slug, _TERRITORY, a.territory.slug], True),
        (["recipe", "show", a.recipe.slug, _TERRITORY, "nulle-part"], True),
    ],
    "recipe compute": lambda a, b: [
        (
            ["recipe", "compute", slug, "--email", email, "--engine", "sail", _TERRITORY, a.territory.slug],
            True,
        )
        for slug, email in (
            (b.recipe.slug, a.people["agent"].email),
            (a.recipe.slug, b.people["everything"].email),
        )
    ],
    "report": lambda a, b: [
        (["report", str(a.publication.year), _TERRITORY, a.territory.slug], False),
        (["report", str(a.publication.year), _TERRITORY, "nulle-part"], True),
    ],
    "sources list": lambda a, b: [
        (["sources", "list", _TERRITORY, a.territory.slug], False),
        (["sources", "list", _TERRITORY, "nulle-part"], True),
    ],
    "sources fetch": lambda a, b: [
        (["sources", "fetch", str(b.source.pk), _TERRITORY, a.territory.slug], True),
        (["sources", "fetch", str(b.owed.pk), _TERRITORY, a.territory.slug], True),
    ],
    # A whole one ends outside any transaction: tests/operations/test_territory_restore.py compares every row of the others.
    "restore": lambda a, b: [
        (["restore", str(folder), _TERRITORY, slug, "--yes"], True)
        for folder, slug in (
            (settings.HOME.territory(b.territory.slug), a.territory.slug),
            (settings.HOME.path, a.territory.slug),
            (settings.HOME.path, "nulle-part"),
        )
    ],
    "territory show": lambda a, b: [
        (["territory", "show", a.territory.slug], False),
        (["territory", "show", "nulle-part"], True),
    ],
}


@dataclass(frozen=True)
class Said:
    code: int
    text: str


def commands(group: click.Group = main.beffroi, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def of_a_territory(command: click.Command) -> bool:
    return any(_TERRITORY in parameter.opts for parameter in command.params)


@pytest.fixture
def typed(
    attempts: Attempts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """A command as the host types it, in this process, on the world's home."""

    def run(*arguments: str) -> Said:
        for name in ("BEFFROI_HOME", "BEFFROI_URL", "DJANGO_SETTINGS_MODULE"):
            monkeypatch.setenv(name, "kept-by-the-fixture")
        monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "site_settings")
        monkeypatch.setattr(sys, "argv", ["beffroi", *arguments, "--home", str(settings.HOME.path)])
        capsys.readouterr()
        code = main._run()
        out, err = capsys.readouterr()
        return Said(code, out + err)

    return run


def test_every_command_says_whether_it_is_the_hosts_or_a_territorys():
    known = HOSTS | TYPED.keys()
    new = [name for name, _ in commands() if name not in known]
    assert not new, (
        f"add these commands to TYPED of tests/isolation/test_isolation_commands.py, with another territory's "
        f"identifiers, or to HOSTS if they name none: {new}"
    )


def test_what_takes_a_territory_is_tried_with_another():
    # init and demo found a territory: what they are given is a place of the reference data, not a territory of the host.
    forgotten = [
        n for n, c in commands() if of_a_territory(c) and n not in TYPED and n not in {"init", "demo"}
    ]
    assert not forgotten, f"these commands take {_TERRITORY}: add them to TYPED of {__name__}: {forgotten}"


@pytest.mark.parametrize("name", sorted(TYPED.keys() & {name for name, _ in commands()}))
def test_a_command_takes_nothing_of_another_territory(
    attempts: Attempts, typed: Callable[..., Said], name: str
):
    a, b = attempts.world.a, attempts.world.b
    for arguments, refused in TYPED[name](a, b):
        what = "beffroi " + " ".join(arguments)
        with attempts.undone(what):
            said = typed(*arguments)
        assert (said.code != 0) == refused, f"{what}: {said.code}, {said.text}"
        shown = said.text.lower()
        for word in arguments:
            shown = shown.replace(word.lower(), "*")
        for word in (b.words.private, b.words.public):
            assert word not in shown, f"{what} shows « {word} »: {said.text}"


def test_without_naming_a_territory_nothing_is_done_where_there_are_two(
    attempts: Attempts, typed: Callable[..., Said]
):
    with attempts.undone("beffroi invite"):
        said = typed("invite", "x@example.org", "--role", "agent")
    assert said.code == 1
    assert _TERRITORY in said.text
