"""Reading datasets and dropping files by program: the same answers, refusals and ledger lines as the pages."""

from typing import Any

import pytest
from callers import a_token
from django.core.files.uploadedfile import SimpleUploadedFile

from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.grants import processing
from beffroi.web.catalogue.models import Dataset, Delivery
from beffroi.web.platform import jobs, ledger
from beffroi.web.platform.models import Job
from beffroi.web.tenancy import tokens
from catalogue.deliveries import FAMILIES, FEBRUARY, JANUARY, WITH_TOTAL, poured

pytestmark = pytest.mark.django_db


@pytest.fixture
def meals(town, agent):
    return poured(town, agent, "Cantines janvier 2025.csv", JANUARY).dataset


@pytest.fixture
def families(town, agent):
    return poured(town, agent, "familles.csv", FAMILIES).dataset


@pytest.fixture
def billing(town, families):
    return processing(
        town,
        "facturation",
        title="Facturation des repas",
        purpose="Facturer les repas aux familles.",
        legal_basis="Mission d'intérêt public",
        covers_personal=True,
        datasets=[families],
    )


@pytest.fixture
def reader(town, steward, program):
    return program(a_token(town, steward, "dataset.read").secret)


@pytest.fixture
def finances(town, keeper):
    return tokens.create_service(town, "Logiciel de finances", "Dépose chaque nuit", by=keeper).person


