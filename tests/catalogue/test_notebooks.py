"""« Ouvrir dans un carnet »: who may take a grant away, what it holds, the line that it writes, and that it is read."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from deliveries import FAMILIES, JANUARY, poured

import beffroi
from beffroi.web.catalogue.errors import CatalogueError, NotGranted
from beffroi.web.catalogue.grants import consultation, processing
from beffroi.web.catalogue.lifecycle import issue_grant
from beffroi.web.platform import ledger
from places import a_person, a_territory

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


def taken(text, tmp_path, home):
    file = tmp_path / "acces.json"
    file.write_text(text, "utf-8")
    with beffroi.open_lake(home.path, grant=file) as opened:
        return opened.to_pyarrow().to_pydict()


def line(town):
    return [found for found in ledger.lines_of(town) if found.act == "grant.issue"][-1]


def test_a_steward_opens_personal_data_in_a_notebook_for_a_purpose(
    home, town, steward, families, billing, tmp_path
):
    text = issue_grant(steward, families, billing, columns=["courriel", "quotient"], by=steward)
    rows = taken(text, tmp_path, home)
    assert list(rows) == ["courriel", "quotient"]
    assert "lea.martin@example.org" in rows["courriel"]
    payload = line(town).detail.payload
    assert (payload["personal"], payload["processing"], line(town).actor) == (
        ["courriel"],
        "facturation",
        f"person:{steward.pk}",
    )


def test_an_agent_takes_no_personal_row_into_a_notebook(agent, town, families, billing):
    with pytest.raises(NotGranted):
        issue_grant(agent, families, billing, columns=["quotient"], by=agent)
    acts = [found.act for found in ledger.lines_of(town)]
    assert acts[-1] == "dataset.refuse_personal" and "grant.issue" not in acts


@pytest.mark.requirement("R111")
def test_a_read_without_a_fitting_purpose_is_refused_with_a_line(town, steward, families):
    before = ledger.lines_of(town).count()
    for purpose in (None, consultation(town)):
        with pytest.raises(NotGranted):
            issue_grant(steward, families, purpose, by=steward)
    assert [found.act for found in ledger.lines_of(town)][before:] == [
        "processing.add",
        "dataset.refuse_personal",
        "dataset.refuse_personal",
    ]


def test_a_stranger_takes_nothing(meals, town):
    stranger = a_person(a_territory("Ailleurs", code="99T02"), "data_officer", email="etranger@example.org")
    with pytest.raises(NotGranted):
        issue_grant(stranger, meals, consultation(town), by=stranger)


@pytest.mark.parametrize("hours", [0, -1, 25])
def test_an_access_lasts_a_day_at_most(agent, town, meals, hours):
    with pytest.raises(CatalogueError, match="de 1 à 24"):
        issue_grant(agent, meals, consultation(town), hours=hours, by=agent)


def test_the_page_gives_the_file_and_the_file_expires(client, home, town, agent, meals, tmp_path):
    client.force_login(agent)
    path = f"/t/{town.slug}/donnees/jeux/{meals.slug}/carnet/"
    page = client.get(path).content.decode()
    assert f"grant=&quot;{meals.slug}.acces.json&quot;" in page or f'grant="{meals.slug}.acces.json"' in page
    answer = client.post(path, {"purpose": "catalogue", "columns": ["date"], "hours": "2"})
    assert answer["Content-Disposition"] == f'attachment; filename="{meals.slug}.acces.json"'
    assert "no-store" in answer["Cache-Control"]
    grant = json.loads(answer.content)["grant"]
    left = datetime.fromisoformat(grant["expires"]) - datetime.now(UTC)
    assert timedelta(hours=1, minutes=59) < left <= timedelta(hours=2)
    assert list(taken(answer.content.decode(), tmp_path, home)) == ["date"]


def test_the_page_of_an_unknown_dataset_or_purpose_gives_nothing(client, town, agent, meals):
    client.force_login(agent)
    root = f"/t/{town.slug}/donnees/jeux"
    assert client.get(f"{root}/rien/carnet/").status_code == 404
    assert client.post(f"{root}/{meals.slug}/carnet/", {"purpose": "rien", "hours": 2}).status_code == 422
    assert (
        client.post(f"{root}/{meals.slug}/carnet/", {"purpose": "catalogue", "hours": 99}).status_code == 422
    )
    assert "grant.issue" not in [found.act for found in ledger.lines_of(town)]
