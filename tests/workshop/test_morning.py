"""The page of the morning: what it answers, what changed, the dial that quantities follow, days that pass."""

import html
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.systems.contract import ProposedAct
from beffroi.web.catalogue.models import Dataset
from beffroi.web.decisions import deadlines, inbox
from beffroi.web.decisions.models import Proposal
from beffroi.web.decisions.services import propose, withdraw
from beffroi.web.platform import home_cards, jobs, ledger
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.ui.formats import french_date
from beffroi.web.workshop import deciding, manifests
from beffroi.web.workshop.errors import RunFailed
from beffroi.web.workshop.homecard import AGAINST, morning_cards
from beffroi.web.workshop.models import Run, SystemUse
from beffroi.web.workshop.presentation import morning, ranking
from life import carry, executed
from places import a_person, strongly

from . import daily
from .conftest import deposit, meals

pytestmark = pytest.mark.django_db


@pytest.fixture
def use(tmp_path: Path, territory: Territory, supervisor: Person, dataset: Dataset) -> Iterator[SystemUse]:
    with daily.installed(tmp_path / "daily"):
        made = daily.bound(territory, supervisor, dataset)
        executed(made, supervisor, "backtest")
        yield carry(made, "sandbox")


@pytest.fixture
def client(supervisor: Person) -> Client:
    made = Client()
    strongly(made, supervisor)
    return made


def page(client: Client, territory: Territory, query: str = "") -> str:
    address = reverse("system-morning", kwargs={"slug": territory.slug, "system": "daily"})
    return html.unescape(client.get(address + query).content.decode()).replace("\xa0", " ")


def drawn(told: str, kind: str) -> list[dict[str, object]]:
    """The descriptions given inline to the islands of this kind."""
    parts = told.split(f'data-island="{kind}"')[1:]
    texts = (part.split('type="application/json">')[1].split("</script>")[0] for part in parts)
    return [json.loads(text.replace("\\u00a0", " ")) for text in texts]


def test_before_any_forecast_it_says_how_to_begin(
    use: SystemUse, client: Client, territory: Territory
) -> None:
    told = page(client, territory)
    assert "Pas encore de réponse" in told and "demandez un premier calcul" in told


def test_a_run_keeps_its_tables_with_their_description_and_the_day(
    use: SystemUse, supervisor: Person
) -> None:
    run = executed(use, supervisor, "run")
    today = timezone.localdate().isoformat()
    assert run.settings["today"] == today
    forecasts, places = morning.reading.tables_of(run)
    assert (forecasts.output.title, len(forecasts.rows)) == ("Repas prévus", 6)
    assert forecasts.rows[0]["day"] == today
    assert [row["site"] for row in places.rows] == ["Jean-Moulin", "Émile-Zola"]
    assert run.outcome["dial"] == {"0.5": 184.0, "1": 174.0, "2": 168.0}


def test_the_page_shows_the_answer_the_map_the_chart_and_what_to_do(
    use: SystemUse, client: Client, territory: Territory, supervisor: Person
) -> None:
    run = executed(use, supervisor, "run")
    told = page(client, territory)
    assert "Repas demain" in told and ">164<" in told and "entre 155 et 173" in told
    assert "C'est le premier jour où ce service répond ici" in told
    assert "Valider (2)" in told and "Moyenne de 20 jours." in told
    (found,) = drawn(told, "map")
    assert [feature["properties"]["words"] for feature in found["features"]] == [  # type: ignore[index]
        "102 repas · plus que d’habitude",
        "62 repas · plus que d’habitude",
    ]
    assert [line["places"] for line in found["legend"]] == [0, 2]  # type: ignore[index, attr-defined]
    summed, ranked = drawn(told, "chart")
    assert [row["meals"] for row in summed["data"]["values"]] == [164, 166, 168]  # type: ignore[index]
    assert [row["nom"] for row in ranked["data"]["values"]] == ["Jean-Moulin", "Émile-Zola"]  # type: ignore[index]
    assert '<select name="lieu" aria-label="École">' in told
    one = drawn(page(client, territory, "?lieu=Émile-Zola"), "chart")
    assert len(one) == 1 and one[0]["data"]["values"][0]["bas"] == 53  # type: ignore[index]
    address = reverse("run-csv", kwargs={"slug": territory.slug, "system": "daily", "pk": run.pk})
    lines = client.get(f"{address}?tableau=places").content.decode("utf-8-sig").splitlines()
    assert lines == [
        "nature;École;Repas (repas);État",
        "prévision estimée;Jean-Moulin;102,0;plus que d’habitude",
        "prévision estimée;Émile-Zola;62,0;plus que d’habitude",
    ]
    assert client.get(f"{address}?tableau=rien").status_code == 404


