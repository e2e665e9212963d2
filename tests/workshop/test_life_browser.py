"""A project is carried from the idea to the decision by the pages alone, in a real browser.

Four people go from the declaration of a bought product to the opening of its sandbox, by the keyboard alone at the end.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser import page_faults, says, screenshot, settle, tab_to
from commands import python
from house import SeededHome, seeded
from life import NEED, SOVEREIGNTY, SUPPLIER, sandbox
from workshop.test_declared import ROBOT

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.xdist_group("life_browser")]
SEED = """
import sys
from datetime import date
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from django.conf import settings
settings.BASE_URL = sys.argv[2]
from beffroi.web.tenancy.services import LegalAct, NewTerritory, admit, found_territory
from beffroi.web.tenancy.signin import make_link
town = found_territory(NewTerritory(code="99T01", name="Valbruyère", kind="commune", population=48000, is_fictional=True,
                                    contact="Mairie d'essai"))
legal_act = LegalAct("Procès-verbal d'essai", date(2026, 3, 22))
for role, name in (("data_officer", "Sacha Données"), ("supervisor", "Lou Superviseur"), ("administrator", "Ali Admin"),
                   ("decider", "Camille Élue")):
    person = admit(town, f"{role}@example.org", name, [role], by=None, simulated=True, legal_act=legal_act if role == "decider" else None)
    print(make_link(person, "signin"))
"""
LAW = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.trust.legal import services
from beffroi.web.workshop.models import SystemUse
from trust.answering import answers
town, person = Territory.objects.get(), Person.objects.get(email="data_officer@example.org")
with scope.inside(town):
    services.answer(SystemUse.objects.get(), person, answers(), signed_role="Gestionnaire des données")
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeededHome]:
    with seeded(
        tmp_path_factory.mktemp("r106") / "home", SEED, "officer", "supervisor", "administrator", "decider"
    ) as home:
        yield home


def faults(page: Page, name: str) -> list[str]:
    settle(page)
    screenshot(page, f"life-{name}")
    return page_faults(page)


def fill(page: Page, answers: dict[str, Any]) -> None:
    """What a person types in a questionnaire or a form, whatever kind each field is."""
    for name, value in answers.items():
        field = page.locator(f"[name={name}]").first
        if field.get_attribute("type") == "radio":
            page.locator(f"[name={name}][value={value}]").check()
        elif field.get_attribute("type") == "checkbox":
            field.check()
        else:
            field.fill(str(value))


@pytest.mark.requirement("R106")
def test_a_fictitious_project_is_carried_from_the_idea_to_its_sandbox_by_the_pages_alone(
    served: SeededHome, visit: Callable[..., Any]
) -> None:
    page = visit(f"{served.url}/t/valbruyere/services-ia/", cookies=served.badges["officer"]).page
    found = faults(page, "list")
    page.get_by_role("link", name="Déclarer un service acheté ou loué").click()
    found += faults(page, "declare")
    page.get_by_role("button", name="Enregistrer la déclaration").click()
    expect(
        page.locator(".field-error, [aria-invalid=true]").nth(5)
    ).to_be_attached()  # every fault beside its field
    page.wait_for_load_state()
    said = {k: v for k, v in vars(ROBOT).items() if isinstance(v, str | float)}
    fill(
        page, said | {"data": ROBOT.data[0], "limits": ROBOT.limits[0], "personal_data": True, "target": "70"}
    )
    page.get_by_role("button", name="Enregistrer la déclaration").click()
    says(page, "Il reste 5 conditions sur 5")
    found += faults(page, "idea")
    for title, answers in (
        ("A-t-on vraiment besoin d'une IA", NEED),
        ("Questions au fournisseur", SUPPLIER),
        ("De quoi dépend-on", SOVEREIGNTY),
    ):
        page.locator("#questions ~ ul").get_by_role("link", name=title).click()
        found += faults(page, f"sheet-{len(found)}")
        fill(page, answers)
        with page.expect_navigation():
            page.get_by_role("button", name="Enregistrer les réponses").click()
    page.get_by_role("link", name="Options comparées").first.click()
    for name, with_ai, how, value in (
        ("Un agent répond", "no", "observed", "62"),
        ("Robot", "yes", "declared", "80"),
    ):
        fill(page, {"name": name, "with_ai": with_ai, "how": how, "value": value, "sample": "240", "period": "octobre 2026",
                    "method": "240 appels écoutés par deux agents."})  # fmt: skip
        with page.expect_navigation():
            page.get_by_role("button", name="Inscrire").click()
    says(page, "déclaré par le fournisseur, non mesuré")
    found += faults(page, "options")
    page.goto(f"{served.url}/t/valbruyere/services-ia/")
    page.get_by_role("link", name="Accueil téléphonique").click()
    page.get_by_role("link", name="Étapes et conditions").click()
    page.wait_for_url("**/etapes/")
    says(page, "Il reste 1 condition sur 5")  # the law
    life = page.url
    law = python(LAW, served.home, Path(__file__).resolve().parents[1])
    assert law.returncode == 0, law.stderr
    page.reload()
    page.get_by_label("Votre motif").first.fill("Besoin relu avec l'accueil le 12 novembre.")
    page.get_by_role("button", name="Déclarer le besoin vérifié").click()
    expect(page.locator("li[aria-current=step]")).to_have_text("Besoin vérifié", use_inner_text=True)
    # The supervisor is named by the officer, trained by the administrator, and prepares the trial.
    page.goto(life.replace("etapes/", ""))
    page.locator("[name=supervisor]").select_option(label="Lou Superviseur")
    page.get_by_role("button", name="Nommer").click()
    office = visit(
        f"{served.url}/t/valbruyere/services-ia/formations/", cookies=served.badges["administrator"]
    ).page
    office.locator("[name=person]").select_option(label="Lou Superviseur")
    today = date.today()
    fill(office, {"title": "Superviser un service d'IA", "trainer": "CNFPT", "proof": "attestation n° 3",
                  "passed_on": today.isoformat(), "until": (today + timedelta(days=600)).isoformat()})  # fmt: skip
    office.get_by_role("button", name="Inscrire").click()
    says(office, "attestation n° 3")
    found += faults(office, "trainings")
    lou = visit(life, cookies=served.badges["supervisor"]).page
    lou.get_by_role("link", name="Le bac à sable").click()
    fill(lou, sandbox())
    lou.get_by_role("button", name="Enregistrer les réponses").click()
    says(lou, "Un élu, ou la personne qui a sa délégation, décide")
    # The elected person decides, with the keyboard alone, on a telephone at night.
    elected = visit(life, cookies=served.badges["decider"], width=320, dark=True).page
    found += faults(elected, "to-decide-320")
    tab_to(elected, "Votre motif")
    elected.keyboard.type("Essai de six mois, présenté au conseil.")
    tab_to(elected, "Ouvrir le bac à sable")
    elected.keyboard.press("Enter")
    elected.get_by_text("L'étape est inscrite au registre").wait_for(timeout=60_000)
    expect(elected.locator("li[aria-current=step]")).to_have_text("Bac à sable", use_inner_text=True)
    says(elected, "Camille Élue", "mandat")
    found += faults(elected, "opened-320")
    assert found == []
