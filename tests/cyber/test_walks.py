"""The walks of those that the security room is for, in a browser and from empty towns: secretary and mayor, incident, helper.

A minute is computed: three seconds an action, 200 words read a minute, 150 characters typed a minute, and what the machine took.
Real files, processes and a browser: long ring only. `pytest -s` prints the table.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from blank import blank
from commands import ROOT, environment, free_address, python
from house import SeededHome, badges
from support.served import Instance, until
from support.walks import Walk

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.xdist_group("cyber_walks")]
PATH, STRUCK = "Saint-Aubin-des-Bois", "Montreuil-le-Petit"
NOTICES = (
    "Signalement au CERT-FR",
    "Notification à la CNIL",
    "Déclaration à l'assureur",
    "Exposé des faits pour la plainte",
)
NAMES = ("secretary", "mayor", "officer", "analyst", "helper", "accepting", "adapting", "refusing")
FACTS = {
    "Quand a-t-il commencé": "2026-11-29T07:15",
    "Quels postes": "Poste du secrétariat",
    "Quels services aux habitants": "état civil",
    "Combien de personnes": "1800",
    "Assureur et numéro": "Assurance d'essai, contrat 42",
    "Qu'avez-vous déjà fait": "8 h 45, câble réseau débranché",
    "Qui déclare": "secrétaire de mairie",
    "Où vous rappeler": "01 99 00 12 34",
}
SEED = """
import sys
from datetime import date
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])), base_url=sys.argv[2])
from beffroi.web.platform.models import HostOperator
from beffroi.web.tenancy.services import LegalAct, NewTerritory, admit, found_territory
from beffroi.web.tenancy.signin import make_link
ELECTED = LegalAct("Procès-verbal d'essai", date(2026, 3, 22))
def place(code, name, kind="commune", population=1800):
    return found_territory(NewTerritory(code=code, name=name, kind=kind, population=population, is_fictional=True,
                                        contact="Mairie d'essai"))
def person(town, name, *roles):
    return admit(town, f"{name}@example.org", name.capitalize(), list(roles), by=None, simulated=True,
                 legal_act=ELECTED if "decider" in roles else None)
PATH, STRUCK = place("99T00", "Saint-Aubin-des-Bois"), place("99T01", "Montreuil-le-Petit")
csirt = place("99C00", "CSIRT des Vallées", "CSIRT", 0)
own = ("administrator", "security_officer")
people = [person(PATH, "secretaire", *own), person(PATH, "maire", "decider"), person(STRUCK, "secretariat", *own),
          person(csirt, "analyste", "security_officer"), person(csirt, "rssi", "auditor")]
HostOperator.objects.create(person=people[-1])
for n in range(120):
    town = place(f"99H{n:03}", f"Commune {n + 1}")
    if n < 3:
        people.append(person(town, f"agent{n}", *own))
for each in people:
    print(make_link(each, "signin"))
"""


@dataclass(frozen=True)
class Served(SeededHome):
    """The towns in service; `calls`: where each address that a process of the server connected to is written."""

    calls: Path

    def connections(self) -> list[str]:
        """What the server's processes connected to beyond this machine, as the kernel saw it."""
        lines = self.calls.read_text().splitlines()
        return [line for line in lines if "AF_INET" in line and not re.search(r'"(127\.|::1")', line)]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home, url = tmp_path_factory.mktemp("walks") / "home", free_address()
    blank(home, demo=True)
    done = python(SEED, home, url)
    assert done.returncode == 0, done.stderr
    calls = home.parent / "connections.txt"
    with traced(home, url, calls):
        yield Served(home, url, badges(dict(zip(NAMES, done.stdout.split(), strict=True))), calls)


@contextmanager
def traced(home: Path, url: str, calls: Path) -> Iterator[None]:
    """`beffroi serve`, each connection of each of its processes written by the kernel's own witness."""
    if not shutil.which("strace"):
        pytest.skip("strace is not on this machine (deploy/setup-tests)")
    command = [
        *("strace", "-D", "-f", "--seccomp-bpf", "-qq", "-e", "trace=connect", "-o", str(calls)),
        *(sys.executable, "-m", "beffroi.cli.main", "serve", "--home", str(home)),
        *("--port", url.rpartition(":")[2], "--workers", "1"),
    ]
    server = subprocess.Popen(
        command, env=environment(BEFFROI_URL=url, PYTHONPATH=str(ROOT / "src")), stdin=subprocess.DEVNULL
    )
    try:
        until(Instance(home, [], int(url.rpartition(":")[2])).answers, 180, "the site answers")
        yield
    finally:
        server.terminate()
        server.wait(60)


