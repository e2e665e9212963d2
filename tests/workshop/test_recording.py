"""What people note in the field: the row joins the table that the system reads, once, as any delivery does."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.lifecycle import undo
from beffroi.web.catalogue.models import Dataset, Delivery, SavedCorrections
from beffroi.web.platform import jobs
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.ui.formats import french_date
from beffroi.web.workshop import manifests, reading, services
from beffroi.web.workshop.errors import WorkshopError
from beffroi.web.workshop.life import running
from beffroi.web.workshop.models import SystemUse
from beffroi.web.workshop.services import recording, runs
from life import carry, executed
from places import a_person, strongly

from . import daily
from .conftest import deposit

pytestmark = pytest.mark.django_db
ROW = {"day": "2026-11-26", "wasted": "true", "site": "Zola", "street": None, "weight": "1.5"}


@pytest.fixture
def use(tmp_path: Path, territory: Territory, supervisor: Person, dataset: Dataset) -> Iterator[SystemUse]:
    with daily.installed(tmp_path / "daily"):
        made = daily.bound(territory, supervisor, dataset)
        yield made


@pytest.fixture
def keeper(territory: Territory, supervisor: Person) -> Person:
    """Who supervises the system and hands files over."""
    return a_person(territory, "agent", "supervisor")


@pytest.fixture
def client(keeper: Person) -> Client:
    made = Client()
    strongly(made, keeper)
    return made


def address(territory: Territory, query: str = "", table: str = "visits") -> str:
    return (
        reverse("system-record", kwargs={"slug": territory.slug, "system": "daily", "table": table}) + query
    )


def told(client: Client, where: str) -> str:
    return html.unescape(client.get(where).content.decode()).replace("\xa0", " ")


def given(use: SystemUse, person: Person, table: str = "visits") -> list[dict[str, object]]:
    """The rows that the system is given of this table."""
    use.refresh_from_db()
    manifest = manifests.of(use)
    return reading.tables(use, manifest, person, reading.pin(use, manifest))[table].to_pylist()


def schema(use: SystemUse, name: str = "visits"):
    return next(one for one in recording.recordable(use) if one.name == name)


def test_the_first_row_opens_a_dataset_and_binds_it(
    use: SystemUse, keeper: Person, supervisor: Person
) -> None:
    snapshot = recording.write(use, keeper, schema(use), [ROW], act="k:1")
    assert snapshot.dataset.title.startswith("Visites en cuisine")
    (row,) = given(use, supervisor)
    assert (str(row["day"]), row["wasted"], row["site"], row["street"], row["weight"]) == (
        "2026-11-26", True, "Zola", None, 1.5,
    )  # fmt: skip
    assert "attendance" in use.binding


def test_the_next_ones_are_added_and_each_act_once(
    use: SystemUse, keeper: Person, supervisor: Person
) -> None:
    recording.write(use, keeper, schema(use), [ROW], act="k:1")
    use.refresh_from_db()
    second = ROW | {"site": None, "street": "rue du Bac", "wasted": "false", "weight": None}
    snapshot = recording.write(use, keeper, schema(use), [second], act="k:2")
    assert recording.write(use, keeper, schema(use), [second], act="k:2") == snapshot
    rows = given(use, supervisor)
    assert [row["site"] for row in rows] == ["Zola", None]
    assert [row["wasted"] for row in rows] == [True, False]


def test_rows_join_a_file_that_was_there_whatever_its_headings(
    use: SystemUse, keeper: Person, supervisor: Person
) -> None:
    text = "Date visite;École;Jetés;Météo\n" + "".join(
        f"{n:02d}/10/2026;Bert;non;pluie\n" for n in range(1, 25)
    )
    held = deposit(use.territory, keeper, "visites.csv", text)
    names = {c["label"]: c["name"] for c in held.current.columns}
    entry = {
        "dataset": held.slug,
        "columns": {"day": names["Date visite"], "site": names["École"], "wasted": names["Jetés"]},
    }
    services.bind(use, supervisor, dict(use.binding) | {"visits": entry})
    use.refresh_from_db()
    assert [need.name for need in recording.columns(use, schema(use))] == ["day", "wasted", "site"]
    recording.write(
        use, keeper, schema(use), [{"day": "2026-11-26", "wasted": "true", "site": "Zola"}], act="k:9"
    )
    rows = given(use, supervisor)
    assert len(rows) == 25
    assert rows[-1] == {"day": rows[-1]["day"], "wasted": True, "site": "Zola"}


def test_what_was_noted_can_be_undone(use: SystemUse, keeper: Person, supervisor: Person) -> None:
    recording.write(use, keeper, schema(use), [ROW], act="k:1")
    use.refresh_from_db()
    snapshot = recording.write(use, keeper, schema(use), [ROW | {"site": "Bert"}], act="k:2")
    undo(snapshot, keeper)
    assert [row["site"] for row in given(use, supervisor)] == ["Zola"]
    again = recording.write(use, keeper, schema(use), [ROW | {"site": "Bert"}], act="k:3")
    assert again.pk != snapshot.pk


HELD = "Date visite;École;Poids;Jetés\n" + "".join(f"{n:02d}/10/2026;Bert;{n};non\n" for n in range(1, 25))


def bound_to_a_file(use: SystemUse, keeper: Person, supervisor: Person, text: str = HELD) -> Dataset:
    held = deposit(use.territory, keeper, "visites.csv", text)
    names = {c["label"]: c["name"] for c in held.current.columns}
    columns = {"day": names["Date visite"], "site": names["École"], "wasted": names["Jetés"]}
    columns |= {"weight": names["Poids"]} if "Poids" in names else {}
    services.bind(use, supervisor, dict(use.binding) | {"visits": {"dataset": held.slug, "columns": columns}})
    use.refresh_from_db()
    return held


def test_a_number_joins_a_column_of_whole_numbers_and_another_is_told(
    use: SystemUse, keeper: Person, supervisor: Person
) -> None:
    bound_to_a_file(use, keeper, supervisor)
    recording.write(use, keeper, schema(use), [ROW | {"weight": "15.0"}], act="k:1")
    assert given(use, supervisor)[-1]["weight"] == 15
    before = Delivery.objects.count()
    with pytest.raises(
        WorkshopError, match="« Poids » est de type « nombre entier » : « 1,5 » ne convient pas"
    ):
        recording.write(use, keeper, schema(use), [ROW | {"weight": "1.5"}], act="k:2")
    assert Delivery.objects.count() == before


def test_after_a_worker_died_the_row_is_written_once_and_bound(
    use: SystemUse, keeper: Person, supervisor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(recording, "pour", _dies)
        with pytest.raises(KeyboardInterrupt):
            recording.write(use, keeper, schema(use), [ROW], act="k:1")
    with monkeypatch.context() as patched:
        patched.setattr(recording, "_bind", _dies)
        with pytest.raises(KeyboardInterrupt):
            recording.write(use, keeper, schema(use), [ROW], act="k:1")
    use.refresh_from_db()
    assert "visits" not in use.binding
    recording.write(use, keeper, schema(use), [ROW], act="k:1")
    assert len(given(use, supervisor)) == 1
    assert Delivery.objects.filter(noted="k:1").count() == 1


def _dies(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_what_is_refused_leaves_nothing_waiting_and_may_be_sent_again(
    use: SystemUse, keeper: Person, supervisor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise CatalogueError("Le disque est plein.")

    with monkeypatch.context() as patched:
        patched.setattr(recording, "pour", full)
        with pytest.raises(CatalogueError, match="plein"):
            recording.write(use, keeper, schema(use), [ROW], act="k:1")
    assert list(Delivery.objects.filter(noted="k:1").values_list("state", flat=True)) == ["cancelled"]
    recording.write(use, keeper, schema(use), [ROW], act="k:1")
    assert len(given(use, supervisor)) == 1


def test_the_next_file_is_still_recognised_and_does_not_make_noted_rows_leave_unseen(
    use: SystemUse, keeper: Person, supervisor: Person
) -> None:
    held = bound_to_a_file(use, keeper, supervisor)
    recording.write(use, keeper, schema(use), [ROW | {"weight": "15"}], act="k:1")
    more = HELD + "25/10/2026;Bert;9;non\n"
    delivery = catalogue.stage(
        catalogue.receive(use.territory, keeper, "visites-2026-11.csv", [more.encode()])
    )
    (plan,) = catalogue.load_plans(delivery)
    assert (plan.match.dataset, plan.match.mode) == (held.slug, "replace")
    assert not plan.match.certain
    assert "1\xa0ligne notée sur une page" in " ".join(plan.match.why)
    assert not SavedCorrections.objects.exists()


def test_a_dataset_with_a_key_is_updated_by_it(use: SystemUse, keeper: Person, supervisor: Person) -> None:
    held = bound_to_a_file(use, keeper, supervisor)
    held.key = [c["name"] for c in held.current.columns if c["label"] == "Date visite"]
    held.save(update_fields=["key"])
    recording.write(use, keeper, schema(use), [ROW | {"day": "2026-10-24", "weight": "3"}], act="k:1")
    rows = given(use, supervisor)
    assert len(rows) == 24
    assert [row["site"] for row in rows].count("Zola") == 1
    with pytest.raises(WorkshopError, match="donnez aussi « Date visite »"):
        recording.write(use, keeper, schema(use), [ROW | {"day": None}], act="k:2")


def test_two_columns_under_one_heading_take_their_own_values(
    use: SystemUse, keeper: Person, supervisor: Person
) -> None:
    bound_to_a_file(use, keeper, supervisor, HELD.replace("Poids", "Jetés"))
    row = {"day": "2026-11-26", "wasted": None, "site": "Zola"}
    recording.write(use, keeper, schema(use), [row], act="k:1")
    assert given(use, supervisor)[-1]["site"] == "Zola"


def test_a_dataset_that_went_is_told_and_nothing_is_kept(use: SystemUse, keeper: Person) -> None:
    use.binding = dict(use.binding) | {"visits": {"dataset": "parti", "columns": {"day": "jour"}}}
    before = Delivery.objects.count()
    with pytest.raises(WorkshopError, match="n'est plus là"):
        recording.write(use, keeper, schema(use), [ROW], act="k:1")
    assert Delivery.objects.count() == before


def test_the_page_proposes_names_says_what_lacks_and_sends_once(
    use: SystemUse, client: Client, territory: Territory, supervisor: Person
) -> None:
    executed(use, supervisor, "backtest")
    executed(carry(use, "sandbox"), supervisor, "run")
    page = told(client, address(territory, "?site=Zola"))
    assert 'value="Zola"' in page
    assert '<datalist id="connus-site">' in page
    assert 'list="connus-street"' not in page
    key = page.split('name="_key" value="')[1].split('"')[0]
    refused = client.post(address(territory), {"_key": key, "day": "2026-11-26", "wasted": "true"})
    assert refused.status_code == 422
    assert "Donnez « Restaurant » ou « Rue »" in html.unescape(refused.content.decode()).replace("\xa0", " ")
    for _ in range(2):
        sent = client.post(
            address(territory), {"_key": key, "day": "2026-11-26", "wasted": "true", "site": "Zola"}
        )
        assert sent.status_code == 302
    (job,) = Job.objects.filter(kind=recording.KIND)
    done = jobs.run(job)
    assert done.location.endswith(f"?note={job.pk}"), done.message
    assert len(given(use, supervisor)) == 1
    page = told(client, done.location)
    assert "C'est noté" in page


def test_the_morning_leads_there_with_what_is_proposed(
    use: SystemUse, client: Client, territory: Territory, supervisor: Person
) -> None:
    executed(use, supervisor, "backtest")
    executed(carry(use, "sandbox"), supervisor, "run")
    page = told(client, reverse("system-morning", kwargs={"slug": territory.slug, "system": "daily"}))
    assert f"{address(territory)}?site=" in page


def test_who_hands_over_no_file_notes_nothing(use: SystemUse, territory: Territory) -> None:
    reader = a_person(territory, "decider")
    client = Client()
    strongly(client, reader)
    page = told(client, address(territory))
    assert "Vous pouvez lire, pas noter" in page
    assert 'name="_key"' not in page
    with pytest.raises(PermissionDenied):
        recording.start(use, reader, schema(use), [ROW], "0" * 32)
    sent = client.post(
        address(territory), {"_key": "0" * 32, "day": "2026-11-26", "wasted": "true", "site": "Zola"}
    )
    assert sent.status_code in (403, 404)
    assert not Job.objects.filter(kind=recording.KIND).exists()


def test_a_computed_dataset_takes_no_row(
    use: SystemUse, keeper: Person, supervisor: Person, client: Client, territory: Territory
) -> None:
    held = bound_to_a_file(use, keeper, supervisor)
    Dataset.objects.filter(pk=held.pk).update(computed=True)
    assert "est calculé par une analyse" in told(client, address(territory))
    with pytest.raises(WorkshopError, match="calculé par une analyse"):
        recording.start(use, keeper, schema(use), [ROW], "0" * 32)
    assert not Job.objects.filter(kind=recording.KIND).exists()


def test_a_table_that_nobody_writes_in_has_no_page(
    use: SystemUse, client: Client, territory: Territory
) -> None:
    where = reverse("system-record", kwargs={"slug": territory.slug, "system": "daily", "table": "rolls"})
    assert client.get(where).status_code == 404


def test_what_is_weighed_is_noted_for_every_place_by_one_act(
    use: SystemUse, client: Client, territory: Territory, supervisor: Person
) -> None:
    there = address(territory, table="leftovers")
    assert "Tout noter" not in told(client, there)  # no place is known before an answer
    executed(use, supervisor, "backtest")
    executed(carry(use, "sandbox"), supervisor, "run")
    assert "Tout noter" not in told(client, f"{there}?site=Zola")
    today = timezone.localdate()
    page = told(client, f"{there}?day={today}")
    assert f'value="{today}"' in page and page.index(">Émile-Zola<") and "Noter une seule ligne" in page
    key = page.split('name="_key" value="')[1].split('"')[0]
    fields = re.findall(r'name="(n-[0-9a-f]{16})"', page)
    assert len(fields) == 2
    form = {"places": "oui", "_key": key, "day": str(today)} | dict.fromkeys(fields, "")
    for wrong, words in (
        ({}, "au moins un nombre"),
        ({fields[0]: "lourd"}, "en chiffres"),
        ({fields[0]: "-1"}, "supérieure ou égale à 0"),
        ({"n-" + "0" * 16: "4"}, "Les lieux ont changé"),
        ({fields[0]: "4", "day": ""}, "obligatoire"),
        ({fields[0]: "4", "day": str(today + timedelta(days=1))}, "Ce jour est à venir"),
        ({fields[0]: "4", "day": str(today - timedelta(days=401))}, "vérifiez l'année"),
    ):
        refused = client.post(there, form | wrong)
        assert refused.status_code == 422, words
        assert words in html.unescape(refused.content.decode()).replace("\xa0", " "), words
    for _ in range(2):
        assert client.post(there, form | {fields[0]: "4,5", fields[1]: "12"}).status_code == 302
    (job,) = Job.objects.filter(kind=recording.KIND)
    done = jobs.run(job)
    assert f"2 lieux, pour le {french_date(today)}." in told(client, done.location)
    rows = given(use, supervisor, "leftovers")
    assert sorted((row["site"], row["kilos"]) for row in rows) == [("Jean-Moulin", 12.0), ("Émile-Zola", 4.5)]
    assert Delivery.objects.filter(noted=job.key).count() == 1
    # Weighed again the same day, a place has the last number; by a line alone too, where a number is not below zero.
    line = {"_key": "1" * 32, "day": str(today), "site": rows[0]["site"]}
    assert "supérieure ou égale à 0" in html.unescape(
        client.post(there, line | {"kilos": "-1"}).content.decode()
    )
    assert client.post(there, line | {"kilos": "7"}).status_code == 302
    jobs.run(Job.objects.get(kind=recording.KIND, state=Job.State.WAITING))
    after = {row["site"]: row["kilos"] for row in given(use, supervisor, "leftovers")}
    assert after == {row["site"]: row["kilos"] for row in rows} | {rows[0]["site"]: 7.0}
    # Five numbers tell what is usual: a weight in grams is refused, and no other.
    assert recording.largest_credible(use, schema(use, "leftovers")) is None
    client.post(there, form | {"_key": "2" * 32} | dict.fromkeys(fields, "7"))
    jobs.run(Job.objects.get(kind=recording.KIND, state=Job.State.WAITING))
    assert recording.largest_credible(use, schema(use, "leftovers")) == 7_000
    refused = client.post(there, form | {"_key": "4" * 32, fields[0]: "7001"})
    assert refused.status_code == 422
    assert "plus de 1 000 fois" in html.unescape(refused.content.decode())
    assert client.post(there, form | {"_key": "5" * 32, fields[0]: "7000"}).status_code == 302


def test_the_first_note_lets_the_service_go_on_and_has_it_measured_again(
    use: SystemUse, keeper: Person, supervisor: Person
) -> None:
    executed(use, supervisor, "backtest")
    carry(use, "sandbox")
    for key in ("a", "b"):
        assert jobs.run(recording.start(use, keeper, schema(use), [ROW], key * 32)).finished
        use.refresh_from_db()
    manifest = manifests.of(use)
    assert running.before_forecast(use, manifest) == []
    (again,) = Job.objects.filter(kind=runs.KIND, state=Job.State.WAITING)
    jobs.run(again)
    measure = running.measured(use, manifest)
    assert measure is not None and measure.binding == use.binding
    assert not running.all_advised_against(use.territory, [(use, manifest)])
    # Any other change still closes: another column, or a noted table that is no longer read.
    use.binding = {name: entry for name, entry in measure.binding.items() if name != "visits"}
    assert running.measured(use, manifest).binding == use.binding  # the first of the two measures
    attendance = use.binding["attendance"]
    use.binding = measure.binding | {"attendance": attendance | {"dataset": "autre"}}
    assert running.measured(use, manifest) is None
    assert "éprouvé" in " ".join(running.before_forecast(use, manifest))


def test_a_second_note_waits_for_the_dataset_that_the_first_one_opens(
    use: SystemUse, client: Client, keeper: Person, territory: Territory, supervisor: Person
) -> None:
    first = recording.start(use, keeper, schema(use), [ROW], "1" * 32)
    assert recording.start(use, keeper, schema(use), [ROW], "1" * 32) == first
    form = {"_key": "2" * 32, "day": "2026-11-26", "wasted": "true", "site": "Bert"}
    refused = client.post(address(territory), form)
    assert refused.status_code == 422
    page = html.unescape(refused.content.decode())
    assert "La première note s'enregistre" in page and 'value="Bert"' in page
    jobs.run(first)
    assert client.post(address(territory), form).status_code == 302
    jobs.run(Job.objects.get(kind=recording.KIND, state=Job.State.WAITING))
    assert [row["site"] for row in given(use, supervisor)] == ["Zola", "Bert"]


def test_who_may_not_note_reads_on_the_morning_why_and_who_may(
    use: SystemUse, territory: Territory, supervisor: Person
) -> None:
    executed(use, supervisor, "backtest")
    executed(carry(use, "sandbox"), supervisor, "run")
    client, reader = Client(), a_person(territory, "supervisor")
    strongly(client, reader)
    page = told(client, reverse("system-morning", kwargs={"slug": territory.slug, "system": "daily"}))
    button = page[page.index('<details class="reserved">') :]
    assert button.index("Noter les restes pesés") < button.index(
        "Pour déposer un fichier, annuler sa propre livraison, il faut le rôle"
    )
    assert recording.permission(use, reader, schema(use)).reason in page


def test_a_job_asked_for_with_one_row_is_still_done(
    use: SystemUse, keeper: Person, supervisor: Person
) -> None:
    job = recording.start(use, keeper, schema(use), [ROW], "0" * 32)
    job.arguments = {"use": use.pk, "table": "visits", "row": ROW}
    job.save(update_fields=["arguments"])
    assert jobs.run(job).location.endswith(f"?note={job.pk}")
    assert len(given(use, supervisor)) == 1
