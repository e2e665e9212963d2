"""Citizens' recommendations: a number, a promised date, an answer in words for everyone; nothing is rewritten."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.trust.errors import TrustError
from beffroi.web.trust.models import Recommendation, RecommendationStep
from beffroi.web.trust.recommendations import reading, services
from places import a_person, strongly

pytestmark = pytest.mark.django_db
TEXT = "Publier chaque année ce que coûtent les services d'IA."
ANSWER = "C'est fait : le rapport annuel montre l'énergie de chaque service."
REFUSAL = "Non : la loi ne le permet pas aujourd'hui, et voici le texte qui le dit."


@pytest.fixture
def officer(territory: Territory) -> Person:
    return a_person(territory, "data_officer")


def received(territory: Territory, by: Person, day: date | None = None) -> Recommendation:
    return services.receive(
        territory, by, text=TEXT, origin="convention", received_on=day or timezone.localdate()
    )


@pytest.mark.parametrize(
    ("day", "owed"),
    [
        (date(2026, 1, 15), date(2026, 3, 15)),
        (date(2025, 12, 31), date(2026, 2, 28)),
        (date(2026, 11, 30), date(2027, 1, 30)),
        (date(2027, 12, 30), date(2028, 2, 29)),
    ],
)
def test_an_answer_is_owed_two_months_later(day: date, owed: date) -> None:
    assert services.due(day) == owed


def test_each_has_its_number_and_its_line(territory: Territory, officer: Person) -> None:
    first, second = received(territory, officer), received(territory, officer)
    assert (first.number, second.number) == (1, 2)
    line = ledger.lines_of(territory).last()
    assert line.act == "recommendation.receive" and TEXT not in str(line.detail.payload)


def test_what_is_wrong_is_refused_and_told(territory: Territory, officer: Person) -> None:
    today = timezone.localdate()
    for change, field in (
        ({"text": "court"}, "text"),
        ({"origin": "rumeur"}, "origin"),
        ({"received_on": today + timedelta(days=1)}, "received_on"),
        ({"answer_due": today - timedelta(days=1)}, "answer_due"),
    ):
        told = {"text": TEXT, "origin": "letter", "received_on": today} | change
        with pytest.raises(TrustError) as refused:
            services.receive(territory, officer, **told)
        assert refused.value.field == field
    with pytest.raises(PermissionDenied):
        received(territory, a_person(territory, "agent"))
    assert not Recommendation.objects.of(territory).exists()


@pytest.mark.requirement("R58")
def test_an_answer_is_written_in_words_and_a_path_is_followed(territory: Territory, officer: Person) -> None:
    row = received(territory, officer)
    services.follow(row, officer, "studied")
    for state in ("accepted", "partly", "refused"):
        with pytest.raises(TrustError, match="30 caractères"):
            services.follow(row, officer, state, "Non.")
    with pytest.raises(TrustError, match="suite possible"):
        services.follow(row, officer, "done", ANSWER)
    services.follow(row, officer, "accepted", ANSWER)
    services.follow(row, officer, "done", ANSWER)
    assert reading.where(Recommendation.objects.get(pk=row.pk)).label == "mise en œuvre"


def test_the_clock_says_late_before_and_after_the_answer(territory: Territory, officer: Person) -> None:
    late = received(territory, officer, timezone.localdate() - timedelta(days=90))
    on_time = received(territory, officer)
    found = reading.lines(territory)
    assert [line.row.pk for line in found] == [late.pk, on_time.pk]
    assert [line.where.late for line in found] == [True, False]
    assert [line.row.pk for line in reading.lines(territory, state="late")] == [late.pk]
    services.follow(late, officer, "refused", "Cette donnée appartient à un tiers qui la refuse.")
    assert reading.where(late).late and not reading.where(late).waiting
    assert reading.count(reading.lines(territory)) == reading.Count(2, 1, 1, 0)


def test_the_decider_answers_under_their_mandate(territory: Territory, officer: Person) -> None:
    step = services.follow(received(territory, officer), a_person(territory, "decider"), "accepted", ANSWER)
    assert step.authority is not None and step.authority["kind"] == "elected"


def test_nobody_rewrites_a_recommendation_or_its_answer(territory: Territory, officer: Person) -> None:
    row = received(territory, officer)
    services.follow(row, officer, "accepted", ANSWER)
    for attempt in (
        lambda: Recommendation.objects.filter(pk=row.pk).update(text="Autre chose, plus commode."),
        lambda: Recommendation.objects.filter(pk=row.pk).update(answer_due=date(2030, 1, 1)),
        lambda: RecommendationStep.objects.update(answer="Une autre réponse, assez longue pour passer."),
        lambda: RecommendationStep.objects.all().delete(),
        lambda: RecommendationStep.objects.create(
            territory=territory, recommendation=row, state="refused", answer="Non.", person=officer
        ),
    ):
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
            attempt()


def test_the_pages_receive_answer_and_export(territory: Territory, officer: Person, client: Client) -> None:
    strongly(client, officer)
    base = f"/t/{territory.slug}/transparence/recommandations"
    assert "Aucune recommandation encore" in client.get(f"{base}/").text
    day = timezone.localdate().isoformat()
    short = client.post(f"{base}/inscrire/", {"text": "x", "origin": "letter", "received_on": day})
    assert short.status_code == 422
    told = {"text": f"=1+1 {TEXT}", "origin": "letter", "received_on": day}
    assert client.post(f"{base}/inscrire/", told).status_code == 302
    page = f"{base}/1/"
    assert client.post(f"{page}suite/", {"state": "refused", "answer": "Non."}).status_code == 422
    assert client.post(f"{page}suite/", {"state": "refused", "answer": ANSWER}).status_code == 302
    assert ANSWER in client.get(page).text.replace("&#x27;", "'").replace("\xa0", " ")
    lines = list(
        csv.reader(io.StringIO(client.get(f"{base}.csv").text.removeprefix("\ufeff")), delimiter=";")
    )
    assert lines[1][2].startswith("'=1+1") and lines[1][6] == "refusée"
    assert client.get(f"{base}/99/").status_code == 404


@pytest.mark.requirement("R58")
def test_every_recommendation_has_a_state_and_a_date_in_public_good_or_bad(
    territory: Territory, officer: Person, client: Client
) -> None:
    today = timezone.localdate()
    for days, state in ((100, ""), (50, "refused"), (10, "studied"), (1, "")):
        row = services.receive(
            territory,
            officer,
            text=f"Une recommandation reçue il y a {days} jours.",
            origin="convention",
            received_on=today - timedelta(days=days),
        )
        if state:
            services.follow(row, officer, state, REFUSAL if state == "refused" else "")
    page = (
        client.get(f"/p/{territory.slug}/recommandations/").text.replace("&#x27;", "'").replace("\xa0", " ")
    )
    articles = re.findall(r"<article.*?</article>", page, flags=re.DOTALL)
    assert len(articles) == 4
    for article in articles:
        assert re.search(r'class="badge[^"]*">(reçue|à l\'étude|refusée)<', article)
        assert re.search(r"depuis le \d", article) and re.search(
            r"(promise pour le|attendue le|donnée le) \d", article
        )
    assert "en retard" in page and REFUSAL in page
