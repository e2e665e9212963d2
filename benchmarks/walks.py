"""Five walks through the demonstration, as people make them on its pages: what `benchmarks.house` traces and draws.

In: a demonstration home. Out: for each walk, the calls made while its requests were answered and its jobs ran. Walks name
addresses and fields of forms only, which do not change; requests and jobs run in this process, one after the other.
"""

import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from .tracing import Call, traced

ROOT = Path(__file__).resolve().parent.parent
GUIDE = "guide@demonstration.example"
JANUARY = (
    "Site;Jour;Passages\nMédiathèque;06/01/2025;112\nMédiathèque;07/01/2025;118\nPiscine;06/01/2025;64\n"
)
FEBRUARY = "Site;Jour;Passages\nMédiathèque;03/02/2025;109\nPiscine;03/02/2025;66\nPiscine;04/02/2025;63\n"
ANSWER = (
    "Bonjour, nous avons repris le relevé jour par jour ce matin : la sortie scolaire du jeudi manquait, et le calcul ne "
    "pouvait pas la connaître."
)


@contextmanager
def demonstration(made: Path | None = None) -> Iterator[Path]:
    """A copy of a demonstration home, with Django set up on it; `made`: the one to copy, made there when it is missing."""
    with tempfile.TemporaryDirectory(prefix="beffroi-house-") as folder:
        home, made = Path(folder) / "home", made or Path(folder) / "made"
        if not made.exists():
            command = [
                sys.executable,
                "-m",
                "beffroi.cli.main",
                "demo",
                "--once",
                "--json",
                "--home",
                str(made),
            ]
            environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
            subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        shutil.copytree(made, home)
        os.environ |= {
            "BEFFROI_HOME": str(home),
            "BEFFROI_TESTING": "1",
            "DJANGO_SETTINGS_MODULE": "beffroi.web.settings",
        }
        import django
        from django.test.utils import setup_test_environment

        django.setup()
        setup_test_environment()
        yield home


@dataclass(frozen=True)
class Scene:
    """One request of a person, or the work of a worker: who acts, and the calls made meanwhile."""

    actor: str  # "person" or "worker"
    calls: Call


class Visitor:
    """A person at their browser: opens pages, fills forms in as they are, and sends them. `scenes`: what was traced."""

    def __init__(self, email: str | None = None) -> None:
        from django.contrib.auth import get_user_model
        from django.test import Client

        self.client = Client()
        self.scenes: list[Scene] = []
        if email is not None:
            person = get_user_model().objects.get(email=email)
            self.client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")

    @contextmanager
    def traced(self, actor: str) -> Iterator[None]:
        with traced() as calls:
            yield
        self.scenes.append(Scene(actor, calls))

    def open(self, path: str) -> str:
        """The text of a page, or of the one that it leads to. Raises LookupError when it is not there."""
        return self._follow(path)[1]

    def end_of(self, path: str) -> str:
        """The address that a page leads to."""
        return self._follow(path)[0]

    def _follow(self, path: str) -> tuple[str, str]:
        answer = self.client.get(path, follow=True)
        if answer.status_code != 200:
            raise LookupError(f"{path[:200]}: {answer.status_code}")
        return answer.request["PATH_INFO"], answer.content.decode()

    def send(self, page: str, to: str = "", **fields: Any) -> str:
        """Send the form of `page` that goes to `to` (the end of its address, by default the page's) with these fields changed.

        Returns where it leads, or the page that it gives. Raises LookupError when there is no such form, or when it is refused.
        """
        wanted = to or page
        forms = [each for each in _forms(self.open(page)) if urljoin(page, each.action).endswith(wanted)]
        if not forms:
            raise LookupError(f"{page} has no form for {wanted}")
        address, data = urljoin(page, forms[0].action), {**forms[0].fields, **fields}
        with self.traced("person"):
            answer = self.client.post(address, data)
        content = answer.content.decode()
        if answer.status_code not in (200, 302) or 'id="erreurs"' in content:
            raise LookupError(f"{page}: {answer.status_code}: {_errors(content)}")
        return answer.headers.get("Location", "") or content

    def wait(self) -> None:
        """Have the jobs that wait done as a worker does them, until none is left."""
        from django.core.management import call_command

        with self.traced("worker"):
            call_command(
                "db_worker", batch=True, startup_delay=False, interval=0.0, reload=False, verbosity=0
            )


class _Forms(HTMLParser):
    """The forms of a page, with what each would send if nobody touched it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[_Form] = []
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        about = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.found.append(_Form(about.get("action", ""), about.get("method", "get").lower()))
        if not self.found:
            return
        fields, name = self.found[-1].fields, about.get("name", "")
        if tag == "input" and name and about.get("type", "text") not in ("submit", "file", "button"):
            chosen = about.get("type") not in ("checkbox", "radio") or "checked" in about
            if chosen:
                fields.setdefault(name, []).append(about.get("value", "on" if "checked" in about else ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in about or self._select not in fields):
            fields[self._select] = [about.get("value", "")]
        elif tag == "textarea":
            self._area = name
            fields[name] = [""]

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[-1].fields[self._area][0] += data.strip("\r\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""


class _Form:
    def __init__(self, action: str, method: str) -> None:
        self.action, self.method = html.unescape(action), method
        self.fields: dict[str, list[str]] = {}


def _forms(page: str) -> list[_Form]:
    """The forms of a page that write."""
    parser = _Forms()
    parser.feed(page)
    return [form for form in parser.found if form.method == "post"]


def _errors(page: str) -> str:
    alert = re.search(r'role="alert".*?</div>', page, re.DOTALL)
    return re.sub(r"<[^>]*>|\s+", " ", alert[0] if alert else "")


def first_link(page: str, pattern: str) -> str:
    """The first address of a page that matches."""
    found = next((link for link in re.findall(r'href="([^"]+)"', page) if re.search(pattern, link)), None)
    if found is None:
        raise LookupError(f"no link like {pattern}")
    return html.unescape(found)


def territory_path() -> str:
    """The address of the demonstration's only territory: `/t/<slug>/`."""
    return first_link(Visitor().open("/"), r"^/p/[a-z0-9-]+/$").replace("/p/", "/t/")


