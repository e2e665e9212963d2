"""The pages of the law: the register, the questions by theme, the law at another day, who sees and who answers."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.systems import law, registry
from beffroi.web.platform.models import Person, Territory
from beffroi.web.trust.legal import services
from beffroi.web.trust.legal.forms import AnswersForm
from beffroi.web.trust.models import Certificate, ImpactAssessment, LegalAnswer
from beffroi.web.workshop.models import SystemUse
from places import a_person, strongly

from .answering import POINTS, WHY, answers

pytestmark = pytest.mark.django_db


def signed_in(person: Person) -> Client:
    return strongly(Client(), person)


def url(name: str, territory: Territory, **kwargs: object) -> str:
    return reverse(name, kwargs={"slug": territory.slug, **kwargs})


def posted(**given: str) -> dict[str, str]:
    """What the form sends for these answers."""
    fields = {"signed_role": "DPO"}
    for key, one in answers(**given).items():
        fields |= {f"q_{key}": one.answer, f"w_{key}": one.justification}
    return fields


def test_the_register_says_of_each_system_its_state_class_answers_and_what_comes_next(
    use: SystemUse, territory: Territory, dpo: Person
) -> None:
    client = signed_in(dpo)
    html = client.get(url("trust-register", territory)).content.decode()
    assert "Moyenne des repas" in html and "jamais répondu" in html and "pas encore déterminée" in html
    services.answer(use, dpo, answers(employment="yes"), signed_role="DPO")
    html = client.get(f"{url('trust-register', territory)}?au=2026-12-02").content.decode()
    assert "haut risque" in html and "2 décembre 2027" in html and "Il manque" in html
    assert "indicatif" in html


def test_the_notice_stays_asked_and_kept_when_the_manifest_prepares_decisions_whatever_is_answered() -> None:
    held = registry.get("canteen").manifest
    manifest = held.model_copy(
        update={"legal": held.legal.model_copy(update={"individual_decision": True, "personal_data": True})}
    )
    sent = posted(individual_decision="no", notice="yes")
    form = AnswersForm(law.load_rules(), timezone.localdate(), {}, sent, manifest=manifest)
    assert form.is_valid(), form.errors
    assert form.answers()["notice"].answer == "yes"
    rows = {row.question.key: row for section in form.themes() for row in section.rows}
    assert rows["notice"].called_by == "" and rows["notice"].open
    without = AnswersForm(law.load_rules(), timezone.localdate(), {}, sent)
    assert without.is_valid() and "notice" not in without.answers()


def test_a_day_before_the_regulation_says_so_and_no_class(
    use: SystemUse, territory: Territory, dpo: Person
) -> None:
    services.answer(use, dpo, answers(), signed_role="DPO")
    html = signed_in(dpo).get(url("trust-law", territory, system="tiny") + "?au=2024-01-01").content.decode()
    lead = html.split("<main")[1].split('class="stack"')[0]
    assert "pas encore publié" in lead and "risque minimal" not in lead


def test_a_theme_that_nobody_answered_is_not_said_to_be(
    use: SystemUse, territory: Territory, dpo: Person
) -> None:
    client, there = signed_in(dpo), url("trust-law", territory, system="tiny")
    before = client.get(there).content.decode()
    assert '">répondu</span>' not in before and "rien à répondre pour l'instant" in before
    services.answer(use, dpo, answers(), signed_role="DPO")
    after = client.get(there).content.decode()
    assert '">répondu</span>' in after
    assert "en vigueur en vigueur" not in after and "</span> en vigueur depuis" not in after


def test_the_empty_register_says_how_to_begin(territory: Territory, dpo: Person) -> None:
    html = signed_in(dpo).get(url("trust-register", territory)).content.decode()
    assert "Aucun système d'IA en service" in html
    assert url("systems", territory) in html


def test_the_place_transparency_leads_to_the_register_and_to_the_ledger(
    territory: Territory, dpo: Person
) -> None:
    html = signed_in(dpo).get(url("territory", territory)).content.decode()
    assert url("trust-register", territory) in html
    assert url("ledger", territory) in signed_in(dpo).get(url("trust-register", territory)).content.decode()


def test_a_closed_room_leaves_the_menu_to_the_ledger(
    use: SystemUse, territory: Territory, dpo: Person
) -> None:
    Territory.objects.filter(pk=territory.pk).update(closed={"room:trust": "territory"})
    client = signed_in(dpo)
    html = client.get(url("territory", territory)).content.decode()
    assert url("ledger", territory) in html
    assert f'href="{url("trust-register", territory)}"' not in html
    assert client.get(url("trust-register", territory)).status_code == 404


def test_answering_by_the_page_keeps_all_and_says_what_stays_open(
    use: SystemUse, territory: Territory, dpo: Person
) -> None:
    client = signed_in(dpo)
    there = url("trust-law", territory, system="tiny")
    html = client.get(there).content.decode()
    for theme in law.load_rules().themes:
        assert f'id="theme-{theme.key}"' in html
    fields = posted(talks="yes")
    del fields["q_employment"]
    reply = client.post(url("trust-answer", territory, system="tiny"), fields, follow=True)
    html = reply.content.decode()
    assert reply.redirect_chain[-1][0] == there
    assert "Il reste 1 question ouverte" in html
    assert LegalAnswer.objects.get().answers["talks"]["answer"] == "yes"
    assert "employment" not in LegalAnswer.objects.get().answers
    assert f">{WHY}</textarea>" in html.replace("\n", "")  # the next time, all is there already
    assert "EUR-Lex" in html and "relevé le 26 novembre 2026" in html


def test_one_sentence_stands_for_the_no_of_a_theme_but_never_for_a_yes_nor_for_not_knowing(
    use: SystemUse, territory: Territory, dpo: Person
) -> None:
    client, there = signed_in(dpo), url("trust-answer", territory, system="tiny")
    fields = {key: value for key, value in posted().items() if not key.startswith("w_")}
    fields |= {f"t_{theme.key}": "Il ne traite que des quantités." for theme in law.load_rules().themes}
    assert client.post(there, fields).status_code == 302
    kept = LegalAnswer.objects.get()
    assert kept.answers["social_scoring"]["justification"] == "Il ne traite que des quantités."
    for answer in ("yes", "unknown"):
        refused = client.post(there, fields | {"q_talks": answer})
        assert refused.status_code == 422
        assert "10 caractères" in refused.content.decode()
    assert LegalAnswer.objects.count() == 1


def test_a_refused_form_keeps_what_was_typed_and_says_what_to_correct(
    use: SystemUse, territory: Territory, dpo: Person
) -> None:
    client, there = signed_in(dpo), url("trust-answer", territory, system="tiny")
    reply = client.post(there, posted() | {"w_talks": "non", "w_plates": "Lu avec la police municipale."})
    html = reply.content.decode()
    assert reply.status_code == 422
    assert 'href="#id_w_talks"' in html
    assert "Lu avec la police municipale." in html
    assert "Ce que vous avez saisi est conservé" in html
    assert client.post(there, posted() | {"signed_role": ""}).status_code == 422
    assert not LegalAnswer.objects.exists()


def test_the_law_is_seen_at_another_day_and_nothing_is_kept(
    use: SystemUse, territory: Territory, dpo: Person
) -> None:
    services.answer(use, dpo, answers(employment="yes"), signed_role="DPO")
    client, there = signed_in(dpo), url("trust-law", territory, system="tiny")
    before = client.get(f"{there}?au=2026-12-02").content.decode()
    assert "à partir du 2 décembre 2027" in before
    then = client.get(f"{there}?au=2027-12-02").content.decode()
    assert "en vigueur depuis le 2 décembre 2027" in then and "Rien n'est enregistré" in then.replace(
        "&#x27;", "'"
    )
    assert "à partir du 2 août 2026" in client.get(f"{there}?au=2025-01-01").content.decode()
    assert "Cette date ne se lit pas" in client.get(f"{there}?au=hier").content.decode()
    assert LegalAnswer.objects.count() == 1
    register = client.get(f"{url('trust-register', territory)}?au=2027-12-02").content.decode()
    assert "Le droit à une autre date" in register


def test_who_may_only_read_sees_the_answers_and_no_form(
    use: SystemUse, territory: Territory, dpo: Person
) -> None:
    services.answer(use, dpo, answers(talks="yes"), signed_role="DPO")
    agent = signed_in(a_person(territory, "agent"))
    html = agent.get(url("trust-law", territory, system="tiny")).content.decode()
    assert WHY in html and "Enregistrer mes réponses" not in html
    assert "obligation de transparence" in html
    for name in ("trust-answer", "trust-assessment", "trust-certificate"):
        assert agent.post(url(name, territory, system="tiny"), posted()).status_code == 404
    assert LegalAnswer.objects.count() == 1


def test_a_forbidden_use_is_said_in_large(use: SystemUse, territory: Territory, dpo: Person) -> None:
    services.answer(use, dpo, answers(street_offences="yes"), signed_role="DPO")
    html = signed_in(dpo).get(url("trust-law", territory, system="tiny")).content.decode()
    assert "Cet usage n'est pas permis" in html
    assert "usage refusé en France" in html and "CNIL" in html


def test_the_two_papers_of_high_risk_are_written_by_their_pages(
    use: SystemUse, territory: Territory, dpo: Person
) -> None:
    client = signed_in(dpo)
    there = url("trust-assessment", territory, system="tiny")
    assert client.post(there, POINTS | {"harm": "rien"}).status_code == 422
    assert client.post(there, POINTS).status_code == 302
    assert ImpactAssessment.objects.get().answers == POINTS
    assert POINTS["harm"] in client.get(there).content.decode()
    there = url("trust-certificate", territory, system="tiny")
    given = {"text": "n° 2027-114", "body": "Organisme d'essai", "date": "2026-01-05", "url": ""}
    assert client.post(there, given | {"date": "demain"}).status_code == 422
    assert client.post(there, given | {"url": "javascript:alert(1)"}).status_code == 422
    assert client.post(there, given).status_code == 302
    assert Certificate.objects.get().body == "Organisme d'essai"
    html = client.get(url("trust-law", territory, system="tiny")).content.decode()
    assert "n° 2027-114" in html and "Analyse d'impact du" in html


def test_a_system_that_is_not_in_use_has_no_page_of_law(
    tiny: None, territory: Territory, dpo: Person
) -> None:
    assert signed_in(dpo).get(url("trust-law", territory, system="tiny")).status_code == 404


def test_the_public_card_says_the_class_by_the_territory_s_answers_and_not_who_answered(
    use: SystemUse, territory: Territory, dpo: Person
) -> None:
    there = reverse("portal-system", args=[territory.slug, "tiny"])
    assert "Personne n&#x27;a encore répondu" in Client().get(there).content.decode()
    services.answer(use, dpo, answers(talks="yes"), signed_role="Directrice juridique")
    html = Client().get(there).content.decode()
    assert "<strong>obligation de transparence</strong>" in html and "Indicatif, au" in html
    assert "Directrice" not in html and WHY not in html
