"""Plans of recovery and continuity: written from what is known, signed as read, never changed; tests and their corrections."""

import ctypes
import hashlib
import html
import re
from datetime import date, timedelta

import pypdfium2
import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from beffroi.web.continuity import home_blocks
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.essential_services import analyses, services
from beffroi.web.continuity.essential_services.impact import CELLS, HOURS
from beffroi.web.continuity.models import PlanEdition
from beffroi.web.continuity.recovery_plans import (
    continuity_tests,
    home_lines,
    kit_pages,
    plan_editions,
    sections,
)
from beffroi.web.continuity.recovery_plans.cards import continuity_cards
from beffroi.web.continuity.recovery_plans.plan_drafts import draft_of
from beffroi.web.cyber.due import due_this_month
from beffroi.web.guides.errors import StaleEntryError
from beffroi.web.guides.models import FollowedAction, RegisterEntry
from beffroi.web.guides.services import registers
from beffroi.web.platform.home_cards import Section
from beffroi.web.platform.models import LedgerDetail, Person, Territory


@pytest.fixture
def water(territory: Territory, secretary: Person, mayor: Person) -> RegisterEntry:
    """One service, validated."""
    values = {"name": "Eau", "head": "Mme Rivière", "critical_days": "La relève"}
    entry = registers.save_entry(territory, secretary, services.register(), values)
    analyses.save_cells(entry, secretary, dict.fromkeys(CELLS, "1") | {HOURS: "4"})
    analyses.validate(entry, mayor)
    return entry


@pytest.fixture
def restore(territory: Territory, secretary: Person) -> RegisterEntry:
    values = {"name": "Restaurer un fichier", "next_on": "2026-11-01"}
    return registers.save_entry(territory, secretary, continuity_tests.register(), values)


def signed(territory: Territory, by: Person, kind: str = "pra") -> PlanEdition:
    return plan_editions.sign(territory, by, kind, expected=draft_of(territory, kind).sha256)


def plain(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).replace("\u00a0", " ").split())


def test_a_plan_is_written_from_what_is_known_and_names_what_is_missing(
    territory: Territory, water: RegisterEntry
) -> None:
    draft = draft_of(territory, "pca")
    text = "\n".join(line for each in draft.sections for line in each.lines)
    assert "Eau | 4\u00a0heures |" in text and "Mme Rivière" in text and "La relève" in text
    assert "Essais" in draft.missing and "Corrections en cours" in draft.missing
    assert [each.key for each in draft_of(territory, "pra").sections if each.key == "consequences"] == []
    assert "conforme" not in draft.document().casefold()


def test_another_noun_fills_its_section(territory: Territory) -> None:
    order = sections.Section(
        "trial_order",
        "Ordre d'essai",
        45,
        frozenset({"pra"}),
        lambda town: [sections.paragraph(f"D'abord {town.name} <b>."), *sections.table(("Rang",), [("1",)])],
    )
    sections.register(order)
    try:
        built = next(each for each in draft_of(territory, "pra").sections if each.key == "trial_order")
        assert "&lt;b&gt;" in built.html and built.lines == [f"D'abord {territory.name} <b>.", "Rang", "1"]
        assert not any(each.key == "trial_order" for each in draft_of(territory, "pca").sections)
    finally:
        del sections._sections["trial_order"]


def test_only_who_decides_signs_what_was_read(
    territory: Territory, water: RegisterEntry, secretary: Person, mayor: Person
) -> None:
    read = draft_of(territory, "pra").sha256
    with pytest.raises(PermissionDenied):
        plan_editions.sign(territory, secretary, "pra", expected=read)
    registers.save_entry(territory, secretary, services.register(), {"name": "Cantine"})
    with pytest.raises(ContinuityError, match="a changé pendant que vous le lisiez"):
        plan_editions.sign(territory, mayor, "pra", expected=read)
    edition = signed(territory, mayor)
    assert (edition.number, edition.authority["kind"]) == (1, "elected")
    assert hashlib.sha256(edition.document.encode()).hexdigest() == edition.sha256
    assert "Édition 1" in edition.document and str(mayor) in edition.document
    line = LedgerDetail.objects.get(line__territory=territory, line__act="recovery_plan.sign")
    assert line.payload["sha256"] == edition.sha256 and "Rivière" not in str(line.payload)
    with pytest.raises(ContinuityError, match="dit déjà la même chose"):
        signed(territory, mayor)


