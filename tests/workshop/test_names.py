"""Names that differ between two files: proposed, confirmed by a person, put in place of the others, never by themselves."""

import hashlib
import html
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from beffroi.web.catalogue.models import Dataset
from beffroi.web.decisions.models import Proposal
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import manifests, reading, services
from beffroi.web.workshop.errors import NotAllowedToRun, WorkshopError
from beffroi.web.workshop.models import SystemUse
from life import carry
from places import a_person, strongly

from . import daily
from .conftest import deposit, meals

pytestmark = pytest.mark.django_db
ROLLS = "Etablissement;Eleves\nÉcole Jean Moulin;130\nÉmile-Zola;80\nLycée agricole;400\n"
MATCHED = {"École Jean Moulin": "Jean-Moulin", "Lycée agricole": ""}


def field(name: str) -> str:
    return f"rolls.site.{hashlib.sha256(name.encode()).hexdigest()[:16]}"


MATCH = field("École Jean Moulin")


@pytest.fixture
def rolls(territory: Territory, steward: Person) -> Dataset:
    return deposit(territory, steward, "effectifs.csv", ROLLS)


@pytest.fixture
def binding(dataset: Dataset, rolls: Dataset) -> dict[str, dict[str, object]]:
    return {
        "attendance": {
            "dataset": dataset.slug,
            "columns": {"site": "ecole", "date": "jour", "meals": "repas_servis"},
        },
        "rolls": {"dataset": rolls.slug, "columns": {"site": "etablissement", "pupils": "eleves"}},
    }


@pytest.fixture
def use(
    tmp_path: Path, territory: Territory, supervisor: Person, binding: dict[str, dict[str, object]]
) -> Iterator[SystemUse]:
    with daily.installed(tmp_path / "daily"):
        made = services.adopt(territory, supervisor, "daily", supervisor=supervisor)
        yield services.bind(made, supervisor, binding)


def address(territory: Territory) -> str:
    return reverse("system-names", kwargs={"slug": territory.slug, "system": "daily"})


def signed_in(person: Person) -> Client:
    client = Client()
    strongly(client, person)
    return client


def pupils(territory: Territory) -> dict[str, object]:
    waiting = Proposal.objects.of(territory).filter(superseded_at=None)
    return {proposal.place: proposal.evidence["pupils"] for proposal in waiting}


def test_what_differs_is_found_and_the_likely_is_proposed(use: SystemUse, supervisor: Person) -> None:
    (one,) = services.differing(use, supervisor)
    assert [(name.name, name.candidates[0], name.likely) for name in one.unmatched] == [
        ("Lycée agricole", "Émile-Zola", False),
        ("École Jean Moulin", "Jean-Moulin", True),
    ]
    assert one.waiting == 2


def test_nothing_is_replaced_before_a_person_confirms(
    use: SystemUse, territory: Territory, supervisor: Person
) -> None:
    services.execute(use, supervisor, "backtest")
    carry(use, "sandbox")
    services.execute(use, supervisor, "run")
    assert pupils(territory) == {"Jean-Moulin": None, "Émile-Zola": 80}
    services.confirm(use, supervisor, {"rolls.site": MATCHED})
    with pytest.raises(NotAllowedToRun, match="telles qu'elles sont reliées"):  # what it reads has changed
        services.execute(use, supervisor, "run")
    services.execute(use, supervisor, "backtest")
    services.execute(use, supervisor, "run", settings={"shortage_risk": 2.0})
    assert pupils(territory) == {"Jean-Moulin": 130, "Émile-Zola": 80}
    assert ledger.lines_of(territory).filter(act="system.names").count() == 1