@pytest.fixture
def walk(served: Served, visit: Any) -> Any:
    def begin(who: str, name: str = "", **options: Any) -> Walk:
        return Walk(visit("about:blank", cookies=served.badges[who], **options).page, f"cyber-{name or who}")

    return begin


def at(served: Served, town: str, path: str = "") -> str:
    return f"{served.url}/t/{town.lower().replace(' ', '-')}/{path}"


def test_five_computers_from_an_empty_town_to_a_plan_that_the_mayor_accepts(
    served: Served, walk: Any, record_property: Any
) -> None:
    me = walk("secretary")
    me.open(at(served, PATH))
    me.click("link", "Sécurité", exact=True)
    me.click("button", "Commencer")
    questions = me.answer_all()
    me.click("button", "Terminer")
    me.report(record_property, "diagnostic")
    assert questions <= 40
    me.click("button", "Faire le plan")
    expect(me.page.get_by_role("heading", name="À faire d'abord")).to_be_visible()
    me.click("button", re.compile("^Retenir les"))
    expect(me.page.get_by_role("button", name=re.compile("^Retenir"))).to_have_count(0)
    me.report(record_property, "diagnostic et plan")

    inventory = walk("secretary", "devices")
    inventory.open(at(served, PATH, "securite/"))
    inventory.unfold("Tout le reste")
    inventory.click("link", "Vos postes et appareils")
    rows = inventory.page.locator("main tbody tr")
    for rank, (name, kind, use) in enumerate(
        [
            ("PC-ACCUEIL", "Poste fixe", "accueil"),
            ("PC-SECRETARIAT", "Poste fixe", "secrétariat"),
            ("PC-MAIRE", "Portable", "maire"),
            ("PC-ECOLE", "Poste fixe", "école"),
            ("PC-TECHNIQUE", "Portable", "services techniques"),
        ]
    ):
        cells = rows.nth(rank)
        inventory.fill(cells.locator("input").first, name)
        inventory.choose(cells.locator("select"), kind)
        inventory.fill(cells.locator("input").last, use)
    inventory.click("button", "Enregistrer ces lignes")
    expect(inventory.page.locator("main")).to_contain_text("5 appareils")
    took = inventory.report(record_property, "inventaire")
    assert took["minutes"] < 20

    calls = walk("secretary", "calls")
    calls.open(at(served, PATH, "securite/"))
    calls.click("link", "Toute la liste, à imprimer")
    calls.click("button", "Commencer ma liste")
    calls.click("link", "Votre prestataire informatique")
    calls.unfold("Modifier")
    calls.fill(calls.page.get_by_label("Téléphone"), "01 99 00 12 34")
    calls.fill(calls.page.get_by_label("Source"), "contrat de 2026")
    calls.fill(calls.page.get_by_label(re.compile("Vérifié le")), "2026-11-29")
    calls.click("button", "Enregistrer")
    calls.open(at(served, PATH, "securite/qui-appeler/"))
    assert calls.download("Feuille A4 (PDF)").startswith(b"%PDF")
    calls.report(record_property, "feuille d'appel")

    mayor = walk("mayor")
    mayor.open(at(served, PATH, "securite/"))
    mayor.click("link", "Le plan", exact=True)
    mayor.click("link", "Feuille de route pour les élus")
    mayor.fill(mayor.page.get_by_label("Remarque"), "Vu avec le prestataire")
    mayor.check(mayor.page.get_by_label("J'accepte en l'état"))
    mayor.click("button", "Accepter l'étape")
    mayor.open(at(served, PATH, "guides/plans/cyber_kit/feuille-de-route/"))
    expect(mayor.page.locator("main")).to_contain_text("Vu avec le prestataire")
    mayor.report(record_property, "maire")
    minutes = sum(each.minutes for each in (me, inventory, calls, mayor))
    print(
        f"\nparcours entier : {minutes:.0f} min, {questions} questions ; services à démarrer : Beffroi 1, CISO Assistant 5"
    )
    record_property("minutes", round(minutes))
    assert minutes < 8 * 60
    assert me.faults + inventory.faults + calls.faults + mayor.faults == []


