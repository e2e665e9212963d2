"""The pages of the workshop: what a card says, who may bind and run, what a forecast shows."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from beffroi.web.decisions.models import Proposal
from beffroi.web.platform import home_cards as home_cards
from beffroi.web.platform import jobs
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.workshop import public, services
from beffroi.web.workshop.models import Run, SystemUse
from life import carry
from places import a_person, a_territory, strongly
from systems.third_party import distribution

pytestmark = pytest.mark.django_db
KEY = "0" * 32
VERB = "Calculer les prochains repas"
OPTIONAL = '<span class="optional">(facultatif)</span>'


def signed_in(person: Person) -> Client:
    client = Client()
    strongly(client, person)
    return client


def url(name: str, territory: Territory, **kwargs: object) -> str:
    return reverse(name, kwargs={"slug": territory.slug, **kwargs})


def test_the_list_tells_systems_in_use_from_those_available(
    use: SystemUse, territory: Territory, supervisor: Person
) -> None:
    html = signed_in(supervisor).get(url("systems", territory)).content.decode()
    assert html.index("Dossiers ouverts ici") < html.index("Moyenne des repas") < html.index("Disponibles")
    assert "Repas de cantine" in html
    assert "Pas encore éprouvé" in html


def test_a_broken_system_is_listed_once_with_what_to_do(
    use: SystemUse, territory: Territory, supervisor: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "again"):  # two packages that offer the same spoiled folder
        folder = distribution(tmp_path / name, "broken", "return answer(1)", manifest="pas = [du toml")
        info = (folder / "broken-1.0.dist-info").rename(folder / f"{name}-1.0.dist-info")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", "utf-8")
        monkeypatch.syspath_prepend(folder)
    html = signed_in(supervisor).get(url("systems", territory)).content.decode()
    assert html.count("Un système installé n'est pas utilisable") == 1
    assert "Prévenez l’exploitant" in html and "Moyenne des repas" in html


def test_the_card_says_what_the_law_and_the_manifest_ask(
    measured: SystemUse, territory: Territory, supervisor: Person
) -> None:
    html = signed_in(supervisor).get(url("system", territory, system="tiny")).content.decode()
    for words in (
        "Dire combien de repas",  # purpose
        "La cuisine.",  # who it helps
        "Distinguer les restaurants.",  # why each column
        "Le dernier jour connu.",  # the baseline
        "Il propose",  # the level
        "Ne connaît que la moyenne.",  # limits
        "Écrivez à la mairie.",  # contest
        "indicatif",  # legal answers
        "Serveur de la collectivité.",  # hosting
        supervisor.name,
        "Commande de la ville",  # the town's own way, beside
        "90",  # interval coverage
        "estimé",  # footprint
    ):
        assert words in html, words


def test_a_system_that_loses_to_its_baseline_says_so_in_large(
    bound: SystemUse, territory: Territory, supervisor: Person
) -> None:
    services.execute(bound, supervisor, "backtest", settings={"mode": "loses"})
    client = signed_in(supervisor)
    for there in (url("system", territory, system="tiny"), url("system-run", territory, system="tiny")):
        assert "ne pas utiliser ce système ici" in client.get(there).content.decode()
    assert "ne pas utiliser ici" in client.get(url("systems", territory)).content.decode()


def test_from_adoption_to_the_inbox_by_the_pages_alone(
    tiny: None, territory: Territory, supervisor: Person, dataset: object
) -> None:
    client = signed_in(supervisor)
    reply = client.post(url("system-adopt", territory, system="tiny"), {"supervisor": supervisor.pk})
    there = url("system-bind", territory, system="tiny")
    assert reply.headers["Location"] == there
    html = client.get(there).content.decode()
    assert "Proposé parce que" in html
    assert '<option value="repas_servis" selected>' in html
    columns = {"attendance-site": "ecole", "attendance-date": "jour", "attendance-meals": "repas_servis"}
    reply = client.post(there, {"attendance": "repas-servis", "strikes": "", **columns})
    there = url("system-run", territory, system="tiny")
    assert reply.headers["Location"] == there
    assert client.get(there).content.decode().count(f">{VERB}<") == 2
    reply = client.post(
        there, {"verb": "backtest", "key": KEY, "mode": "good", "margin": "10", "service": "midi"}
    )
    job = Job.objects.get()
    assert reply.headers["Location"] == url("job", territory, pk=job.pk)
    html = client.get(jobs.run(job).location).content.decode()
    assert "recommandé" in html.lower() and f">{VERB}</a>" in html
    carry(SystemUse.objects.get(), "sandbox")
    reply = client.post(
        there, {"verb": "run", "key": "1" * 32, "mode": "good", "margin": "7,5", "service": "midi"}
    )
    page = client.get(jobs.run(Job.objects.latest("pk")).location).content.decode()
    assert "Note du système." in page
    assert "Valider les propositions (2)" in page
    proposal = Proposal.objects.order_by("place").first()
    assert proposal is not None and proposal.value == 109.5
    html = client.get(url("proposal", territory, pk=proposal.pk)).content.decode()
    assert "Moyenne des repas" in html
    assert f"Responsable de la restauration ({supervisor.name})" in html
    assert "Écrivez à la mairie." in html


def test_an_idea_proposes_nothing_and_naming_its_supervisor_is_asked(
    tiny: None, territory: Territory, supervisor: Person
) -> None:
    client, there = signed_in(supervisor), url("system", territory, system="tiny")
    assert OPTIONAL in client.get(there).content.decode()
    services.adopt(territory, supervisor, "tiny", supervisor=None)
    html = client.get(there).content.decode()
    assert "Nommer un superviseur" in html and OPTIONAL not in html
    life = signed_in(a_person(territory, "decider")).get(url("system-life", territory, system="tiny"))
    told = life.content.decode()
    assert "L'idée est abandonnée" in told and "cesse aussitôt de proposer" not in told


def test_a_binding_with_a_fault_comes_back_with_the_choices_kept(
    use: SystemUse, territory: Territory, supervisor: Person, dataset: object
) -> None:
    fields = {
        "attendance": "repas-servis",
        "attendance-site": "jour",
        "attendance-date": "jour",
        "attendance-meals": "repas_servis",
    }
    reply = signed_in(supervisor).post(url("system-bind", territory, system="tiny"), fields)
    assert reply.status_code == 422
    html = reply.content.decode()
    assert "contient une date" in html
    assert "Rien n" in html
    assert html.count('<option value="jour" selected>') == 2
    assert not SystemUse.objects.get().bound


def test_the_run_page_says_what_is_missing_and_a_forced_post_is_refused(
    bound: SystemUse, territory: Territory, supervisor: Person
) -> None:
    client, there = signed_in(supervisor), url("system-run", territory, system="tiny")
    assert "pas encore été éprouvé" in client.get(there).content.decode()
    reply = client.post(there, {"verb": "run", "key": KEY, "mode": "good", "margin": "10", "service": "midi"})
    assert reply.status_code == 422
    assert "Rien n'a été lancé" in reply.content.decode()
    assert not Job.objects.exists()


def test_a_setting_out_of_bounds_is_told_beside_its_field(
    measured: SystemUse, territory: Territory, supervisor: Person
) -> None:
    fields = {"verb": "run", "key": KEY, "mode": "good", "margin": "900", "service": "midi"}
    reply = signed_in(supervisor).post(url("system-run", territory, system="tiny"), fields)
    assert reply.status_code == 422
    assert "50" in reply.content.decode()
    assert not Job.objects.exists()


def test_a_setting_with_choices_is_a_list_and_a_day_is_a_date(
    tried: SystemUse, territory: Territory, supervisor: Person
) -> None:
    client, there = signed_in(supervisor), url("system-run", territory, system="tiny")
    html = client.get(there).content.decode()
    assert '<option value="midi" selected>Repas de midi</option>' in html
    assert '<option value="gouter">Goûter</option>' in html
    assert re.search(r'<input type="date" name="since"', html)
    fields = {"verb": "run", "key": KEY, "mode": "good", "margin": "10"}
    for wrong in ({"service": "soir"}, {"service": "midi", "since": "hier"}):
        assert client.post(there, fields | wrong).status_code == 422
    assert not Job.objects.exists()
    client.post(there, fields | {"service": "gouter", "since": "2026-09-02"})
    assert jobs.run(Job.objects.get()).state == "done"
    run = Run.objects.get(verb="run")
    assert (run.settings["service"], run.settings["since"]) == ("gouter", "2026-09-02")
    told = client.get(url("run", territory, system="tiny", pk=run.pk)).content.decode()
    assert "Goûter" in told and "2 septembre 2026" in told
    again = client.get(there).content.decode()
    assert 'value="2026-09-02"' in again and '<option value="gouter" selected>' in again


@pytest.mark.parametrize("role", ["agent", "decider", "auditor"])
def test_readers_read_the_card_and_can_neither_bind_nor_run(
    measured: SystemUse, territory: Territory, role: str
) -> None:
    client = signed_in(a_person(territory, role))
    assert client.get(url("system", territory, system="tiny")).status_code == 200
    assert client.get(url("systems", territory)).status_code == 200
    run = Run.objects.get()
    assert client.get(url("run", territory, system="tiny", pk=run.pk)).status_code == 200
    for name in ("system-bind", "system-run"):
        assert client.get(url(name, territory, system="tiny")).status_code == 404
        assert client.post(url(name, territory, system="tiny"), {}).status_code == 404
    for name in ("system-adopt", "system-supervise"):
        assert client.post(url(name, territory, system="tiny"), {}).status_code == 404


def test_a_stranger_and_a_visitor_see_nothing(measured: SystemUse, territory: Territory) -> None:
    neighbour = a_territory("Ailleurs", code="99T02", fictional=False)
    stranger = signed_in(a_person(neighbour, "supervisor", email="x@example.org"))
    run = Run.objects.get()
    for name, kwargs in (
        ("systems", {}),
        ("system", {"system": "tiny"}),
        ("system-bind", {"system": "tiny"}),
        ("system-run", {"system": "tiny"}),
        ("run", {"system": "tiny", "pk": run.pk}),
        ("run-csv", {"system": "tiny", "pk": run.pk}),
    ):
        assert stranger.get(url(name, territory, **kwargs)).status_code == 404
        assert Client().get(url(name, territory, **kwargs)).status_code == 302
    assert stranger.get(url("run", neighbour, system="tiny", pk=run.pk)).status_code == 404


def test_an_unknown_system_does_not_exist(territory: Territory, supervisor: Person) -> None:
    assert signed_in(supervisor).get(url("system", territory, system="nothing")).status_code == 404


@pytest.mark.requirement("R22")
def test_the_forecast_is_exported_with_its_nature_on_each_line(
    tried: SystemUse, territory: Territory, supervisor: Person
) -> None:
    run = services.execute(tried, supervisor, "run")
    there = url("run-csv", territory, system="tiny", pk=run.pk)
    lines = signed_in(supervisor).get(there).content.decode("utf-8-sig").splitlines()
    assert lines[0] == "nature;Lieu;Jour;Valeur"
    assert lines[1] == "prévision estimée;Jean-Moulin;2026-09-21;102,0"
    Territory.objects.filter(pk=territory.pk).update(is_fictional=True)
    reply = signed_in(supervisor).get(there)
    assert "données simulées;" in reply.content.decode()
    assert "donnees-simulees" in reply.headers["Content-Disposition"]


def test_the_public_card_shows_the_result_good_or_bad_and_no_agents_name(
    bound: SystemUse, territory: Territory, supervisor: Person
) -> None:
    card = public.public_card(territory, "tiny")
    assert card is not None and card.measured is None
    services.execute(bound, supervisor, "backtest", settings={"mode": "loses"})
    card = public.public_card(territory, "tiny")
    assert card is not None and card.measured is not None and not card.recommended
    assert card.measured.bars == (
        ("Ce système", 9.0),
        ("Référence sans IA", 6.0),
        ("Commande de la ville", 7.0),
    )
    assert [title for title, _ in card.measured.further] == [
        "Le système, moins une chose",
        "Ce que rien ne peut battre",
    ]
    assert [(guard.label, guard.respected) for guard in card.measured.guards] == [("Repas manquants", True)]
    assert card.to_dict()["supervisor"] == ""
    assert card.responsible == "Responsable de la restauration"


def test_a_card_kept_off_the_public_site_is_not_shown(use: SystemUse, territory: Territory) -> None:
    SystemUse.objects.update(public=False)
    assert public.public_card(territory, "tiny") is None
    assert public.public_titles(territory) == []
    assert public.public_card(territory, "nothing") is None


def test_new_deliveries_date_the_last_result(
    measured: SystemUse, territory: Territory, steward: Person
) -> None:
    from .conftest import deposit, meals

    deposit(territory, steward, "repas servis.csv", meals(30))
    card = public.public_card(territory, "tiny")
    assert card is not None and card.measured is not None
    assert "a changé depuis" in card.measured.outdated


def test_the_home_says_what_a_system_still_needs(
    bound: SystemUse, territory: Territory, supervisor: Person
) -> None:
    (card,) = [c for c in home_cards.cards_for(supervisor, territory) if "Moyenne" in c.title]
    assert "Étape « idée »" in card.text
    assert card.url.endswith("/tiny/etapes/")


def test_a_hostile_header_stays_text_on_the_binding_page(
    use: SystemUse, territory: Territory, supervisor: Person, steward: Person
) -> None:
    from .conftest import deposit, meals

    text = meals(25).replace("Repas servis", "Repas <script>alert(1)</script>")
    deposit(territory, steward, "repas <b>servis</b>.csv", text)
    html = signed_in(supervisor).get(url("system-bind", territory, system="tiny")).content.decode()
    assert "<script>alert" not in html
    assert "<b>servis" not in html


def test_the_rows_of_a_run_are_read_page_by_page(
    tried: SystemUse, territory: Territory, supervisor: Person
) -> None:
    run = services.execute(tried, supervisor, "run")
    columns, row = run.outcome["columns"], run.outcome["rows"][0]
    place = next(n for n, value in enumerate(row) if isinstance(value, str))
    rows = [[*row[:place], f"Rang {n:02}", *row[place + 1 :]] for n in range(1, 46)]
    long = Run.objects.create(
        use=tried,
        territory=territory,
        verb="run",
        key="2" * 32,
        seed=0,
        state=Run.State.DONE,
        outcome={**run.outcome, "columns": columns, "rows": rows},
    )
    client, there = signed_in(supervisor), url("run", territory, system="tiny", pk=long.pk)
    first = client.get(there).content.decode()
    assert "<td>Rang 20</td>" in first and "<td>Rang 21</td>" not in first and "Page 1 sur 3" in first
    following = unescape(re.findall(r'href="([^"]*)" rel="next"', first)[0])
    second = client.get(following).content.decode()
    assert "<td>Rang 20</td>" not in second and "<td>Rang 21</td>" in second and 'rel="prev"' in second
    last = client.get(following.replace("page=2", "page=99")).content.decode()
    assert "<td>Rang 45</td>" in last and 'rel="next"' not in last


def test_the_pages_of_a_system_ask_few_queries(
    tried: SystemUse, territory: Territory, supervisor: Person
) -> None:
    run = services.execute(tried, supervisor, "run")
    client = signed_in(supervisor)
    pages = {"system": 20, "system-bind": 15, "system-morning": 20, "system-life": 24}
    there = [(name, url(name, territory, system="tiny"), most) for name, most in pages.items()]
    for name, page, most in [*there, ("run", url("run", territory, system="tiny", pk=run.pk), 16)]:
        client.get(page)  # what a process reads once
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page).status_code == 200
        assert len(captured) <= most, f"{name}: {len(captured)} queries"