def test_the_page_proposes_and_keeps_what_is_confirmed(
    use: SystemUse, territory: Territory, supervisor: Person
) -> None:
    client = signed_in(supervisor)
    told = html.unescape(client.get(address(territory)).content.decode())
    assert "2 noms absents" in told and "proposé" in told
    assert '<option value="Jean-Moulin" selected>Jean-Moulin</option>' in told
    fields = {MATCH: "Jean-Moulin", field("Lycée agricole"): ""}
    answer = client.post(address(territory), fields)
    assert answer.status_code == 302
    use.refresh_from_db()
    assert use.binding["rolls"]["names"] == {"site": MATCHED}
    refused = client.post(address(territory), {MATCH: "Ailleurs"})
    assert refused.status_code == 422 and "pas un nom de" in refused.content.decode()
    use.refresh_from_db()
    assert use.binding["rolls"]["names"] == {"site": MATCHED}


def test_only_who_may_bind_matches_names(use: SystemUse, territory: Territory) -> None:
    reader = a_person(territory, "decider")
    assert signed_in(reader).get(address(territory)).status_code == 404
    with pytest.raises(PermissionDenied):
        services.confirm(use, reader, {"rolls.site": MATCHED})


def test_names_go_with_the_column_that_they_were_of(
    use: SystemUse, supervisor: Person, binding: dict[str, dict[str, object]]
) -> None:
    services.confirm(use, supervisor, {"rolls.site": MATCHED})
    services.bind(use, supervisor, binding)
    assert use.binding["rolls"]["names"] == {"site": MATCHED}
    services.bind(use, supervisor, {"attendance": binding["attendance"]})
    services.bind(use, supervisor, binding)
    assert "names" not in use.binding["rolls"]


def test_a_column_that_takes_no_names_is_refused(use: SystemUse, supervisor: Person) -> None:
    with pytest.raises(WorkshopError, match="pas de noms à rapprocher"):
        services.confirm(use, supervisor, {"attendance.site": {"Jean-Moulin": "Émile-Zola"}})


def test_files_that_agree_have_nothing_to_match(
    tmp_path: Path, territory: Territory, supervisor: Person, dataset: Dataset
) -> None:
    with daily.installed(tmp_path / "other"):
        made = services.adopt(territory, supervisor, "daily", supervisor=supervisor)
        columns = {"site": "ecole", "date": "jour", "meals": "repas_servis"}
        services.bind(made, supervisor, {"attendance": {"dataset": dataset.slug, "columns": columns}})
        assert "Tous les noms concordent" in signed_in(supervisor).get(address(territory)).content.decode()
        assert meals(1) and services.differing(made, supervisor) == []


def test_names_go_when_the_other_table_changes_too(
    use: SystemUse,
    territory: Territory,
    supervisor: Person,
    steward: Person,
    binding: dict[str, dict[str, object]],
) -> None:
    services.confirm(use, supervisor, {"rolls.site": MATCHED})
    other = deposit(territory, steward, "autre relevé.csv", meals(20, more="Plat"))
    columns = {"site": "ecole", "date": "jour", "meals": "repas_servis"}
    services.bind(use, supervisor, binding | {"attendance": {"dataset": other.slug, "columns": columns}})
    assert "names" not in use.binding["rolls"]


def test_a_name_that_the_other_file_has_since_is_left_as_it_is(
    use: SystemUse, territory: Territory, supervisor: Person, steward: Person
) -> None:
    services.confirm(use, supervisor, {"rolls.site": MATCHED})
    text = meals().replace("Émile-Zola", "École Jean Moulin")
    deposit(territory, steward, "repas servis.csv", text)
    given = reading.tables(use, manifests.of(use), supervisor, reading.pin(use, manifests.of(use)))
    assert given["rolls"]["site"].to_pylist() == ["École Jean Moulin", "Émile-Zola", "Lycée agricole"]


def test_a_binding_changed_meanwhile_is_not_written_over(
    use: SystemUse, supervisor: Person, binding: dict[str, dict[str, object]]
) -> None:
    late = SystemUse.objects.get(pk=use.pk)
    services.bind(use, supervisor, {"attendance": binding["attendance"]})
    with pytest.raises(WorkshopError, match="a changé pendant"):
        services.confirm(late, supervisor, {"rolls.site": MATCHED})
    late.refresh_from_db()
    assert "rolls" not in late.binding