def test_what_to_see_first_is_what_the_page_of_the_day_finds_unusual(
    use: SystemUse, client: Client, territory: Territory, supervisor: Person
) -> None:
    executed(use, supervisor, "run")
    today = timezone.localdate()
    told = page(client, territory)
    address = reverse("decisions", kwargs={"slug": territory.slug}) + f"?systeme=daily&jour={today}"
    day = html.unescape(client.get(address).content.decode()).replace("\xa0", " ")
    assert f"À voir d'abord, {deadlines.day_in_words(today)}" in told
    names = [
        [one.place for one in Proposal.objects.of(territory) if f">{one.place}</a>" in day],
        [one.place for one in Proposal.objects.of(territory) if f">{one.subject}</a>" in told],
    ]
    assert names[0] == names[1] and len(names[0]) == 2
    assert told.count("Moyenne de 20 jours.") == day.count("Moyenne de 20 jours.") == 2


def test_without_a_day_what_to_see_first_follows_the_order_of_the_system(
    use: SystemUse, territory: Territory, supervisor: Person
) -> None:
    run = executed(use, supervisor, "run")
    names = ["Aval", "Bourg"]
    acts = [ProposedAct(name, 10.0, "repas", 9.0, 11.0, ("Vu. Et revu.",), {}) for name in names]
    withdraw(territory, "daily")
    propose(territory, system="daily", system_version="1", run="later", acts=acts)
    run.outcome["priority"] = list(reversed(names))
    run.save(update_fields=["outcome"])
    manifest = manifests.installed("daily")
    assert manifest
    first = ranking.first_to_read(
        territory, manifest, run, inbox.waiting(territory).filter(system="daily"), 3
    )
    assert [(one.subject, why) for one, why in first.lines] == [("Bourg", "Vu."), ("Aval", "Vu.")]
    facts = deciding.facts(supervisor, territory, "daily", None)
    assert facts and facts.priority == ("Bourg", "Aval")  # and so does the page where they are decided


def test_a_verdict_against_the_service_goes_with_its_result_everywhere(
    use: SystemUse, client: Client, territory: Territory, supervisor: Person
) -> None:
    run = executed(use, supervisor, "run")
    assert "Valider (2)" in page(client, territory)
    backtest = use.runs.get(verb=Run.Verb.BACKTEST)
    backtest.score |= {"recommended": False, "verdict": "Ne pas utiliser ici : la moyenne fait mieux."}
    backtest.save(update_fields=["score"])
    told = page(client, territory)
    assert told.index("la moyenne fait mieux") < told.index("Décider malgré l'avis (2)")
    assert "Valider (2)" not in told
    (card,) = morning_cards(supervisor, territory)
    assert card.text == AGAINST
    strongly(client, decider := a_person(territory, "decider"))
    proposal = Proposal.objects.of(territory).first()
    assert proposal is not None and decider.pk
    for name, pk in (("proposal", proposal.pk), ("run", run.pk)):
        address = {"slug": territory.slug, "pk": pk} | ({"system": "daily"} if name == "run" else {})
        assert "la moyenne fait mieux" in client.get(reverse(name, kwargs=address)).content.decode()