def test_obligations_are_known_in_ten_minutes(served: Served, walk: Any, record_property: Any) -> None:
    me = walk("secretary", "obligations")
    me.open(at(served, PATH))
    me.click("link", "Questionnaires et registres")
    me.click("link", "NIS 2 : votre collectivité est-elle visée ?")
    me.click("button", "Commencer")
    me.answer_all()
    expect(me.page.locator("main")).to_contain_text("indicatif")
    me.click("link", "Vos obligations de sécurité et de données")
    me.click("button", "Commencer")
    me.answer_all()
    expect(me.page.get_by_role("heading", name="Ce que cela demande")).to_be_visible()
    took = me.report(record_property, "obligations")
    assert took["minutes"] < 10
    assert me.faults == []


def test_an_incident_gives_its_four_notices_without_calling_anyone(
    served: Served, walk: Any, record_property: Any
) -> None:
    before = served.connections()
    me = walk("officer", "incident")
    me.open(at(served, STRUCK, "securite/"))
    me.click("link", "Il se passe quelque chose")
    me.click("button", "C'est en train d'arriver")
    page = me.page
    me.fill(page.get_by_label("Quand avez-vous su"), "2026-11-29T08:40")
    me.fill(page.get_by_label("Que voyez-vous"), "Tous les fichiers du secrétariat finissent par .lock")
    me.check(page.get_by_label("Fichiers chiffrés ou effacés"))
    me.check(page.get_by_role("group", name="malveillant").get_by_label("oui"))
    me.click("button", "Noter", exact=True)
    me.report(record_property, "premiers faits et délais")
    assert "Jusqu'au" in page.inner_text("main")
    me.click("link", "Tous les faits")
    for question in (
        "dure-t-elle",
        "important",
        "Des données de personnes",
        "De l'argent est-il",
        "contrat d'assurance",
    ):
        me.check(page.get_by_role("group", name=question).get_by_label("oui"))
    for label, words in FACTS.items():
        me.fill(page.get_by_label(label), words)
    me.check(page.get_by_label("Identité, état civil"))
    me.check(page.get_by_label("Un risque", exact=True))
    me.click("button", "Noter les faits")
    files = 0
    for title in NOTICES:
        me.click("link", title)
        assert me.download("PDF").startswith(b"%PDF")
        assert b"fichiers du secr" in me.download("Texte")
        assert b"Subject:" in me.download("Message à envoyer vous-même")
        files += 3
        me.page.go_back()
    took = me.report(record_property, "incident")
    assert files == 12 and took["minutes"] < 30
    assert served.connections() == before == []
    assert me.faults == []


def test_a_helper_proposes_one_thing_to_each_of_its_towns_in_one_act(
    served: Served, walk: Any, record_property: Any
) -> None:
    me = walk("helper")
    me.open(f"{served.url}/hote/")
    me.click("link", "Propositions", exact=True)
    page = me.page
    me.check(page.get_by_label("courrier"))
    # A letter takes nothing of the library: what does not serve is out of sight.
    expect(page.get_by_label("Dans la bibliothèque")).to_be_hidden()
    expect(page.get_by_label("Titre")).to_be_visible()
    me.fill(page.get_by_label("Titre"), "Essayer votre sauvegarde")
    me.fill(page.get_by_label("Texte"), "Bonjour {collectivité}, essayez votre sauvegarde ce mois-ci.")
    me.check(page.get_by_label(re.compile(r"toutes\s: commune")))
    me.click("button", "Relire avant de proposer")
    me.click("button", "Proposer à 122 collectivités")
    took = me.report(record_property, "proposer à 122 communes")
    expect(page.locator("main")).to_contain_text("122 collectivités")
    assert took["minutes"] < 10

    answers = []
    for rank, (who, press) in enumerate(
        (("accepting", "Retenir"), ("adapting", "Retenir"), ("refusing", "Écarter"))
    ):
        town = walk(who, "town")
        town.open(at(served, f"Commune {rank + 1}"))
        town.click("link", "Propositions de votre accompagnant")
        town.click("link", "Essayer votre sauvegarde")
        if who == "adapting":
            town.fill(town.page.get_by_label("Texte"), "Nous essayons la nôtre le premier lundi.")
        if who == "refusing":
            town.unfold("Écarter")
            town.fill(town.page.get_by_label("Pourquoi"), "Fait la semaine dernière")
        town.click("button", press)
        answers.append(town.report(record_property, f"réponse : {who}"))
        assert town.faults == []
    me.open(f"{served.url}/hote/propositions/")
    me.click("link", "Essayer votre sauvegarde")
    for state in ("Retenu", "Retenu, adapté", "Écarté"):
        expect(page.get_by_role("cell", name=state, exact=True).first).to_be_visible()
    assert max(each["minutes"] for each in answers) < 5
    assert me.faults == []