def file(name: str, text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


def publish(dataset, steward):
    lifecycle.edit_card(dataset, steward, licence="Licence Ouverte 2.0", producer="Ville", owner=steward)
    lifecycle.publish(dataset, steward)


def lines(town, act):
    return [line for line in ledger.lines_of(town) if line.act == act]


# Reading


def test_the_datasets_and_one_card_are_listed(town, reader, meals):
    (listed,) = reader.get(f"t/{town.slug}/datasets").json()
    assert (listed["slug"], listed["rows"], listed["simulated"]) == (meals.slug, 4, True)
    card = reader.get(f"t/{town.slug}/datasets/{meals.slug}").json()
    assert [(c["name"], c["type"]) for c in card["columns"]] == [
        ("ecole", "text"),
        ("date", "date"),
        ("repas_servis", "integer"),
        ("prix_moyen", "decimal"),
    ]


def test_datasets_are_searched_without_accents(town, reader, meals, families):
    assert [d["slug"] for d in reader.get(f"t/{town.slug}/datasets", q="CANTINES").json()] == [meals.slug]


def test_rows_are_read_page_after_page_with_their_types(town, reader, meals):
    first = reader.get(f"t/{town.slug}/datasets/{meals.slug}/rows", size=3).json()
    assert (first["total"], first["next_page"], first["purpose"]) == (4, 2, "catalogue")
    assert first["rows"][0] == {
        "ecole": "Jean-Moulin",
        "date": "2025-01-06",
        "repas_servis": 112,
        "prix_moyen": 3.45,
    }
    second = reader.get(f"t/{town.slug}/datasets/{meals.slug}/rows", size=3, page=2).json()
    assert [row["repas_servis"] for row in second["rows"]] == [61]
    assert second["next_page"] is None


def test_only_the_columns_requested_for_come(town, reader, meals):
    rows = reader.get(f"t/{town.slug}/datasets/{meals.slug}/rows", columns="date, ecole").json()["rows"]
    assert set(rows[0]) == {"date", "ecole"}
    refused = reader.get(f"t/{town.slug}/datasets/{meals.slug}/rows", columns="cuisinier")
    assert refused.status_code == 422
    assert "« cuisinier »" in refused.json()["detail"]


def test_the_csv_is_the_one_of_the_page_and_writes_its_line(town, reader, meals):
    answer = reader.get(f"t/{town.slug}/datasets/{meals.slug}/rows.csv")
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert body.splitlines()[1] == "oui;Jean-Moulin;2025-01-06;112;3,45"
    assert body.count("\n") == 5
    assert len(lines(town, "dataset.export")) == 1


@pytest.mark.requirement("R27")
def test_personal_data_need_a_purpose_of_the_register(town, steward, program, families, billing):
    caller = program(a_token(town, steward, "dataset.read", "dataset.read_personal").secret)
    path = f"t/{town.slug}/datasets/{families.slug}/rows"
    for query, message in (({}, "usage"), ({"purpose": "rien"}, "registre"), ({"purpose": "catalogue"}, "")):
        refused = caller.get(path, **query)
        assert refused.status_code == 422
        assert message in refused.json()["detail"]
    rows = caller.get(path, purpose="facturation").json()["rows"]
    assert rows[0]["courriel"] == "lea.martin@example.org"
    assert len(lines(town, "dataset.read_personal")) == 1


def test_a_token_without_the_act_sees_no_personal_row_though_its_person_may(town, reader, families, billing):
    for path in ("rows", "rows.csv"):
        refused = reader.get(f"t/{town.slug}/datasets/{families.slug}/{path}", purpose="facturation")
        assert refused.status_code == 422
        assert "qui ont ce droit" in refused.json()["detail"]
    assert lines(town, "dataset.read_personal") == []
    assert len(lines(town, "dataset.refuse_personal")) == 2


def test_a_program_sees_no_personal_row(town, keeper, finances, program, families, billing):
    caller = program(a_token(town, finances, "dataset.read", by=keeper).secret)
    refused = caller.get(f"t/{town.slug}/datasets/{families.slug}/rows", purpose="facturation")
    assert (refused.status_code, "rows" in refused.json()) == (422, False)


def test_the_purposes_state_which_datasets_they_open(town, reader, families, billing):
    message = {row["key"]: row["datasets"] for row in reader.get(f"t/{town.slug}/purposes").json()}
    assert message["facturation"] == [families.slug]


def test_a_token_limited_to_a_dataset_does_not_find_another(town, steward, program, meals, families):
    limited = a_token(town, steward, "dataset.read", "board.read", resources=(f"dataset:{meals.pk}",))
    caller = program(limited.secret)
    assert [d["slug"] for d in caller.get(f"t/{town.slug}/datasets").json()] == [meals.slug]
    assert caller.get(f"t/{town.slug}/datasets/{meals.slug}/rows").status_code == 200
    hidden = caller.get(f"t/{town.slug}/datasets/{families.slug}")
    unknown = caller.get(f"t/{town.slug}/datasets/rien")
    assert (hidden.status_code, hidden.json()) == (404, unknown.json())


def test_a_wrong_page_is_explained_in_french(town, reader, meals):
    answer = reader.get(f"t/{town.slug}/datasets/{meals.slug}/rows", page="deux", size=5000)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert {e["field"]: e["reason"] for e in answer.json()["errors"]} == {
        "page": "un nombre entier est attendu",
        "size": "la valeur est trop grande",
    }


# Open data


@pytest.mark.requirement("R94")
def test_a_partner_reads_published_data_without_a_token(town, steward, meals, client):
    root = f"/api/v1/p/{town.slug}/datasets"
    assert client.get(root).json() == []
    assert client.get(f"{root}/{meals.slug}/rows").status_code == 404
    publish(meals, steward)
    assert [d["slug"] for d in client.get(root).json()] == [meals.slug]
    card = client.get(f"{root}/{meals.slug}").json()
    assert "owner" not in card
    assert client.get(f"{root}/{meals.slug}/rows").json()["total"] == 4
    assert b"".join(client.get(f"{root}/{meals.slug}/rows.csv").streaming_content).count(b"\r\n") == 5


def test_the_public_part_never_shows_personal_data(town, families, client):
    root = f"/api/v1/p/{town.slug}/datasets/{families.slug}"
    for path in ("", "/rows", "/rows.csv"):
        assert client.get(f"{root}{path}").status_code == 404, path


# Dropping a file


def done(job: dict[str, Any]) -> Job:
    """What the worker does."""
    return jobs.run(Job.objects.get(pk=job["id"]))


@pytest.fixture
def night(town, keeper, finances, program):
    """The finance software's script."""
    return program(a_token(town, finances, "dataset.deposit", by=keeper).secret)


def test_a_script_drops_a_file_follows_it_and_pours_it(town, night, meals, finances):
    answer = night.post(
        f"t/{town.slug}/deposits", file=file("Cantines fevrier 2025.csv", FEBRUARY), dataset=meals.slug
    )
    assert answer.status_code == 202
    dropped = answer.json()
    assert dropped["job"]["state"] == "waiting"
    done(dropped["job"])
    job = night.get(f"t/{town.slug}/jobs/{dropped['job']['id']}").json()
    assert (job["state"], job["percent"], job["finished"]) == ("done", 100, True)
    read = night.get(f"t/{town.slug}/deliveries/{dropped['delivery']}").json()
    (table,) = read["tables"]
    assert (read["state"], table["dataset"], table["mode"], table["certain"]) == (
        "staged",
        meals.slug,
        "append",
        True,
    )
    poured_job = night.post(f"t/{town.slug}/deliveries/{dropped['delivery']}/pour")
    assert poured_job.status_code == 202
    done(poured_job.json())
    end = night.get(f"t/{town.slug}/deliveries/{dropped['delivery']}").json()
    assert end["state"] == "done"
    assert end["poured"] == [
        {"dataset": meals.slug, "snapshot": 2, "rows_kept": 3, "rows_set_aside": 0, "rows_total": 7}
    ]
    assert Delivery.objects.of(town).get(pk=dropped["delivery"]).by == finances
    assert lines(town, "dataset.pour")[-1].actor == f"person:{finances.pk}"


def test_quarantined_rows_are_reported_with_their_line_and_reason(town, night):
    dropped = night.post(f"t/{town.slug}/deposits", file=file("frequentation.csv", WITH_TOTAL)).json()
    done(dropped["job"])
    (table,) = night.get(f"t/{town.slug}/deliveries/{dropped['delivery']}").json()["tables"]
    assert table["rows_kept"] == 3
    assert table["rows_set_aside"] == len(table["lines"]) >= 1
    assert any("Total" in line["raw"] and line["reason"] for line in table["lines"])


def test_a_file_that_is_no_table_is_refused_with_its_reason(town, night):
    dropped = night.post(
        f"t/{town.slug}/deposits", file=SimpleUploadedFile("photo.csv", bytes(range(256)) * 40)
    )
    done(dropped.json()["job"])
    read = night.get(f"t/{town.slug}/deliveries/{dropped.json()['delivery']}").json()
    assert read["state"] == "refused"
    assert "exportez-le en CSV" in read["reason"]
    answer = night.post(f"t/{town.slug}/deliveries/{read['id']}/pour")
    assert answer.status_code == 409


def test_an_empty_file_is_refused_at_once_and_not_stored(town, night):
    answer = night.post(f"t/{town.slug}/deposits", file=SimpleUploadedFile("vide.csv", b""))
    assert answer.status_code == 422
    assert "vide" in answer.json()["detail"]
    assert Delivery.objects.of(town).count() == 0


def test_what_joins_no_known_dataset_waits_for_a_person(town, night):
    dropped = night.post(f"t/{town.slug}/deposits", file=file("Nouveau.csv", JANUARY)).json()
    done(dropped["job"])
    answer = night.post(f"t/{town.slug}/deliveries/{dropped['delivery']}/pour")
    assert answer.status_code == 409
    assert "une personne doit dire où le verser" in answer.json()["detail"]
    assert answer.json()["page"] == f"/t/{town.slug}/donnees/livraisons/{dropped['delivery']}/"
    assert Dataset.objects.of(town).count() == 0


def test_a_limited_token_feeds_its_dataset_only(town, keeper, finances, program, meals, families):
    secret = a_token(town, finances, "dataset.deposit", by=keeper, resources=(f"dataset:{meals.pk}",)).secret
    caller = program(secret)
    path = f"t/{town.slug}/deposits"
    assert caller.post(path, file=file("f.csv", FAMILIES), dataset=families.slug).status_code == 404
    assert caller.post(path, file=file("f.csv", FAMILIES)).status_code == 422
    dropped = caller.post(
        path, file=file("familles.csv", FAMILIES + "Roux;Lou;l@example.org;1\n"), dataset=meals.slug
    )
    done(dropped.json()["job"])
    # Whatever the file then joins, the token pours nothing outside what it opens.
    assert caller.post(f"t/{town.slug}/deliveries/{dropped.json()['delivery']}/pour").status_code in (
        404,
        409,
    )
    assert families.snapshots.count() == 1


def test_a_script_sees_neither_the_deliveries_nor_the_jobs_of_others(town, night, agent, meals):
    others = Delivery.objects.of(town).get()
    assert night.get(f"t/{town.slug}/deliveries/{others.pk}").status_code == 404
    assert night.get(f"t/{town.slug}/deliveries").json() == []
    job = Job.objects.create(territory=town, key="k", kind="catalogue.stage", label="x", started_by=agent)
    assert night.get(f"t/{town.slug}/jobs/{job.pk}").status_code == 404


def test_a_token_that_only_reads_drops_nothing(town, reader):
    assert reader.post(f"t/{town.slug}/deposits", file=file("a.csv", JANUARY)).status_code == 404
    assert Delivery.objects.of(town).count() == 0


def test_a_second_pour_of_the_same_delivery_does_nothing_more(town, night, meals):
    dropped = night.post(
        f"t/{town.slug}/deposits", file=file("Cantines fevrier 2025.csv", FEBRUARY), dataset=meals.slug
    ).json()
    done(dropped["job"])
    path = f"t/{town.slug}/deliveries/{dropped['delivery']}/pour"
    first, second = night.post(path).json(), night.post(path).json()
    assert first["id"] == second["id"]
    done(first)
    assert night.post(path).status_code == 409
    assert meals.current.rows_total == 7