def test_a_signed_edition_never_changes_and_editions_follow_each_other(
    territory: Territory, water: RegisterEntry, mayor: Person
) -> None:
    edition = signed(territory, mayor)
    for change in ({"document": "autre"}, {"sha256": "0"}, {"number": 9}):
        with pytest.raises(DatabaseError), transaction.atomic():
            PlanEdition.objects.filter(pk=edition.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        PlanEdition.objects.filter(pk=edition.pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        PlanEdition.objects.create(
            territory=territory, kind="pra", number=3, document="", sections=[], sha256="", by=mayor
        )


def test_the_last_signed_plans_are_in_the_sealed_part_of_the_kit(
    territory: Territory, water: RegisterEntry, mayor: Person
) -> None:
    assert list(kit_pages.pages(territory)) == []
    last = signed(territory, mayor)
    (page,) = kit_pages.pages(territory)
    assert (page.name, page.as_of) == ("plan-pra", last.at) and "<h2>" in page.body
    assert kit_pages.PART.sealed


def test_the_page_says_what_changed_since_the_signed_edition(
    territory: Territory, water: RegisterEntry, secretary: Person, mayor: Person, client: Client
) -> None:
    edition = signed(territory, mayor)
    client.force_login(mayor)
    there = f"/t/{territory.slug}/continuite/plans/pra/"
    page = client.get(there).content.decode()
    assert "disent la même chose" in page and "je signe" not in page
    assert "non signé" not in page and "Édition 1, signée le" in page
    assert 'class="table-wrap whole"' in page
    registers.save_entry(
        territory, secretary, services.register(), water.values | {"head": "M. Source"}, entry=water
    )
    page = plain(client.get(there).content.decode())
    assert "retiré Eau, Mme Rivière" in page and "ajouté Eau, M. Source" in page
    assert edition.sha256 in page
    expected = draft_of(territory, "pra").sha256
    client.post(f"{there}signer/", {"expected": expected})
    assert plain(client.get(there).content.decode()).count("Éditions d'avant") == 1
    assert "Mme Rivière" in PlanEdition.objects.get(number=1).document


def test_a_signed_plan_leaves_as_html_with_its_hash_and_as_pdf(
    territory: Territory, water: RegisterEntry, mayor: Person, client: Client
) -> None:
    edition = signed(territory, mayor, "pca")
    client.force_login(mayor)
    there = f"/t/{territory.slug}/continuite/editions/{edition.pk}/plan"
    answer = client.get(f"{there}.html")
    assert hashlib.sha256(answer.content).hexdigest() == edition.sha256
    assert (
        "attachment" in answer.headers["Content-Disposition"]
        and b"Donn\xc3\xa9es simul\xc3\xa9es" in answer.content
    )
    assert b"beffroi:" not in answer.content  # a browser would ask for faces that only the printer finds
    with pypdfium2.PdfDocument(client.get(f"{there}.pdf").content) as paper:
        text = "".join(page.get_textpage().get_text_bounded() for page in paper)
        face, flags = ctypes.create_string_buffer(100), ctypes.c_int()
        letters = paper[0].get_textpage()
        places = range(letters.count_chars())
        faces = {
            face.value
            for place in places
            if pypdfium2.raw.FPDFText_GetFontInfo(letters, place, face, 100, flags)
        }
    assert any(b"Newsreader" in each for each in faces), faces
    assert edition.sha256 in "".join(text.replace("\ufffe", "").split())


def test_a_result_becomes_corrections_with_their_owner_and_day_in_one_act(
    territory: Territory, restore: RegisterEntry, secretary: Person, client: Client
) -> None:
    client.force_login(secretary)
    there = f"/t/{territory.slug}/continuite/essais/{restore.pk}/"
    today = timezone.localdate()
    form = {
        "last_on": today.isoformat(), "result": "gaps", "findings": "Le disque était plein\r\nPersonne n'avait la clé",
        "owner": "Mme Sauvegarde", "due_on": (today + timedelta(30)).isoformat(),
        "next_on": (today + timedelta(90)).isoformat(), "seen": restore.revision,
    }  # fmt: skip
    assert client.post(there, form).status_code == 302
    actions = list(FollowedAction.objects.of(territory).filter(plan=continuity_tests.PLAN))
    assert [(str(each), each.owner, each.state) for each in actions] == [
        ("Le disque était plein", "Mme Sauvegarde", "accepted"),
        ("Personne n'avait la clé", "Mme Sauvegarde", "accepted"),
    ]
    assert {each.due_on for each in actions} == {today + timedelta(30)}
    assert "Restaurer un fichier" in actions[0].content["why"]
    page = plain(client.get(f"/t/{territory.slug}/continuite/essais/").content.decode())
    assert "réussi, avec des écarts" in page and "passé" not in page
    assert "Le disque était plein | Mme Sauvegarde" in "\n".join(
        line for each in draft_of(territory, "pra").sections for line in each.lines
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"owner": " "}, "owner"),
        ({"due_on": None}, "due_on"),
        ({"findings": []}, "findings"),
        ({"findings": ["oui"]}, "findings"),
        ({"result": "passed"}, "result"),
        ({"last_on": timezone.localdate() + timedelta(2)}, "last_on"),
    ],
)
def test_a_half_said_result_is_refused_and_nothing_is_written(
    restore: RegisterEntry, secretary: Person, change: dict[str, object], field: str
) -> None:
    result = {
        "last_on": timezone.localdate(), "result": "failed", "next_on": None, "findings": ["Le disque était plein"],
        "owner": "Mme Sauvegarde", "due_on": timezone.localdate(),
    }  # fmt: skip
    with pytest.raises(ContinuityError) as refused:
        continuity_tests.record_result(restore, secretary, **(result | change))  # type: ignore[arg-type]
    assert refused.value.field == field
    restore.refresh_from_db()
    assert restore.revision == 1 and not FollowedAction.objects.of(restore.territory).exists()


