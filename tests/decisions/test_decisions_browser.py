"""In the real browser on a served instance: contesting without an account to the end, and a second reading by keyboard alone."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser import page_faults, says, screens, screenshot, settle, tab_to
from decisions.conftest import ANSWER, OWN_TEXT
from house import SeededHome, seeded

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.xdist_group("decisions")]
SEED = """
import sys
from datetime import date
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from django.conf import settings
settings.BASE_URL = sys.argv[2]
import pyarrow as pa
from beffroi.systems.contract import Draft, Explanation, Passage, ProposedAct
from beffroi.web.decisions import drafting
from beffroi.web.decisions.services import propose
from beffroi.web.platform import scope
from beffroi.web.tenancy.services import LegalAct, NewTerritory, admit, found_territory
from beffroi.web.tenancy.signin import make_link
town = found_territory(NewTerritory(code="99T01", name="Valbruyère", kind="commune", population=48000, is_fictional=True))
legal_act = LegalAct("Procès-verbal d'essai", date(2026, 3, 22))
people = [admit(town, f"{role}@example.org", name, [role], by=None, simulated=True, legal_act=legal_act if role == "decider" else None)
          for role, name in (("decider", "Camille Élue"), ("supervisor", "Dominique Relecture"), ("authorised_agent", "Alix Habilité"))]
told = Explanation("Le calcul range les demandes ; une commission décide.", ("Quotient familial, déclaré",), ("Quotient : 60 %",), ("Somme",))
with scope.inside(town):
    propose(town, system="creche", system_version="1.0", run="run-1", acts=[
        ProposedAct(f"Place en crèche, dossier {n}", 1.0, "place", 0.0, 1.0, ("Quotient parmi les plus bas.",), {"rank": n},
                             confidence=0.8, case=f"dossier {n}", effect="favourable", explanation=told) for n in (12, 13)] + [
        ProposedAct("Dépôt sauvage, rue des Lilas", 1.0, "dépôt", 0.0, 1.0, ("Un volume est apparu.",), {"site": "Lilas"}, offence=True)])
    quote = "La carte se demande à l'accueil de la mairie, avec un justificatif de domicile."
    drafting.receive(town, system="accueil", system_version="1.0", run="run-2", tables={"texts": pa.table({"body": [quote]})},
                     read={"texts": {"title": "Textes de la mairie", "number": 1}},
                     drafts=[Draft("Où demander la carte de stationnement ?", "À l'accueil, avec un justificatif.", (Passage("Guide", quote),))])
for person in people:
    print(make_link(person, "signin"))
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeededHome]:
    with seeded(tmp_path_factory.mktemp("decisions") / "home", SEED, "decider", "reader", "sworn") as home:
        yield home


def faults(page: Page, name: str) -> list[str]:
    settle(page)
    screenshot(page, f"decisions-{name}")
    return page_faults(page)


@pytest.mark.long
@pytest.mark.parametrize(("width", "dark"), screens("contesting"))
def test_contesting_without_an_account_to_the_answer(
    served: SeededHome, visit: Callable[..., Any], width: int, dark: bool
) -> None:
    opened = visit(f"{served.url}/p/valbruyere/", width=width, dark=dark)
    page = opened.page
    page.get_by_role("link", name="contester une décision").click()
    found = faults(page, f"contest-{width}")
    page.get_by_role("button", name="Envoyer ma contestation").click()
    says(page, "points sont à corriger", where="#erreurs")
    found += faults(page, f"contest-errors-{width}")
    page.get_by_label("De quoi s'agit-il").fill("Ma demande de place en crèche")
    page.get_by_label("Ce que vous contestez").fill("Le nombre d'enfants retenu est faux")
    page.get_by_role("button", name="Envoyer ma contestation").click()
    code = page.locator("main code").inner_text()
    assert re.fullmatch(r"([2-9A-Z]{4}-){3}[2-9A-Z]{4}", code)
    found += faults(page, f"receipt-{width}")
    page.get_by_role("link", name="Page de suivi").click()
    page.get_by_label("Code de suivi").fill(code.lower())
    page.get_by_role("button", name="Voir où elle en est").click()
    says(page, "reçue")
    found += faults(page, f"follow-{width}")
    page.goto(f"{served.url}/p/valbruyere/contester/lettre/")
    found += faults(page, f"letter-{width}")

    inside = visit(
        f"{served.url}/t/valbruyere/decisions/contestations/",
        cookies=served.badges["decider"],
        width=width,
        dark=dark,
    ).page
    found += faults(inside, f"contestations-{width}")
    inside.locator("tbody th a").first.click()
    inside.get_by_role("button", name="Je l'examine").click()
    found += faults(inside, f"contestation-{width}")
    inside.get_by_label("Référence de la décision").fill("dossier 13")
    inside.get_by_role("button", name="Rapprocher").click()
    says(inside, "Quotient parmi les plus bas")
    inside.get_by_label("erreur confirmée", exact=True).check()
    inside.get_by_label("Votre réponse à la personne").fill(ANSWER)
    inside.get_by_label("Ce que la collectivité en apprend").fill("Relire le livret de famille.")
    inside.get_by_role("button", name="Enregistrer ma réponse").click()
    found += faults(inside, f"answered-{width}")
    inside.get_by_role("link", name="cas passés à réexaminer").click()
    inside.get_by_role("button", name="Ajouter la règle").click()
    found += faults(inside, f"system-errors-{width}")
    inside.get_by_label("Quand…").select_option("case")
    inside.get_by_label("… vaut exactement").fill("dossier 13")
    inside.get_by_label("proposer au moins").check()
    inside.get_by_label("Valeur", exact=False).first.fill("1")
    inside.locator("#regle ~ form").get_by_label("Pourquoi").fill("Trois enfants au foyer")
    inside.get_by_role("button", name="Ajouter la règle").click()
    says(inside, "vaut dossier 13 : proposer au moins 1")
    found += faults(inside, f"system-{width}")
    for path in ("usage/", "contestations/inscrire/", "historique/", "?attribution=bloquee"):
        inside.goto(f"{served.url}/t/valbruyere/decisions/{path}")
        found += faults(inside, f"page-{path.strip('/?').replace('/', '-')}-{width}")

    page.goto(f"{served.url}/p/valbruyere/contester/suivi/")
    page.get_by_label("Code de suivi").fill(code)
    page.get_by_role("button", name="Voir où elle en est").click()
    says(page, "livret de famille montre bien trois enfants", "Camille Élue")
    assert [line for line in found + opened.complaints if line and "422" not in line] == []