def _deposit(visitor: Visitor, here: str, name: str, text: str) -> str:
    """Hand over a file and have it read; the address of its job."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    job = visitor.send(f"{here}donnees/deposer/", file=SimpleUploadedFile(name, text.encode()))
    visitor.wait()
    return job


def _pour(visitor: Visitor, here: str, name: str, text: str) -> None:
    """A small file handed over on its page, read by a job, confirmed as proposed, poured by a job."""
    visitor.send(visitor.end_of(_deposit(visitor, here, name, text)))
    visitor.wait()


def poured_by_the_service(here: str) -> list[Call]:
    """The same without pages: the calls of the three services that receive, read and pour a month's file."""
    from django.contrib.auth import get_user_model

    from beffroi.web.catalogue import lifecycle
    from beffroi.web.platform import scope
    from beffroi.web.platform.models import Territory

    _pour(Visitor(GUIDE), here, "Entrées janvier 2025.csv", JANUARY)
    territory = Territory.objects.get(slug=here.split("/")[2])
    person = get_user_model().objects.get(email=GUIDE)
    with scope.inside(territory):
        with traced() as receiving:
            delivery = lifecycle.receive(territory, person, "Entrées février 2025.csv", [FEBRUARY.encode()])
        with traced() as reading:
            lifecycle.stage(delivery)
        with traced() as pouring:
            lifecycle.pour(delivery, person)
    return [receiving, reading, pouring]


def a_file_to_its_snapshot(visitor: Visitor, here: str) -> None:
    """A month's file that joins the dataset of the month before."""
    _pour(Visitor(GUIDE), here, "Passages janvier 2025.csv", JANUARY)
    _pour(visitor, here, "Passages février 2025.csv", FEBRUARY)


def a_recipe_to_a_released_figure(visitor: Visitor, here: str) -> None:
    """The board of a recipe just stored, on the dataset of the walk before: nothing of it is cached yet."""
    author = Visitor(GUIDE)
    dataset = first_link(author.open(f"{here}donnees/?q=passages"), r"/donnees/jeux/passages[^/]*/$")
    page = f"{here}analyses/nouvelle/?jeu={dataset.rstrip('/').rpartition('/')[2]}"
    board = author.send(page, title="Passages par site", group="site", measure="sum|passages", action="save")
    with visitor.traced("person"):
        visitor.open(board)


def a_forecast_to_its_decision(visitor: Visitor, here: str) -> None:
    """A run of the canteen's system, asked for on its page; one of its proposals, accepted with a reason."""
    visitor.send(f"{here}services-ia/canteen/executer/", verb="run")
    visitor.wait()
    proposal = first_link(visitor.open(f"{here}decisions/"), r"/decisions/\d+/")
    visitor.send(proposal, "/decider/", verdict=["accept"], words="Conforme aux inscriptions de la semaine.")


def a_contestation_to_its_correction(visitor: Visitor, here: str) -> None:
    """A parent contests a decision without an account; an agent ties it, answers, and the case is corrected."""
    decided = first_link(visitor.open(f"{here}decisions/historique/"), r"/decisions/\d+/$")
    reference = re.findall(r"\bD\d+-[A-Z0-9]{4}\b", visitor.open(decided))[0]
    parent = Visitor()
    parent.scenes = visitor.scenes
    parent.send(
        here.replace("/t/", "/p/") + "contester/",
        about="Les repas du jeudi",
        contested="Le nombre de repas est faux : une sortie était prévue.",
        reference=reference,
        answer_by=["tracking"],
    )
    record = first_link(visitor.open(f"{here}decisions/contestations/"), r"/contestations/\d+/$")
    learned = "Les sorties scolaires manquent aux fichiers."
    visitor.send(record, "/rapprocher/", found=reference)
    visitor.send(record, "/repondre/", outcome=["confirmed"], answer=ANSWER, learned=learned)
    visitor.send(record, "/corriger/", verdict=["change"], value="100", reason="Sortie scolaire du jeudi.")


def a_job_from_click_to_message(visitor: Visitor, here: str) -> None:
    """A file handed over: the job that reads it waits its turn, runs, and its page says how it ended."""
    job = _deposit(visitor, here, "Passages mars 2025.csv", FEBRUARY.replace("/02/", "/03/"))
    with visitor.traced("person"):
        visitor.client.get(job)


WALKS: dict[str, Callable[[Visitor, str], None]] = {
    "A file to its snapshot": a_file_to_its_snapshot,
    "A recipe to a released figure": a_recipe_to_a_released_figure,
    "A forecast to its decision": a_forecast_to_its_decision,
    "A contestation to its correction": a_contestation_to_its_correction,
    "A job from click to message": a_job_from_click_to_message,
}


def walk_all() -> dict[str, list[Scene]]:
    """The scenes of each walk by its title, in order, in one demonstration."""
    here, walked = territory_path(), {}
    for title, walk in WALKS.items():
        visitor = Visitor(GUIDE)
        walk(visitor, here)
        walked[title] = visitor.scenes
    return walked