def test_a_test_noted_by_somebody_else_meanwhile_is_not_overwritten(
    restore: RegisterEntry, secretary: Person
) -> None:
    read = restore.revision
    result = {"last_on": timezone.localdate(), "result": "passed", "next_on": None}
    continuity_tests.record_result(restore, secretary, **result, seen=read)  # type: ignore[arg-type]
    with pytest.raises(StaleEntryError):
        continuity_tests.record_result(
            restore,
            secretary,
            last_on=timezone.localdate(),
            result="failed",
            next_on=None,
            findings=["La clé manquait"],
            owner="M. Clé",
            due_on=timezone.localdate(),
            seen=read,
        )
    assert not FollowedAction.objects.of(restore.territory).exists()


def test_a_test_that_is_due_is_in_the_list_of_the_month(territory: Territory, restore: RegisterEntry) -> None:
    (due,) = due_this_month(territory, ("continuity",))
    assert (due.what, due.day, due.overdue) == ("Restaurer un fichier", date(2026, 11, 1), 1)


def test_the_home_of_the_room_says_the_next_three_things_to_do_in_few_words(
    territory: Territory, secretary: Person, mayor: Person, client: Client
) -> None:
    client.force_login(secretary)
    there = f"/t/{territory.slug}/continuite/"
    page = client.get(there).content.decode()
    text = plain(page)
    assert text.index("Maintenant") < text.index("Mon service") < text.index("Ce qui n'est pas prêt")
    first = re.search(r"À faire d'abord.*?<ul[^>]*>(.*?)</ul>", page, re.S)
    assert first is not None and plain(first[1]).count("Signer") == 0
    assert re.findall(r'<a href="[^"]+">([^<]+)</a>', first[1]) == [
        "Dire quels services vous rendez",
        "Commencer les fiches du mode dégradé",
        "Fabriquer le kit hors ligne",
    ]
    assert text.count("non signé") == 2, "what comes later is folded"
    main = re.search(r"<main.*?<details", page, re.S)
    assert main is not None and len(plain(main[0]).split()) <= 250
    services.begin(territory, secretary)
    continuity_tests.begin(territory, secretary)
    signed(territory, mayor, "pra")
    text = plain(client.get(there).content.decode())
    assert "Valider la durée d'arrêt de 16 services" in text and text.count("non signé") == 1


