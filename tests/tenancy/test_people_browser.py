"""Invitation, delegation and departure in the real browser, on an instance made and served by the real commands."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page

from browser import examine, says
from coming_in import enter, give_second_factor
from house import RealTown

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("nantes")]
WAIT = 60_000


def invited(page: Page, people: str, name: str, email: str, bundle: str, legal_act: str = "") -> str:
    page.goto(f"{people}inviter/")
    page.get_by_label("Nom et prénom").fill(name)
    page.get_by_label("Adresse électronique").fill(email)
    page.get_by_role("radio", name=bundle).check()
    if legal_act:
        page.get_by_text("Son acte d'élection").click()
        page.get_by_label("Acte d'élection").fill(legal_act)
        page.get_by_label("Date de cet acte").fill("2026-03-22")
    page.get_by_role("button", name="Préparer l'invitation").click()
    link = page.locator("code").first
    link.wait_for(timeout=WAIT)
    return link.inner_text()


@pytest.mark.long
def test_from_invitation_to_departure(nantes: RealTown, visit: Any) -> None:
    url, link = nantes.url, nantes.invitations["founder"]
    page = visit(link, script=False).page
    page.set_default_timeout(WAIT)
    enter(page)
    people = f"{url}/t/nantes/reglages/personnes/"
    give_second_factor(page, people)

    mayor_link = invited(page, people, "Claude Maire", "maire@example.org", "Décider :", "PV n° 1")
    deputy_link = invited(page, people, "Lou Adjoint", "adjoint@example.org", "Lire et analyser")
    deputy = visit(deputy_link, script=False).page
    deputy.set_default_timeout(WAIT)
    enter(deputy)
    assert deputy.goto(f"{url}/t/nantes/").status == 200
    assert mayor_link != deputy_link

    page.goto(people)
    page.get_by_role("link", name="Lou Adjoint").click()
    page.wait_for_url(re.compile(r"/personnes/\d+/$"))
    one = page.url
    page.get_by_role("link", name="Inscrire une délégation").click()
    page.get_by_label("Élu qui délègue").select_option(label="Claude Maire")
    page.get_by_label("Objet de la délégation").fill("Restauration scolaire")
    page.get_by_label("Référence de l'arrêté").fill("Arrêté n° 34")
    page.get_by_label("Date de l'arrêté").fill("2026-09-01")
    page.get_by_role("button", name="Inscrire la délégation").click()
    page.wait_for_url(one)
    says(page, "délégation de Claude Maire")

    displayed = {
        "list": people, "one": one, "invite": f"{people}inviter/", "roles": f"{one}roles/", "depart": f"{one}depart/",
        "replace": f"{one}remplacer/", "rights": f"{url}/t/nantes/reglages/droits/",
        "proofs": f"{url}/t/nantes/reglages/preuves/",
    }  # fmt: skip
    cookies = page.context.cookies()
    wrong = [
        fault
        for name, address in displayed.items()
        for fault in examine(visit, address, f"people-{name}", cookies=cookies)
    ]
    assert wrong == []

    page.get_by_role("link", name="Préparer le départ").click()
    says(page, "Délégation de Claude Maire à Lou Adjoint")
    page.get_by_role("button", name="Fermer tous ses accès").click()
    page.wait_for_url(one)
    says(page, "parti")
    deputy.goto(f"{url}/t/nantes/")
    assert "/compte/login/" in deputy.url, "the session that was open is closed"