def made_yesterday(run: Run) -> str:
    """As if the day had passed since this run; the day, as a page says it."""
    run.at -= timedelta(days=1)
    day = timezone.localdate() - timedelta(days=1)
    run.settings = run.settings | {"today": day.isoformat()}
    run.save(update_fields=["at", "settings"])
    return french_date(day).replace("\xa0", " ")


def test_the_next_run_says_what_changed(
    use: SystemUse, client: Client, territory: Territory, supervisor: Person, steward: Person
) -> None:
    first = executed(use, supervisor, "run")
    day = made_yesterday(first)
    deposit(
        territory,
        steward,
        "repas servis.csv",
        meals(20).replace("Jean-Moulin;20/09/2026;104", "Jean-Moulin;20/09/2026;304"),
    )
    second = executed(use, supervisor, "run")
    read = morning.of(second)
    assert read.before == first
    assert read.figures[0].change == pytest.approx(10) and read.figures[0].news == "warn"
    assert {change.about.split(",")[0] for change in read.changes} == {"Jean-Moulin"}
    told = page(client, territory)
    assert "+10" in told and "102 repas" in told and "112 repas" in told
    assert f"Depuis la réponse du {day}" in told and f"repas depuis le {day}." in told


def test_a_run_of_the_same_morning_does_not_hide_what_changed_since_yesterday(
    use: SystemUse, client: Client, territory: Territory, supervisor: Person, steward: Person
) -> None:
    old = executed(use, supervisor, "run")
    day = made_yesterday(old)
    deposit(
        territory,
        steward,
        "repas servis.csv",
        meals(20).replace("Jean-Moulin;20/09/2026;104", "Jean-Moulin;20/09/2026;304"),
    )
    executed(use, supervisor, "run")
    again = executed(use, supervisor, "run", settings={"shortage_risk": 0.5})
    read = morning.of(again)
    assert read.before == old and read.figures[0].change == pytest.approx(10)
    assert {change.about.split(",")[0] for change in read.changes} == {"Jean-Moulin"}
    told = page(client, territory)
    assert f"Depuis la réponse du {day}" in told and "112 repas" in told


def test_two_answers_of_the_first_day_are_not_compared(use: SystemUse, supervisor: Person) -> None:
    executed(use, supervisor, "run")
    assert morning.of(executed(use, supervisor, "run")).before is None


def test_the_day_compared_is_that_of_the_calculation_not_that_of_the_click(
    use: SystemUse, supervisor: Person
) -> None:
    yesterdays = executed(use, supervisor, "run")
    made_yesterday(yesterdays)
    of_long_ago = executed(use, supervisor, "run", settings={"today": "2026-01-05"})
    assert morning.of(of_long_ago).before is None
    assert morning.of(executed(use, supervisor, "run")).before == yesterdays


def test_the_dial_is_turned_and_the_quantities_follow(
    use: SystemUse, client: Client, territory: Territory, supervisor: Person
) -> None:
    executed(use, supervisor, "run")
    assert "0,5 % des repas : 184 repas en tout" in page(client, territory)
    address = reverse("system-dial", kwargs={"slug": territory.slug, "system": "daily"})
    answer = client.post(address, {"option": "0.5"})
    assert answer.status_code == 302
    assert jobs.run(Job.objects.latest("pk")).state == "done"
    waiting = Proposal.objects.of(territory).filter(superseded_at=None).order_by("place")
    assert [proposal.value for proposal in waiting] == [112.0, 72.0]
    use.refresh_from_db()
    assert use.settings["shortage_risk"] == 0.5
    assert "system.dial" in [line.act for line in ledger.lines_of(territory)]
    assert "184 repas en tout (choix en cours)" in page(client, territory)
    refused = client.post(address, {"option": "7"})
    assert refused.status_code == 422
    assert "Choisissez une valeur proposée" in refused.content.decode()
    assert Job.objects.count() == 1