def test_a_head_of_service_finds_its_own_first(
    territory: Territory, water: RegisterEntry, secretary: Person, client: Client
) -> None:
    registers.save_entry(
        territory, secretary, services.register(), water.values | {"deputy": str(secretary)}, entry=water
    )
    client.force_login(secretary)
    page = plain(client.get(f"/t/{territory.slug}/continuite/").content.decode())
    assert "Mon service Eau 1 service rendu" in page


def test_another_noun_says_what_happens_now(territory: Territory, secretary: Person, client: Client) -> None:
    home_blocks.register("trial", "now", 1, lambda person, town: [home_blocks.Line("Crise d'essai", "/t/")])
    try:
        client.force_login(secretary)
        page = plain(client.get(f"/t/{territory.slug}/continuite/").content.decode())
        assert "Maintenant Crise d'essai" in page and "Rien ne se passe" not in page
    finally:
        del home_blocks._makers["trial"]


def test_the_home_of_the_territory_says_what_is_late_in_one_query(
    territory: Territory, secretary: Person, mayor: Person
) -> None:
    with CaptureQueriesContext(connection) as asked:
        (card,) = continuity_cards(secretary, territory)
    assert card.section == Section.REST and "Commencez" in card.text
    assert len([each for each in asked if "continuity_planedition" in each["sql"]]) == 1
    services.begin(territory, secretary)
    values = {"name": "Appeler la liste", "next_on": "2026-01-01"}
    registers.save_entry(territory, secretary, continuity_tests.register(), values)
    (card,) = continuity_cards(secretary, territory)
    assert (card.title, card.section) == ("Essai de continuité en retard", Section.TO_DO)


def test_a_plan_of_more_than_a_year_is_to_be_signed_again(
    territory: Territory, mayor: Person, client: Client
) -> None:
    services.begin(territory, mayor)
    draft = draft_of(territory, "pra")
    PlanEdition.objects.create(
        territory=territory, kind="pra", number=1, document="<p>", sections=draft.frozen, sha256="0" * 64, by=mayor,
        at=timezone.now() - timedelta(400),
    )  # fmt: skip
    signed(territory, mayor, "pca")
    (card,) = continuity_cards(mayor, territory)
    assert card.title == "Plan de continuité à signer", "the other plan is fresh"
    client.force_login(mayor)
    page = plain(client.get(f"/t/{territory.slug}/continuite/").content.decode())
    assert "plus d'un an" in page
    assert "je signe" in client.get(f"/t/{territory.slug}/continuite/plans/pra/").content.decode()
    assert signed(territory, mayor).number == 2
    assert [card.title for card in continuity_cards(mayor, territory)] != ["Plan de continuité à signer"]


def test_tests_that_have_no_day_are_said_on_the_home(
    territory: Territory, secretary: Person, client: Client
) -> None:
    count = continuity_tests.begin(territory, secretary)
    (line,) = home_lines.tests(secretary, territory)
    assert line.badge.replace("\u00a0", " ") == f"{count} essais sans date"
    entry = RegisterEntry.objects.of(territory).filter(register=continuity_tests.REGISTER).first()
    assert entry is not None
    later = {"next_on": (timezone.localdate() + timedelta(90)).isoformat()}
    registers.save_entry(territory, secretary, continuity_tests.register(), entry.values | later, entry=entry)
    assert home_lines.tests(secretary, territory) == []
