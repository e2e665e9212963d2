"""The rows of personal data, for every role, by every way out: none without the right, and each reading in the ledger.

The product is whole in the long ring; in the quick one each way is tried by those who stand for the roles.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import beffroi
from api.callers import a_token
from beffroi.web.catalogue.grants import processing
from beffroi.web.catalogue.models import Dataset, Processing
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import BOUND, NOT_ASSIGNABLE, RIGHTS, ROLES
from beffroi.web.studio import services as studio
from beffroi.web.studio import sharing
from beffroi.web.studio.editing import drafts
from beffroi.web.tenancy import tokens
from beffroi.web.tenancy.membership import Term, admit
from beffroi.web.workshop import services as workshop
from beffroi.web.workshop.models import Run
from places import ELECTION, a_person, accepting, poured, strongly
from rings import representatives
from workshop import tiny

pytestmark = pytest.mark.django_db

GRANTED = [role for role in ROLES if role not in NOT_ASSIGNABLE]
MAY = "dataset.read_personal"
SIGN = re.compile(r"Secr[eè]te|exemple-priv", re.IGNORECASE)
"""What every row bears in a column that nothing recognised, and in one that was."""


def file(rows: int = 101, last: str = "") -> str:
    lines = ["Foyer;Voie;Courriel;Quartier;Jour;Repas"]
    for n in range(rows):
        day = date(2026, 1, 1) + timedelta(days=n % 50)
        where = "Nord" if n % 2 else "Sud"
        lines.append(f"F{n:03};{n} allée Secrète;p{n}@exemple-prive.fr;{where};{day:%d/%m/%Y};{100 + n % 7}")
    return "\n".join(lines) + "\n" + last


ROWS: list[dict[str, Any]] = [{"step": "source", "source": "f"}]
GROUPS: list[dict[str, Any]] = [
    *ROWS,
    {"step": "group", "by": ["quartier"], "measures": [{"name": "n", "operation": "count"}]},
]


@dataclass
class Town:
    """A town that holds one personal dataset, bound to one purpose, and what was made of it."""

    place: Territory
    families: Dataset
    purpose: Processing
    officer: Person
    secrets: dict[str, str] = field(default_factory=dict)

    def person(self, role: str) -> Person:
        email = f"{role}@example.org"
        found = Person.objects.filter(email=email).first()
        if found is not None:
            return found
        if role == "service":
            keeper = a_person(self.place, "administrator", email="keeper@example.org")
            return tokens.create_service(self.place, "Logiciel", "Lit", by=keeper).person
        more: dict[str, Any] = {"legal_act": ELECTION} if role == "decider" else {}
        if role == "steward":
            more["limited_to"] = [self.families.rights_key]
        if role == "partner":
            more["term"] = Term(until=timezone.now() + timedelta(days=30))
        person = admit(self.place, email, role, [role], by=None, simulated=True, **more)
        return accepting(self.place, person)

    def page(self, name: str, *args: Any) -> str:
        return reverse(name, args=[self.place.slug, *args])

    def lines(self, act: str, person: Person) -> int:
        return ledger.lines_of(self.place).filter(act=act, actor=f"person:{person.pk}").count()


@pytest.fixture
def town(town: Territory, agent: Person) -> Town:
    officer = a_person(town, "data_officer")
    families = poured(town, officer, "Familles.csv", file()).dataset
    moved = file(last="Total;9 allée Secrète;;;;10403\n").replace(";7 allée", ";7 bis allée")
    poured(town, officer, "Familles.csv", moved)
    purpose = processing(
        town,
        "cantine",
        title="Cantine",
        purpose="…",
        legal_basis="…",
        covers_personal=True,
        datasets=[families],
    )
    made = Town(town, families, purpose, officer)
    for slug, steps in (("lignes", ROWS), ("groupes", GROUPS)):
        definition = {"title": slug, "sources": {"f": families.slug}, "steps": steps}
        studio.save_recipe(town, officer, slug, definition, purpose)
    board = studio.save_board(town, officer, "b", "B", "", ["lignes", "groupes"], public=True)
    ordinary = poured(town, officer, "Repas.csv", "Site;Repas\nA;10\nB;12\n").dataset
    counted = {
        "title": "Repas",
        "sources": {"r": ordinary.slug},
        "steps": [{"step": "source", "source": "r"}, {**GROUPS[1], "by": ["site"]}],
        "figure": {
            "kind": "bar", "title": "Repas", "unit": "repas", "base": "{lignes} lignes", "year": "2026",
            "source": "la ville", "encodings": {"x": "site", "y": "n"},
        },
    }  # fmt: skip
    studio.save_recipe(town, officer, "repas", counted, studio.steering(town))
    studio.add_to_board(board, officer, studio.StoredRecipe.objects.get(slug="repas"))
    until = timezone.localdate() + timedelta(days=30)
    made.secrets["link"] = sharing.create_link(board, officer, until, "lien")[1]
    return made


def content(answer: Any) -> str:
    """All that was sent, archives opened."""
    sent = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if sent[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(sent)) as archive:
            sent = b"\n".join(archive.read(name) for name in archive.namelist())
    return sent.decode("utf-8", "replace")


@dataclass(frozen=True)
class Way:
    """One way out. `asks`: the acts that open it to a person. `rows`: whether rows leave by it to who may read them."""

    take: Callable[[Town, Client, Person], str]
    acts: tuple[str, ...] = ("dataset.read",)
    rows: bool = True


def get(name: str, *args: Any, query: str = "", follow: bool = True) -> Callable[[Town, Client, Person], str]:
    def take(town: Town, client: Client, person: Person) -> str:
        arguments = [town.families.slug if one == "familles" else one for one in args]
        return content(client.get(town.page(name, *arguments) + query, follow=follow))

    return take


def gives(role: str, act: str) -> bool:
    """Whether a token of this role may bear the act: who answers for named datasets gives none of theirs to a program."""
    return act in RIGHTS[role] and not (role in BOUND and act in BOUND[role].acts)


def api(path: str, act: str = "dataset.read") -> Callable[[Town, Client, Person], str]:
    def take(town: Town, client: Client, person: Person) -> str:
        roles = {m.role for m in person.memberships.all()}
        acts = [one for one in (act, MAY) if any(gives(role, one) for role in roles)]
        if act not in acts:
            return ""
        keeper = Person.objects.filter(email="keeper@example.org").first() if "service" in roles else person
        secret = a_token(town.place, person, *acts, by=keeper).secret
        where = path.format(familles=town.families.slug)
        return content(
            Client().get(
                f"/api/v1/t/{town.place.slug}/{where}", headers={"Authorization": f"Bearer {secret}"}
            )
        )

    return take


def notebook(town: Town, client: Client, person: Person) -> str:
    """The rows that the file of access opens, read as a notebook does."""
    answer = client.post(
        town.page("dataset-notebook", town.families.slug), {"purpose": "cantine", "hours": 1}
    )
    if answer.get("Content-Type") != "application/json":
        return content(answer)
    access = Path(settings.HOME.path) / f"acces-{person.pk}.json"
    access.write_bytes(answer.content)
    with beffroi.open_lake(settings.HOME.path, grant=access) as opened:
        return str(opened.to_pyarrow().to_pylist())


def draft(town: Town, client: Client, person: Person) -> str:
    """The page of an analysis taken up again, at its first step: its rows are shown as they come."""
    stored = studio.StoredRecipe.objects.get(slug="lignes")
    try:
        begun = drafts.take_up(stored, person)
    except PermissionDenied:
        return ""
    return content(client.get(town.page("draft", begun.pk)))


def anonymously(name: str, *args: Any) -> Callable[[Town, Client, Person], str]:
    def take(town: Town, client: Client, person: Person) -> str:
        arguments = [town.secrets.get(str(one), one) for one in args]
        return content(Client().get(town.page(name, *arguments)))

    return take


def system(town: Town, client: Client, person: Person) -> str:
    """What the pages of a system that read the rows show of them."""
    pages = [town.page("system", "tiny"), town.page("dataset", town.families.slug)]
    return "\n".join(content(client.get(page)) for page in pages)


PURPOSE = "?finalite=cantine"
WAYS: dict[str, Way] = {
    "page": Way(get("dataset", "familles", query=PURPOSE)),
    "past page": Way(get("dataset", "familles", query=f"{PURPOSE}&version=1")),
    "csv": Way(get("dataset-export", "familles", query=PURPOSE)),
    "rows set aside": Way(get("snapshot", "familles", 2, query=PURPOSE)),
    "rows set aside, csv": Way(get("snapshot-aside", "familles", 2, query=PURPOSE)),
    "comparison": Way(get("dataset-compare", "familles", query=f"{PURPOSE}&avant=1&apres=2")),
    "comparison, csv": Way(get("dataset-compare-csv", "familles", query=f"{PURPOSE}&avant=1&apres=2")),
    "api": Way(api("datasets/{familles}/rows?purpose=cantine")),
    "api, csv": Way(api("datasets/{familles}/rows.csv?purpose=cantine")),
    "api, board": Way(api("boards/b", "board.read"), ("board.read",)),
    "notebook": Way(notebook),
    "recipe": Way(get("recipe", "lignes"), ("board.read",)),
    "recipe, csv": Way(get("recipe-export", "lignes", "csv"), ("board.read",)),
    "recipe, xlsx": Way(get("recipe-export", "lignes", "xlsx"), ("board.read",)),
    "rows behind groups": Way(get("recipe-rows", "groupes", query="?quartier=Nord"), ("board.read",)),
    "board": Way(get("board", "b"), ("board.read",)),
    "board, ods": Way(get("board-export", "b", "ods"), ("board.read",)),
    "draft": Way(draft, ("recipe.edit", "dataset.read")),
    "groups": Way(get("recipe", "groupes"), ("board.read",), rows=False),
    "shared link": Way(anonymously("portal-link", "link"), rows=False),
    "public board": Way(anonymously("portal-board", "b"), rows=False),
    "system": Way(system, ("system.read",), rows=False),
}
COUNTED = {"rows set aside", "rows set aside, csv", "comparison"}
"""Those that show who may read no row where or how many they are, and so refuse nothing."""


def roles_of(way: str) -> list[str]:
    # An agent, the administrator and a member of the committee may not; the data officer and the dataset's steward may.
    few = ["agent", "data_officer", "committee_member"] + (
        ["steward", "administrator"] if way == "page" else []
    )
    return representatives(GRANTED, few)


@pytest.mark.parametrize("name", WAYS)
def test_rows_of_personal_data_go_only_to_who_has_the_right(town: Town, name: str) -> None:
    way = WAYS[name]
    for role in roles_of(name):
        person = town.person(role)
        client = Client() if role == "service" else strongly(Client(), person)
        read, refused = town.lines(MAY, person), town.lines("dataset.refuse_personal", person)
        html = way.take(town, client, person)
        read = town.lines(MAY, person) - read
        refused = town.lines("dataset.refuse_personal", person) - refused
        right = gives(role, MAY) if "api" in name else MAY in RIGHTS[role]
        granted = right and way.rows and all(act in RIGHTS[role] for act in way.acts)
        pages = role != "service" or "api" in name
        assert bool(SIGN.search(html)) == (granted and pages), f"{role} by {name}: {html[:3000]}"
        assert (read > 0) == (granted and pages), f"{role} by {name}: {read} readings in the ledger"
        reaches = all(act in RIGHTS[role] for act in way.acts) and pages
        recorded = way.rows and reaches and not granted and name not in COUNTED
        assert (refused > 0) == recorded, f"{role} by {name}: {refused} refusals in the ledger"


@pytest.fixture
def bound(town: Town, tmp_path: Path) -> Iterator[Any]:
    """A system that says that it needs personal data, bound to the families by its supervisor."""
    with tiny.installed(tmp_path / "third-party", personal_data=True):
        supervisor = town.person("supervisor")
        use = workshop.adopt(town.place, supervisor, "tiny", supervisor=supervisor)
        columns = {"site": "voie", "date": "jour", "meals": "repas"}
        yield workshop.bind(
            use, supervisor, {"attendance": {"dataset": town.families.slug, "columns": columns}}
        )


# A child process runs the system: what it was given is what it counts.
def test_a_system_reads_what_it_is_bound_to_whoever_runs_it_and_nobody_else_by_its_purpose(
    town: Town, bound: Any
) -> None:
    supervisor = town.person("supervisor")
    run = workshop.execute(bound, supervisor, Run.Verb.BACKTEST)
    assert run.snapshots["attendance"]["rows"] == 101
    line = ledger.lines_of(town.place).filter(act=MAY, actor=f"person:{supervisor.pk}").last()
    assert line.detail.payload == {
        "snapshot": 2,
        "processing": "system-tiny",
        "way": "system",
        "system": "tiny",
    }
    for role in representatives(GRANTED, ["agent", "data_officer", "committee_member", "supervisor"]):
        person = town.person(role)
        if role == "service":
            continue
        client, read = strongly(Client(), person), town.lines(MAY, person)
        html = WAYS["system"].take(town, client, person)
        assert not SIGN.search(html), role
        assert town.lines(MAY, person) == read
        page = content(client.get(town.page("dataset", town.families.slug) + "?finalite=system-tiny"))
        assert bool(SIGN.search(page)) == (MAY in RIGHTS[role]), role


@pytest.mark.requirement("R111")
def test_the_purpose_of_a_system_opens_nothing_but_what_it_is_bound_to(town: Town, bound: Any) -> None:
    other = poured(town.place, town.officer, "Agents.csv", file().replace("Repas", "Echelon")).dataset
    assert other != town.families
    client = strongly(Client(), town.officer)
    html = content(client.get(town.page("dataset", other.slug) + "?finalite=system-tiny"))
    assert not SIGN.search(html) and "n&#x27;est pas rattaché" in html
    workshop.bind(bound, town.person("supervisor"), {
        "attendance": {"dataset": other.slug, "columns": {"site": "voie", "date": "jour", "meals": "echelon"}}
    })  # fmt: skip
    assert SIGN.search(content(client.get(town.page("dataset", other.slug) + "?finalite=system-tiny")))
    html = content(client.get(town.page("dataset", town.families.slug) + "?finalite=system-tiny"))
    assert not SIGN.search(html)