def test_an_unfavourable_decision_is_prepared_and_read_by_keyboard_alone(
    served: SeededHome, visit: Callable[..., Any]
) -> None:
    page = visit(f"{served.url}/t/valbruyere/decisions/", cookies=served.badges["decider"]).page
    tab_to(page, "Place en crèche, dossier 12")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/decisions/\d+/"))
    found = faults(page, "case")
    page.keyboard.press("r")
    tab_to(page, "Texte pour la personne")
    page.keyboard.insert_text(OWN_TEXT)
    tab_to(page, "Motif, avec vos mots")
    page.keyboard.insert_text("Rang insuffisant")
    tab_to(page, "Enregistrer ma décision")
    page.keyboard.press("Enter")
    says(page, "une seconde personne")

    page = visit(f"{served.url}/t/valbruyere/decisions/", cookies=served.badges["reader"]).page
    tab_to(page, "À relire")
    page.keyboard.press("Enter")
    page.wait_for_url("**/a-relire/")
    found += faults(page, "to-read")
    tab_to(page, "Place en crèche, dossier 12")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/decisions/\d+/"))
    found += faults(page, "reading")
    tab_to(page, "Votre lecture, avec vos mots")
    page.keyboard.insert_text("Pièces et rang vérifiés")
    tab_to(page, "je confirme")
    page.keyboard.press("Enter")
    page.wait_for_url("**/a-relire/")
    says(page, "confirmée et enregistrée")
    page.goto(f"{served.url}/t/valbruyere/decisions/historique/")
    says(page, "Camille Élue")
    page.get_by_role("link", name="Place en crèche, dossier 12").click()
    page.get_by_role("link", name="Lettre à imprimer").click()
    found += faults(page, "letter")
    page.emulate_media(media="print")
    screenshot(page, "decisions-letter-printed")
    expect(page.locator(".new-page")).to_be_visible()
    assert "Imprimer" not in page.inner_text("main")
    assert found == []


def test_a_supposed_offence_is_written_off_by_an_authorised_agent(
    served: SeededHome, visit: Callable[..., Any]
) -> None:
    found: list[str] = []
    for width, dark in screens("offences"):
        page = visit(
            f"{served.url}/t/valbruyere/decisions/infractions/",
            cookies=served.badges["sworn"],
            width=width,
            dark=dark,
        ).page
        found += faults(page, f"offences-{width}")
        page.get_by_role("link", name="Dépôt sauvage").click()
        found += faults(page, f"offence-{width}")
    page.get_by_label("Refuser la proposition").check()
    page.get_by_label("Motif, avec vos mots").fill("Un bac qui attend la collecte")
    page.get_by_role("button", name="Enregistrer ma décision").click()
    says(page, "refusée")
    assert found == []


def test_a_draft_is_taken_up_rewritten_and_retained_without_javascript(
    served: SeededHome, visit: Callable[..., Any]
) -> None:
    found: list[str] = []
    for width, dark in screens("drafts"):
        page = visit(
            f"{served.url}/t/valbruyere/decisions/brouillons/",
            cookies=served.badges["decider"],
            width=width,
            dark=dark,
        ).page
        found += faults(page, f"drafts-{width}")
        page.get_by_role("link", name="Où demander la carte").click()
        found += faults(page, f"draft-{width}")
    plain = visit(page.url, cookies=served.badges["decider"], script=False).page
    expect(plain.get_by_label("Votre réponse")).to_have_value("")
    plain.get_by_role("button", name="Reprendre le brouillon").click()
    taken = "À l'accueil, avec un justificatif."
    expect(plain.get_by_label("Votre réponse")).to_have_value(taken)
    plain.get_by_label("Votre réponse").fill(f"Bonjour. {taken}")
    plain.get_by_role("button", name="Retenir cette réponse").click()
    says(plain, "Part récrite par une personne")
    page.reload()
    found += faults(page, "draft-retained")
    assert found == []
