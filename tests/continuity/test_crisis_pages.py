"""Pages of the crisis: two choices to activate, one act a line, one screen for the director, files and refusals, EXERCICE everywhere."""

import html
import re
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pypdfium2 as pdfium
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.guides import Plan, Questionnaire, Register
from beffroi.web.continuity.crisis import (
    audiences,
    cell,
    debrief,
    duty,
    journal,
    kit_pages,
    roles,
    situation_points,
    wall,
)
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import Crisis, SituationPoint
from beffroi.web.continuity.offline_kit.parts import Page, all_parts
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import answers_of
from beffroi.web.guides.services import plans, registers, responses
from beffroi.web.platform.models import Person, Territory
from continuity.crisis_samples import a_crisis, an_incident, stick_file, stick_lines
from places import a_person


@pytest.fixture
def browser(client: Client, secretary: Person) -> Client:
    client.force_login(secretary)
    return client


def there(territory: Territory, name: str, **values: Any) -> str:
    return reverse(name, kwargs={"slug": territory.slug} | values)


def read(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, (url, answer.status_code)
    return html.unescape(answer.content.decode())


def test_two_choices_and_a_button_activate_the_cell(territory: Territory, browser: Client) -> None:
    page = read(browser, there(territory, "crises"))
    assert "Activer maintenant" in page
    answer = browser.post(
        there(territory, "crisis-activate"), {"nature": "real", "cause": "other"}, follow=True
    )
    crisis = Crisis.objects.of(territory).get()
    assert answer.redirect_chain[-1][0] == there(territory, "crisis", pk=crisis.pk)
    assert "Écrire au journal" in answer.content.decode() and not crisis.is_exercise


def test_a_line_is_one_act_and_a_refusal_keeps_what_was_typed(
    territory: Territory, secretary: Person, browser: Client
) -> None:
    crisis = a_crisis(territory, secretary)
    url = there(territory, "crisis-write", pk=crisis.pk)
    page = read(browser, there(territory, "crisis", pk=crisis.pk))
    assert re.search(r'<input[^>]*name="text"[^>]*autofocus', page), "the text has the focus, Enter sends it"
    assert page.index('id="ecrire"') < page.index('id="journal"')
    browser.post(url, {"text": "Le réseau est débranché.", "kind": "fact"})
    assert "Le réseau est débranché." in read(browser, there(territory, "crisis", pk=crisis.pk))
    answer = browser.post(url, {"text": "À ne pas perdre", "kind": "fact", "fact_at": "2031-01-01T08:00"})
    assert answer.status_code == 422 and "À ne pas perdre" in answer.content.decode()


def test_all_roles_in_one_act_by_page(territory: Territory, secretary: Person, browser: Client) -> None:
    crisis = a_crisis(territory, secretary)
    page = read(browser, there(territory, "crisis-roles", pk=crisis.pk))
    assert page.count("checked") >= 7, "free roles are ticked already"
    browser.post(there(territory, "crisis-roles-take", pk=crisis.pk), {"roles": list(roles.role_titles())})
    assert all(row.holder for row in roles.current_roles(crisis))
    browser.post(there(territory, "crisis-role-release", pk=crisis.pk, role="legal"))
    assert sum(row.holder is None for row in roles.current_roles(crisis)) == 1


def test_the_journal_is_filtered_corrected_and_taken_away(
    territory: Territory, secretary: Person, browser: Client
) -> None:
    crisis = a_crisis(territory, secretary)
    row = journal.write_line(crisis, secretary, text="Débranché à 8 h.", kind="decision")
    browser.post(there(territory, "crisis-correct", pk=crisis.pk, line=row.pk), {"text": "À 9 h."})
    page = read(browser, f"{there(territory, 'crisis-journal', pk=crisis.pk)}?sorte=decision&mots=débranché")
    assert "Débranché à 8 h." in page and "Correction" in page and "finissent par .lock" not in page
    for form, begins in (("pdf", b"%PDF"), ("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("json", b"{")):
        answer = browser.get(there(territory, "crisis-journal-export", pk=crisis.pk, form=form))
        assert answer.content.startswith(begins) and "attachment" in answer["Content-Disposition"]
    read(browser, there(territory, "crisis-journal-export", pk=crisis.pk, form="exe"), 404)
    read(browser, there(territory, "crisis-correct", pk=crisis.pk, line=0), 404)


def test_a_stick_is_read_then_merged(territory: Territory, secretary: Person, browser: Client) -> None:
    crisis = a_crisis(territory, secretary)
    url = there(territory, "crisis-merge", pk=crisis.pk)
    raw = stick_file(crisis, "abcdef01", stick_lines("abcdef01", 3))
    answer = browser.post(url, {"file": SimpleUploadedFile("journal-abcdef01.json", raw)})
    page = html.unescape(answer.content.decode())
    assert "3 nouvelles" in page and crisis.lines.filter(device="abcdef01").count() == 0
    fields = dict(re.findall(r'<input type="hidden" name="(expected|raw)" value="([^"]+)"', page))
    browser.post(url, fields)
    assert crisis.lines.filter(device="abcdef01").count() == 3
    assert "hors ligne, appareil abcdef01" in read(browser, there(territory, "crisis-journal", pk=crisis.pk))
    for bad in (b"{", b""):
        refused = browser.post(url, {"file": SimpleUploadedFile("journal.json", bad)})
        assert refused.status_code == 422 and "ien n'a été repris" in html.unescape(refused.content.decode())
    refused = browser.post(url, {"expected": fields["expected"], "raw": "%%"})
    assert refused.status_code == 422


def test_the_wall_says_everything_on_one_page_and_refreshes_by_itself(
    territory: Territory, secretary: Person, browser: Client
) -> None:
    run = an_incident(territory, secretary, malicious="yes", insured="yes", services_stopped=["Cantine"])
    crisis = a_crisis(territory, secretary, run=run)
    roles.assign(crisis, secretary, ["director"], name="Mme Roussel (membre de démonstration)")
    journal.write_line(crisis, secretary, text="On passe au papier.", kind="decision")
    answer = browser.get(there(territory, "crisis-wall", pk=crisis.pk))
    page = html.unescape(answer.content.decode())
    assert answer["Refresh"] == "30" and page.count("<script") == page.count("dist/theme.js") == 1
    for words in (
        "Porter plainte",
        "66\xa0h",
        "Mme Roussel (membre de démonstration)",
        "On passe au papier.",
        "Cantine",
        "arrêté",
        "Prochain point",
    ):
        assert words in page, words
    still = browser.get(f"{there(territory, 'crisis-wall', pk=crisis.pk)}?fixe=1")
    assert "Refresh" not in still


def test_what_knows_services_fills_the_wall_and_never_an_exercise(
    territory: Territory, secretary: Person
) -> None:
    def states(_: Territory) -> list[wall.ServiceState]:
        return [wall.ServiceState("Eau", "works"), wall.ServiceState("Paie", "stopped")]

    crisis, exercise = a_crisis(territory, secretary), a_crisis(territory, secretary, is_exercise=True)
    wall.register_services(states)
    try:
        assert [(each.name, each.words) for each in wall.services(crisis)] == [
            ("Paie", "arrêté"),
            ("Eau", "marche"),
        ]
        assert wall.services(exercise) == []
    finally:
        wall._services.remove(states)


def test_a_point_of_situation_is_numbered_frozen_and_one_page(
    territory: Territory, secretary: Person, browser: Client
) -> None:
    crisis = a_crisis(territory, secretary)
    responses.save_answers(
        crisis.facts, secretary, {"services_stopped": [f"Service au long nom {n}" for n in range(30)]}
    )
    roles.assign(crisis, secretary, list(roles.role_titles()))
    for rank in range(20):
        journal.write_line(crisis, secretary, text=f"Décision {rank} {'longue ' * 40}", kind="decision")
    url = there(territory, "crisis-points", pk=crisis.pk)
    assert "finissent par .lock" in read(browser, url), "it is drafted from the journal"
    next_at = (timezone.now() + timedelta(hours=2)).isoformat(timespec="minutes")
    browser.post(url, {"situation": f"La cantine tient. {'Tout est arrêté. ' * 85}", "next_at": next_at})
    point = SituationPoint.objects.of(territory).get()
    journal.write_line(crisis, secretary, text="Décision d'après", kind="decision")
    page = read(browser, there(territory, "crisis-point", pk=crisis.pk, number=1))
    assert "La cantine tient" in page and "Décision 19" in page and "d'après" not in page
    content = browser.get(there(territory, "crisis-point-pdf", pk=crisis.pk, number=1)).content
    assert len(pdfium.PdfDocument(content)) == 1
    crisis.refresh_from_db()
    assert crisis.next_point_at is not None
    assert (
        point.number == 1 and situation_points.make(crisis, secretary, "Un second point.", None).number == 2
    )
    crisis.refresh_from_db()
    assert crisis.next_point_at is None and "Un second" not in situation_points.draft(crisis)
    with pytest.raises(ContinuityError, match="une page"):
        situation_points.make(crisis, secretary, "x" * 1501, None)
    read(browser, there(territory, "crisis-point", pk=crisis.pk, number=9), 404)


def test_a_point_takes_the_corrected_words_and_the_announced_hour(
    territory: Territory, secretary: Person, browser: Client
) -> None:
    crisis = a_crisis(territory, secretary)
    for kind in ("fact", "decision"):
        row = journal.write_line(crisis, secretary, text=f"Le {kind} des 8 postes", kind=kind)
        journal.write_line(crisis, secretary, text=f"Le {kind} des 5 postes", kind="correction", corrects=row)
    url = there(territory, "crisis-points", pk=crisis.pk)
    page = read(browser, url)
    assert "fact des 5 postes" in page and "des 8 postes" not in page
    announced = timezone.localtime(crisis.next_point_at).strftime("%Y-%m-%dT%H:%M")
    assert f'value="{announced}"' in page
    point = situation_points.make(crisis, secretary, "La cantine tient, le reste est arrêté.", None)
    assert [text[3:] for _, text, _ in point.content["decisions"] if "postes" in text] == [
        "decision des 5 postes"
    ]
    wall_page = read(browser, there(territory, "crisis-wall", pk=crisis.pk))
    assert "decision des 5 postes" in wall_page and "des 8 postes" not in wall_page
    for name in ("crisis", "crisis-wall"):
        assert "À fixer." in read(browser, there(territory, name, pk=crisis.pk)), name
    assert "à fixer" in read(browser, there(territory, "crisis-point", pk=crisis.pk, number=1))
    again = journal.entries(journal.rows_in_order(crisis), words="fact des 8")[0]
    journal.write_line(crisis, secretary, text="Le fact des 4 postes", kind="correction", corrects=again.row)
    assert situation_points.draft(crisis).endswith("Le fact des 4 postes"), "corrected since the point"


def test_a_message_goes_from_facts_to_signature_by_pages(
    territory: Territory, secretary: Person, mayor: Person, browser: Client
) -> None:
    crisis = a_crisis(territory, secretary)
    facts = {
        "what": "Tout est arrêté.",
        "since": "2026-11-28T08:10",
        "services_stopped": "Cantine",
        "personal_data": "no",
    }
    facts |= {"contact": "01 99 00 12 34", "next_news": "2026-11-29T18:00"}
    browser.post(there(territory, "crisis-facts", pk=crisis.pk), facts)
    url = there(territory, "crisis-message", pk=crisis.pk, key="message_prefecture")
    assert "Tout est arrêté." in read(browser, url) and "Le maire signe" in read(browser, url)
    subject, text = audiences.proposed(crisis, audiences.model("message_prefecture"))
    browser.post(
        there(territory, "crisis-message-write", pk=crisis.pk, key="message_prefecture"),
        {"subject": subject, "text": text},
    )
    row = crisis.messages.get()
    validate = there(territory, "crisis-message-validate", pk=crisis.pk, number=row.pk)
    assert browser.post(validate).status_code in (403, 404)
    browser.force_login(mayor)
    assert browser.post(validate).status_code == 302
    assert "En vertu de son mandat" in read(browser, url)
    for form in ("txt", "eml", "pdf"):
        answer = browser.get(
            there(territory, "crisis-message-export", pk=crisis.pk, number=row.pk, form=form)
        )
        assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
    read(browser, there(territory, "crisis-message", pk=crisis.pk, key="message_attacker"), 404)


def test_relief_does_not_exist_for_the_others(
    territory: Territory, secretary: Person, mayor: Person, browser: Client
) -> None:
    crisis = a_crisis(territory, secretary)
    url = there(territory, "crisis-support", pk=crisis.pk)
    read(browser, url, 404)
    roles.assign(crisis, secretary, ["logistics"])
    assert "L. 3121-18" in read(browser, url) and "décret n°" in read(browser, url).replace("\u00a0", " ")
    post = {"name": str(secretary), "begins_at": "2026-11-28T08:00", "ends_at": "2026-11-28T20:00"}
    assert browser.post(url, post).status_code == 302
    assert "plus que 10\u00a0h" in read(browser, url) or "plus que 10 h" in read(browser, url)
    (row,) = duty.shifts(crisis)
    shift = there(territory, "crisis-shift", pk=crisis.pk, shift=row.uuid)
    browser.post(shift, {"state": "done"})
    browser.post(there(territory, "crisis-check", pk=crisis.pk, item="meals"), {"done": "1"})
    browser.post(there(territory, "crisis-limits", pk=crisis.pk), {"day_limit": "8", "week_limit": "40"})
    crisis.refresh_from_db()
    assert crisis.day_limit == 8 and duty.shifts(crisis)[0].state == "done"
    browser.force_login(mayor)
    for each in (url, shift):
        assert browser.post(each, {"state": "done"}).status_code == 404
    assert "Relèves et soutien" not in read(browser, there(territory, "crisis", pk=crisis.pk))


def test_closing_leads_to_the_questions_and_their_proposals(
    territory: Territory, secretary: Person, browser: Client
) -> None:
    crisis = a_crisis(territory, secretary)
    assert "s'ouvrent quand" in read(browser, there(territory, "crisis-debrief", pk=crisis.pk))
    browser.post(there(territory, "crisis-close", pk=crisis.pk))
    crisis.refresh_from_db()
    assert crisis.closed_at and crisis.debrief
    read(browser, there(territory, "response", pk=crisis.debrief.pk))
    asked = read(browser, there(territory, "response", pk=crisis.debrief.pk))
    assert "Terminer" not in asked  # nothing is answered yet
    missed = ["des piles", "la clé du local"]
    responses.save_answers(crisis.debrief, secretary, {"relief": "no", "missed": missed})
    assert "Faire le plan" not in read(browser, there(territory, "response", pk=crisis.debrief.pk))
    page = read(browser, there(territory, "crisis-debrief", pk=crisis.pk))
    assert "tour de relève" in page and "Qu'est-ce qui a manqué" in page
    assert "des piles" in page and "la clé du local" in page
    proposed = len(debrief.lessons(crisis).proposed)
    posted = browser.post(there(territory, "crisis-debrief-plan", pk=crisis.pk), follow=True)
    assert f"{proposed} actions mises au plan" in posted.content.decode().replace("\u00a0", " ")
    page = read(browser, there(territory, "crisis-debrief", pk=crisis.pk))
    assert f"Ce qui est au plan : {proposed}" in page.replace("&nbsp;", " ").replace("\u00a0", " ")
    assert page.count("/plans/continuity_plan/actions/") == proposed > 1
    assert "Ce qui est proposé" not in page and "sans personne pour s'en charger" in page
    action = next(line.row for line in debrief.lessons(crisis).actions if "relève" in str(line.row))
    detail = there(territory, "plan-action", key=debrief.PLAN, pk=action.pk)
    assert "réponses de «" in read(browser, detail) and "réponses du" not in read(browser, detail)
    plan = guide(Plan, debrief.PLAN)
    plans.update_action(action, secretary, plan, owner="Adjointe Morel", due_on=None, spent=Decimal(0))
    assert "Adjointe Morel" in read(browser, there(territory, "crisis-debrief", pk=crisis.pk))
    assert "close" in read(browser, there(territory, "crisis-close", pk=crisis.pk))


def test_the_answers_of_a_debrief_lead_back_to_their_crisis_begun_again_too(
    territory: Territory, secretary: Person, browser: Client
) -> None:
    crisis = a_crisis(territory, secretary)
    cell.close(crisis, secretary)
    back = f'href="{there(territory, "crisis-debrief", pk=crisis.pk)}"'
    response = crisis.debrief
    assert response is not None
    for name, more in (("response", {}), ("response-all", {}), ("response-question", {"question": "roles"})):
        assert back in read(browser, there(territory, name, pk=response.pk, **more)), name
    responses.save_answers(response, secretary, {"relief": "no"})
    again = responses.begin_again(response, secretary, response.edition.read())
    assert back in read(browser, there(territory, "response", pk=again.pk))
    assert there(territory, "response", pk=again.pk) in read(
        browser, there(territory, "crisis-debrief", pk=crisis.pk)
    )
    other = responses.open_response(territory, secretary, guide(Questionnaire, "crisis_debrief"))
    assert back not in read(browser, there(territory, "response", pk=other.pk))


def test_an_exercise_says_so_on_every_page(territory: Territory, secretary: Person, browser: Client) -> None:
    crisis = a_crisis(territory, secretary, is_exercise=True)
    roles.assign(crisis, secretary, list(roles.role_titles()))
    situation_points.make(crisis, secretary, "Un point d'exercice.", None)
    pages = (
        "crisis", "crisis-roles", "crisis-journal", "crisis-merge", "crisis-wall", "crisis-points", "crisis-facts",
        "crisis-messages", "crisis-support", "crisis-close", "crisis-debrief",
    )  # fmt: skip
    urls = [there(territory, name, pk=crisis.pk) for name in pages]
    urls.append(there(territory, "crisis-point", pk=crisis.pk, number=1))
    urls.append(there(territory, "crisis-message", pk=crisis.pk, key="message_press"))
    for url in urls:
        assert "EXERCICE" in read(browser, url), url
    assert "EXERCICE en cours" in read(browser, there(territory, "crises"))


def test_who_only_reads_sees_the_reserved_buttons(
    territory: Territory, secretary: Person, client: Client
) -> None:
    crisis = a_crisis(territory, secretary)
    client.force_login(a_person(territory, "auditor"))
    assert "il faut le rôle" in read(client, there(territory, "crises"))
    assert client.post(there(territory, "crisis-write", pk=crisis.pk), {"text": "x"}).status_code == 404
    read(client, there(territory, "crisis-wall", pk=crisis.pk))


def test_the_open_part_of_the_kit_has_functions_only(
    territory: Territory, secretary: Person, browser: Client
) -> None:
    values = {
        "role": "director",
        "holder": "Mme Roussel",
        "phone": "06 39 98 00 01",
        "deputies": "M. Faure | 06 39 98 00 02",
    }
    registers.save_entry(territory, secretary, guide(Register, roles.REGISTER), values)
    personal = ("Roussel", "Faure", "06 39 98")
    assert not any(
        word in f"{kit_pages.journal_seed(territory)} {kit_pages.journal_roles()}" for word in personal
    )
    parts = [part for part in all_parts() if part.key.startswith("crisis-")]
    assert {part.key for part in parts} >= {
        "crisis-functions", "crisis-calling-list", "crisis-ransomware", "crisis-messages", "crisis-support",
    }  # fmt: skip
    for part in [each for each in parts if each.key != "crisis-journal"]:
        pages = list(part.pages(territory))
        bodies = " ".join(page.body for page in pages if isinstance(page, Page))
        found = [word for word in personal if word in bodies]
        assert found == (list(personal) if part.sealed else []), part.key
        assert "{" not in bodies and (part.sealed or bodies)
    assert "06 39 98 00 01" in read(browser, there(territory, "crisis-calling"))
    assert browser.get(there(territory, "crisis-calling-pdf")).content[:4] == b"%PDF"


def test_the_kit_has_the_journal_of_the_crisis_under_way_or_of_the_next_one(
    territory: Territory, secretary: Person
) -> None:
    pages = pytest.importorskip("beffroi.web.continuity.offline_pages.pages")
    assert pages
    before = kit_pages.journal_seed(territory)["crisis"]
    (page,) = kit_pages.offline_journal(territory)
    assert before in page.document
    assert str(a_crisis(territory, secretary).uuid) == before


def test_the_facts_of_a_crisis_refuse_a_start_that_is_to_come(
    territory: Territory, secretary: Person, browser: Client
) -> None:
    crisis = a_crisis(territory, secretary)
    url = there(territory, "crisis-facts", pk=crisis.pk)
    answer = browser.post(url, {"what": "Tout est arrêté.", "since": "2099-01-01T08:00"})
    assert answer.status_code == 422 and "Cette date est à venir" in answer.content.decode()
    assert answers_of(crisis.facts) == {"what": "Tout est arrêté."}, "no message repeats it"
    later = (timezone.now() + timedelta(days=2)).isoformat(timespec="minutes")
    assert browser.post(url, {"since": "2026-11-28T08:10", "next_news": later}).status_code == 302
    assert answers_of(crisis.facts).keys() == {"since", "next_news"}


def test_a_form_of_the_journal_that_is_sent_twice_writes_one_line(
    territory: Territory, secretary: Person, browser: Client
) -> None:
    crisis = a_crisis(territory, secretary)
    url = there(territory, "crisis-write", pk=crisis.pk)
    page = read(browser, there(territory, "crisis", pk=crisis.pk))
    given = re.search(r'<input[^>]*name="one_time" value="([^"]+)"', page)
    assert given is not None
    before = crisis.lines.count()
    sent = {"text": "Le réseau est débranché.", "kind": "fact", "one_time": given[1]}
    for _ in range(2):
        assert browser.post(url, sent).status_code == 302
    assert crisis.lines.count() == before + 1
    browser.post(url, sent | {"text": "Le serveur aussi."})
    assert crisis.lines.count() == before + 2, "what was typed after going back is not lost"
    assert not journal.faults(crisis)
    for other in ("", "n'importe quoi", str(uuid.uuid4())):
        browser.post(url, sent | {"one_time": other})
    assert crisis.lines.count() == before + 5


def test_a_second_real_crisis_needs_a_ticked_box(
    territory: Territory, secretary: Person, browser: Client
) -> None:
    crisis = a_crisis(territory, secretary)
    page, url = read(browser, there(territory, "crises")), there(territory, "crisis-activate")
    assert page.index("Ouvrir la cellule") < page.index("C'est une autre crise que")
    assert "checked" not in page, "nothing is chosen beforehand"
    answer = browser.post(url, {"nature": "real", "cause": "other", "label": "Incendie"})
    assert answer.status_code == 422 and "cochez-le" in answer.content.decode()
    assert Crisis.objects.of(territory).get() == crisis
    browser.post(url, {"nature": "exercise", "cause": "unknown"})
    browser.post(url, {"nature": "real", "cause": "other", "label": "Incendie", "another": "on"})
    assert Crisis.objects.of(territory).count() == 3


def test_the_button_of_a_message_says_its_own_act_and_what_is_signed_is_not_to_sign(
    territory: Territory, secretary: Person, mayor: Person, browser: Client
) -> None:
    crisis = a_crisis(territory, secretary)
    for key, act in (("message_prefecture", "signer"), ("message_residents", "valider")):
        row = audiences.write(
            crisis, secretary, audiences.model(key), "Objet", "Un texte de vingt signes au moins."
        )
        url = there(territory, "crisis-message", pk=crisis.pk, key=key)
        browser.force_login(a_person(territory, "agent"))
        page = read(browser, url)
        assert f"Pour {act} ce message, il faut" in page and "conséquences" not in page
        assert ("PDF à signer" in page) == (act == "signer")
        audiences.validate(row, mayor)
        assert "PDF à signer" not in read(browser, url)