def test_a_proposal_shows_its_evidence_as_the_manifest_says_to_read_it(
    use: SystemUse, territory: Territory, supervisor: Person
) -> None:
    executed(use, supervisor, "run")
    decider = Client()
    strongly(decider, a_person(territory, "decider"))
    proposal = Proposal.objects.of(territory).get(place="Jean-Moulin")
    address = reverse("proposal", kwargs={"slug": territory.slug, "pk": proposal.pk})
    told = html.unescape(decider.get(address).content.decode()).replace("\xa0", " ")
    assert "<dt>Moyenne des jours connus</dt><dd>102 repas par jour</dd>" in told


def test_who_only_reads_cannot_turn_the_dial(
    use: SystemUse, territory: Territory, supervisor: Person
) -> None:
    executed(use, supervisor, "run")
    reader = Client()
    strongly(reader, a_person(territory, "decider"))
    assert "Retenir ce choix" not in page(reader, territory)
    address = reverse("system-dial", kwargs={"slug": territory.slug, "system": "daily"})
    assert reader.post(address, {"option": "2.0"}).status_code == 404


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("columns", "n’a pas la colonne annoncée « day »"),
        ("days", "des valeurs que personne ne peut lire"),
        ("twice", "a deux colonnes « site »"),
        ("nan", "hors contrat"),
    ],
)
def test_a_table_that_is_not_as_declared_is_refused(
    use: SystemUse, supervisor: Person, mode: str, told: str
) -> None:
    with pytest.raises(RunFailed, match=told):
        executed(use, supervisor, "run", settings={"mode": mode})
    assert not Proposal.objects.exists()
    assert Run.objects.latest("pk").state == Run.State.FAILED


@pytest.mark.parametrize(
    ("mode", "told"), [("large", "des tableaux de plus de 32\xa0Mo"), ("many", "10\xa0001 propositions")]
)
def test_an_answer_too_large_to_keep_leaves_the_one_before_as_it_is(
    use: SystemUse, client: Client, territory: Territory, supervisor: Person, mode: str, told: str
) -> None:
    before = executed(use, supervisor, "run")
    with pytest.raises(RunFailed, match=f"{told}.*Réduisez la période.*Les résultats d’avant restent"):
        executed(use, supervisor, "run", settings={"mode": mode})
    assert Run.objects.latest("pk").outcome == {}
    assert morning.latest(use) == before
    assert Proposal.objects.of(territory).filter(superseded_at=None).count() == 2
    assert ">164<" in page(client, territory) and told.replace("\xa0", " ") in page(client, territory)


def test_the_home_leads_to_the_page_of_each_system_at_work(
    use: SystemUse, territory: Territory, supervisor: Person
) -> None:
    def cards() -> list[str]:
        return [
            card.text for card in home_cards.cards_for(supervisor, territory) if card.url.endswith("/matin/")
        ]

    assert cards() == []
    executed(use, supervisor, "run")
    (text,) = cards()
    assert text == "Commandez 169 repas pour demain."
    Run.objects.update(at=timezone.now() - timedelta(days=2))
    assert cards()[0].startswith("Commandez 169 repas pour demain. Calculé le ")


@pytest.mark.parametrize("mode", ["shapes", "deep", "choices"])
def test_what_a_hostile_system_writes_breaks_no_page(
    use: SystemUse, client: Client, territory: Territory, supervisor: Person, mode: str
) -> None:
    executed(use, supervisor, "run")
    executed(use, supervisor, "run", settings={"mode": mode})
    told = re.sub('<input type="hidden"[^>]*>', "", page(client, territory))  # a token may hold any letters
    assert "Repas prévus" in told and "NaN" not in told and "abc" not in told
    assert len(drawn(told, "map")) == (0 if mode == "shapes" else 1)
    assert home_cards.cards_for(supervisor, territory)
