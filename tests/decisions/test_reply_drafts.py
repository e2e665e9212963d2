"""Drafts of answers: no passage found, no draft; a person chooses, rewrites or sets aside, and every version is kept."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from beffroi.hashing import text_sha256
from beffroi.language.quotes import normalised
from beffroi.systems.contract import Draft as Written
from beffroi.systems.contract import Passage
from beffroi.web.decisions import drafting, drafting_usage, usage
from beffroi.web.decisions.errors import DecisionError
from beffroi.web.decisions.machines import machine_at_work
from beffroi.web.decisions.models import Draft, DraftVersion
from beffroi.web.decisions.passages import supported
from beffroi.web.platform import home_cards as home_cards
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop.errors import RunFailed, WorkshopError
from beffroi.web.workshop.models import SystemUse
from decisions.replier import GOOD, INVENTED, QUESTION, UNSUPPORTED, answered, in_its_sandbox, installed
from life import step
from places import a_person, strongly
from support.clock import on
from workshop.conftest import home, steward, supervisor, territory

__all__ = ["home", "steward", "supervisor", "territory"]
pytestmark = pytest.mark.django_db
OWN = "Bonjour. La carte se demande à l'accueil, le matin, avec un justificatif de domicile."


@pytest.fixture
def replier(tmp_path: Path) -> Iterator[None]:
    with installed(tmp_path / "third-party"):
        yield


@pytest.fixture
def use(replier: None, territory: Territory, steward: Person, supervisor: Person) -> SystemUse:
    return in_its_sandbox(territory, steward, supervisor)


@pytest.fixture
def draft(territory: Territory) -> Draft:
    return received(territory)[0]


@pytest.fixture
def agent(territory: Territory) -> Person:
    return a_person(territory, "agent")


BODY = "Elle se demande à l’accueil de la mairie,  avec un justificatif de domicile de moins de trois mois."
GIVEN = {"texts": pa.table({"body": ["Autre texte de la mairie.", BODY], "year": [2025, 2026]})}
QUOTE = "se demande à l'accueil de la mairie, avec un justificatif"


def written(quote: str = QUOTE, text: str = GOOD, question: str = QUESTION) -> Written:
    return Written(question, text, (Passage("Guide", quote),))


def received(territory: Territory, *drafts: Written, run: str = "run-1") -> list[Draft]:
    made, _ = drafting.receive(
        territory,
        system="replier",
        system_version="1.0.0",
        run=run,
        drafts=drafts or (written(),),
        tables=GIVEN,
        read={"texts": {"title": "Textes de la mairie", "number": 1}},
    )
    return made


def acts(territory: Territory) -> list[str]:
    return [line.act for line in ledger.lines_of(territory)]


# What is received


def test_only_the_draft_whose_passage_stands_in_the_tables_is_kept(
    use: SystemUse, supervisor: Person, territory: Territory
) -> None:
    run = answered(use, supervisor)
    (draft,) = Draft.objects.of(territory)
    assert (draft.question, draft.text, draft.system_version) == (QUESTION, GOOD, "1.0.0")
    (passage,) = draft.passages
    assert (passage["column"], passage["line"], passage["delivery"]) == ("body", 1, 1)
    assert run.outcome["notes"] == ["2 réponses sans passage à l'appui ont été écartées."]
    assert run.outcome["drafts"] == 1
    told = [str(row) for row in Draft.objects.values()] + [str(run.outcome)]
    assert not any(UNSUPPORTED in text or INVENTED in text for text in told)
    assert "draft.make" in acts(territory) and ledger.verify(territory).ok


def test_the_same_run_taken_again_writes_no_second_draft(use: SystemUse, supervisor: Person) -> None:
    answered(use, supervisor, key="k1")
    answered(use, supervisor, key="k1")
    answered(use, supervisor)  # another run, the same words: nothing new for a person to read
    assert Draft.objects.count() == 1


def test_a_draft_that_names_somebody_read_in_the_data_stops_the_run(
    use: SystemUse, supervisor: Person
) -> None:
    with pytest.raises(WorkshopError, match="nomme une personne"):
        answered(use, supervisor, "names")
    assert not Draft.objects.exists()


def test_what_is_not_a_text_is_off_the_contract(use: SystemUse, supervisor: Person) -> None:
    with pytest.raises(RunFailed):
        answered(use, supervisor, "not a text")
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("quote", "held"),
    [
        (QUOTE, True),
        ("« se demande à\u00a0l’accueil de la mairie »", True),
        ("se demande au guichet de la mairie", False),
        ("SE DEMANDE À L'ACCUEIL", False),
        ("mande à l'accueil de", False),
        ("de domicile", False),
        ("2 026 2026 2026", False),
        ("", False),
    ],
)
def test_a_passage_is_found_word_for_word_or_not_at_all(quote: str, held: bool) -> None:
    kept, refused = supported([written(quote)], GIVEN)
    assert (len(kept), refused) == (int(held), int(not held))


def test_one_invented_passage_among_good_ones_refuses_the_draft() -> None:
    both = Written(
        QUESTION, GOOD, (Passage("Guide", QUOTE), Passage("Guide", "la carte est gratuite pour tous"))
    )
    assert supported([both], GIVEN) == ([], 1)
    assert supported([Written(QUESTION, GOOD, (Passage(" ", QUOTE),))], GIVEN) == ([], 1)
    assert normalised("l’«\u202foui\u202f»\n  dit") == 'l\'"oui" dit'


def test_a_newer_draft_replaces_what_nobody_touched_and_leaves_what_somebody_writes(
    territory: Territory, agent: Person
) -> None:
    (first,) = received(territory)
    (second,) = received(territory, written(text=f"{GOOD} Le matin."), run="run-2")
    first.refresh_from_db()
    assert first.superseded_at is not None and second.waiting
    drafting.save(second, agent, OWN)
    (third,) = received(territory, written(text=f"{GOOD} L'après-midi."), run="run-3")
    second.refresh_from_db()
    assert second.waiting and third.waiting
    with pytest.raises(DecisionError, match="plus récent"):
        drafting.save(first, agent, OWN)


# What a person does


def test_each_text_saved_is_a_version_with_its_digest_in_the_ledger(draft: Draft, agent: Person) -> None:
    drafting.save(draft, agent, OWN)
    drafting.save(draft, agent, OWN)  # the same again adds none
    drafting.save(draft, agent, f"{OWN} À bientôt.")
    assert [(v.number, v.by_id) for v in draft.versions.all()] == [(1, agent.pk), (2, agent.pk)]
    lines = ledger.lines_of(draft.territory).filter(act="draft.save")
    assert lines.count() == 2
    held = str([line.detail.payload for line in lines])
    assert text_sha256(OWN) in held and "justificatif" not in held


def test_what_is_retained_is_frozen_with_the_share_rewritten(draft: Draft, agent: Person) -> None:
    kept = drafting.retain(draft, agent, OWN)
    assert (kept.state, kept.closed_by) == ("retained", agent)
    assert 0 < kept.rewritten < 1
    with pytest.raises(DecisionError, match="déjà retenu"):
        drafting.save(draft, agent, "Autre chose.")
    with pytest.raises(DecisionError, match="déjà retenu"):
        drafting.dismiss(draft, agent, "Trop tard")
    assert acts(draft.territory)[-2:] == ["draft.save", "draft.retain"]


def test_the_share_rewritten_goes_from_nothing_to_all() -> None:
    assert drafting.share_rewritten("un deux trois", "un deux  trois") == 0
    assert drafting.share_rewritten("un deux trois", "quatre cinq") == 1
    assert drafting.share_rewritten("un deux", "un trois") == 0.5


def test_setting_aside_takes_a_reason(draft: Draft, agent: Person) -> None:
    with pytest.raises(DecisionError, match="pourquoi"):
        drafting.dismiss(draft, agent, "  ")
    assert drafting.dismiss(draft, agent, "Le passage parle d'autre chose").state == "dismissed"
    assert not drafting.listed(draft.territory).exists()


def test_who_only_reads_writes_nothing_and_no_machine_answers(draft: Draft, agent: Person) -> None:
    auditor = a_person(draft.territory, "auditor")
    for write in (drafting.save, drafting.retain, drafting.dismiss):
        with pytest.raises(PermissionDenied):
            write(draft, auditor, OWN)
        with machine_at_work(), pytest.raises(DecisionError, match="en cours d'exécution"):
            write(draft, agent, OWN)
    assert not DraftVersion.objects.exists()


def refused(sql: str, *values: object) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_the_database_itself_keeps_every_version_and_lets_nobody_rewrite_a_draft(
    draft: Draft, agent: Person
) -> None:
    refused("UPDATE decisions_draft SET state = 'retained', closed_by_id = %s, rewritten = 0", agent.pk)
    version = drafting.save(draft, agent, OWN)
    refused("UPDATE decisions_draftversion SET text = 'x' WHERE id = %s", version.pk)
    refused("DELETE FROM decisions_draftversion WHERE id = %s", version.pk)
    refused("UPDATE decisions_draft SET text = 'x'")
    refused("UPDATE decisions_draft SET passages = '[]'")
    refused("UPDATE decisions_draft SET superseded_at = created_at")
    refused("DELETE FROM decisions_draft")
    drafting.retain(draft, agent, OWN)
    refused("UPDATE decisions_draft SET state = 'waiting', closed_by_id = NULL, rewritten = NULL")
    refused("UPDATE decisions_draft SET rewritten = 1")
    columns = "territory_id, draft_id, number, text, by_id, at"
    refused(
        f"INSERT INTO decisions_draftversion ({columns}) SELECT territory_id, draft_id, 9, 'x', by_id, at "
        "FROM decisions_draftversion"
    )


# The pages


def here(territory: Territory, rest: str = "") -> str:
    return f"/t/{territory.slug}/decisions/brouillons/{rest}"


def test_nobody_is_told_of_drafts_where_no_system_writes_any(territory: Territory, agent: Person) -> None:
    client = strongly(Client(), agent)
    assert "Brouillons de réponse" not in client.get(f"/t/{territory.slug}/decisions/").content.decode()
    assert "Aucun brouillon n&#x27;attend" in client.get(here(territory)).content.decode().replace(
        "'", "&#x27;"
    )
    received(territory)
    assert here(territory) in client.get(f"/t/{territory.slug}/decisions/").content.decode()
    (card,) = [c for c in home_cards.cards_for(agent, territory) if c.title == "Brouillons de réponse"]
    assert card.count == 1


def test_an_adviser_starts_from_nothing_or_from_the_draft_without_javascript(
    draft: Draft, agent: Person
) -> None:
    client, page = strongly(Client(), agent), here(draft.territory, f"{draft.pk}/")
    shown = client.get(page).content.decode()
    assert "Brouillon préparé par un système automatisé" in shown and "Parler à une personne" in shown
    assert "Textes de la mairie" in shown and "justificatif" in shown
    assert client.get(page).context["write"].initial["text"] == ""
    assert client.get(f"{page}?reprendre=brouillon").context["write"].initial["text"] == GOOD
    answer = client.post(f"{page}ecrire/", {"text": OWN, "suite": "enregistrer"}, follow=True)
    assert answer.context["write"].initial["text"] == OWN  # to go on from what was just saved
    client.post(f"{page}ecrire/", {"text": OWN, "suite": "retenir"})
    final = client.get(page).content.decode()
    assert (
        "La réponse retenue" in final and "Part récrite" in final and "Enregistrer une version" not in final
    )


def test_errors_are_told_and_keep_what_was_written(draft: Draft, agent: Person) -> None:
    client, page = strongly(Client(), agent), here(draft.territory, f"{draft.pk}/")
    assert client.post(f"{page}ecrire/", {"text": " "}).status_code == 422
    assert client.post(f"{page}ecarter/", {"reason": ""}).status_code == 422
    drafting.dismiss(draft, a_person(draft.territory, "supervisor"), "Hors sujet")
    late = client.post(f"{page}ecrire/", {"text": OWN})
    assert late.status_code == 422 and "a déjà écarté" in late.content.decode().replace("&nbsp;", " ")
    assert OWN.replace("'", "&#x27;") in late.content.decode()


def test_who_only_reads_sees_the_draft_and_no_form(draft: Draft) -> None:
    client = strongly(Client(), a_person(draft.territory, "auditor"))
    page = client.get(here(draft.territory, f"{draft.pk}/")).content.decode()
    assert "Vous pouvez lire ce brouillon" in page and "Enregistrer une version" not in page
    assert client.post(here(draft.territory, f"{draft.pk}/ecrire/"), {"text": OWN}).status_code == 404


def test_drafts_that_wait_go_with_the_system_that_stops(
    use: SystemUse, supervisor: Person, territory: Territory
) -> None:
    answered(use, supervisor)
    assert drafting.listed(territory).exists()
    step(use, "stopped")
    assert not drafting.listed(territory).exists()


def test_the_share_rewritten_of_the_whole_is_closed_until_staff_were_heard(territory: Territory) -> None:
    keeper = a_person(territory, "administrator")
    assert drafting_usage.cells(keeper, territory) is None
    agents = [a_person(territory, "agent", email=f"agent{n}@example.org") for n in range(3)]
    day = date(2026, 9, 1)
    usage.record_consultation(
        territory, keeper, informed_on=day, consulted_on=day, body="Comité", reference="PV n° 12"
    )
    for n in range(usage.LEAST_DECISIONS):
        (row,) = received(territory, written(question=f"Question {n} ?"), run=f"r{n}")
        assert all(cell.rewritten is None for cell in drafting_usage.cells(keeper, territory) or [])
        drafting.retain(row, agents[n % 3], GOOD)
    assert drafting_usage.cells(keeper, territory) == []  # the month is not over
    with on((timezone.localdate().replace(day=1) + timedelta(days=32)).replace(day=1)):
        (cell,) = drafting_usage.cells(keeper, territory) or []
        page = strongly(Client(), keeper).get(f"/t/{territory.slug}/decisions/usage/").content.decode()
    assert (cell.answered, cell.dismissed, cell.rewritten) == (20, 0, 0)
    assert "Part récrite, médiane" in page
    assert page.replace("\xa0", " ").count('<td class="number">0 %</td>') == 2  # dismissed, rewritten
