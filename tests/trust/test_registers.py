"""The register in the forms of others: every field of the French inventory, entries that the Dutch form accepts."""

import csv
import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from beffroi.systems.contract import ProposedAct
from beffroi.web.decisions.services import decide, propose
from beffroi.web.platform.models import Person, Territory
from beffroi.web.trust import registers
from beffroi.web.trust.legal import services
from beffroi.web.trust.registers import facts, fr, nl
from beffroi.web.workshop import services as workshop
from beffroi.web.workshop.models import SystemUse
from places import a_person, strongly
from support.clock import on
from workshop.test_declared import ROBOT

from .answering import POINTS, answers

pytestmark = pytest.mark.django_db
FR, NL = registers.FORMS["fr"], registers.FORMS["nl"]


def rows(text: str, separator: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=separator))


# --- The forms are those of others --------------------------------------------------------------------------------


def test_the_french_inventory_has_the_fields_of_its_guide(real_data: Path) -> None:
    held = json.loads((real_data / "governance" / "inventaire-algorithmes-fr.json").read_text("utf-8"))
    ours = {group["id"]: [field["id"] for field in group["fields"]] for group in fr.form()["group"]}
    assert ours == held["fields"]
    assert "Etalab" in fr.form()["form"]["source"]


def test_the_constraints_of_the_dutch_form_are_its_own(real_data: Path) -> None:
    path = real_data / "governance" / "algorithm-register" / "nl-algoritmeregister-v1_0.json"
    held = json.loads(path.read_text("utf-8"))["properties"]
    ours = {field["id"]: field for field in nl.form()["field"]}
    assert held.keys() - ours.keys() == {"lars", "publication_dt"}  # the register fills them by itself

    def same(mine: dict[str, Any], theirs: dict[str, Any]) -> None:
        assert mine.get("required", False) == (str(theirs.get("required")).lower() == "true"), mine
        assert mine.get("max_length") == theirs.get("max_length")
        assert mine.get("permitted_values") == theirs.get("permitted_values")
        for item in mine.get("item", []):
            same(item, theirs["items"][item["id"]])
        assert len(mine.get("item", [])) == len(theirs.get("items", {}))

    for name, field in ours.items():
        same(field, held[name])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "name : obligatoire"),
        ({"name": "x" * 101}, "101 caractères"),
        ({"status": "en service"}, "n'est pas une des valeurs"),
        ({"category": ["Cantine"]}, "n'est pas une des valeurs"),
        ({"category": "Zorg en gezondheid"}, "doit être une liste"),
        (
            {"impacttoetsen_grouping": [{"link": "https://exemple.fr"}]},
            "impacttoetsen_grouping.1.title : obligatoire",
        ),
        ({"lang": 3}, "doit être un texte"),
        ({"autre": "x"}, "champ inconnu"),
    ],
)
def test_what_the_dutch_form_refuses_is_found(
    use: SystemUse, territory: Territory, changes: dict[str, Any], words: str
) -> None:
    (entry,) = registers.entries(territory, NL)
    assert nl.faults(entry) == []
    assert any(words in fault for fault in nl.faults(entry | changes)), nl.faults(entry | changes)


# --- What is written in them --------------------------------------------------------------------------------------


def test_the_french_entry_says_everything_and_what_is_not_known(
    use: SystemUse, territory: Territory, dpo: Person
) -> None:
    services.answer(use, dpo, answers(talks="yes"), signed_role="DPO")
    (row,) = rows(registers.as_csv(territory, FR), ";")
    assert list(row) == fr.headings()
    assert all(row.values()), row
    assert row["Nom de l'algorithme"] == "Moyenne des repas"
    assert row["Nom de l'administration"] == "Valbruyère"
    assert (
        "obligation de transparence" in row["Fondements juridiques"]
        and "Indicatif" in row["Fondements juridiques"]
    )
    assert row["Type d'algorithme"] == "non renseigné"
    assert row["Nombre de décisions par an"].startswith("non renseigné : ce service est entré après")
    assert row["Nature des données"] == "réelle"
    (entry,) = json.loads(registers.as_json(territory, FR))
    assert entry["metier"]["nom_algorithme"] == "Moyenne des repas"


def test_before_any_answer_the_register_says_that_nobody_answered(
    use: SystemUse, territory: Territory
) -> None:
    (entry,) = registers.entries(territory, FR)
    assert "personne n'a encore répondu" in entry["metier"]["fondements_juridiques"]
    assert registers.entries(territory, NL)[0]["publication_category"] == "Impactvolle algoritmes"


@pytest.mark.parametrize(
    ("given", "category"),
    [
        ({}, "Overige algoritmes"),
        ({"talks": "yes"}, "Impactvolle algoritmes"),
        ({"talks": "unknown"}, "Impactvolle algoritmes"),
        ({"plates": "yes"}, "Impactvolle algoritmes"),
        ({"employment": "yes"}, "Hoog-risico AI-systeem"),
    ],
)
def test_the_dutch_category_follows_the_class(
    use: SystemUse, territory: Territory, dpo: Person, given: dict[str, str], category: str
) -> None:
    services.answer(use, dpo, answers(**given), signed_role="DPO")
    services.assess(use, dpo, POINTS)
    (entry,) = registers.entries(territory, NL)
    assert entry["publication_category"] == category
    assert entry["impacttoetsen_grouping"][0]["title"].startswith("Analyse d'impact")
    assert nl.faults(entry) == []


@given(st.data())
def test_whatever_its_length_an_entry_is_accepted_by_the_dutch_form(
    use: SystemUse, territory: Territory, data: Any
) -> None:
    (held,) = facts.gather(territory)
    words = (
        st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=200).map(" ".join).filter(str.strip)
    )
    card = replace(
        held.card,
        title=data.draw(words),
        purpose=data.draw(words),
        helps=data.draw(words),
        contest=data.draw(words),
        territory=data.draw(words),
        limits=(data.draw(words),),
    )
    entry = nl.entry(replace(held, card=card, contact=data.draw(words)))
    assert nl.faults(entry) == []
    assert entry.keys() >= {field["id"] for field in nl.form()["field"] if field.get("required")}


def test_the_dutch_csv_has_the_form_s_own_headings(use: SystemUse, territory: Territory) -> None:
    (row,) = rows(registers.as_csv(territory, NL), ",")
    assert list(row) == nl.headings()
    assert row["lang"] == "nld" and row["status"] == "In ontwikkeling"


def test_a_system_kept_off_the_public_site_is_in_no_register(use: SystemUse, territory: Territory) -> None:
    SystemUse.objects.filter(pk=use.pk).update(public=False)
    assert registers.entries(territory, FR) == registers.entries(territory, NL) == []


def test_no_agent_is_named_and_a_spreadsheet_runs_nothing(
    use: SystemUse, territory: Territory, supervisor: Person, dpo: Person
) -> None:
    services.answer(use, dpo, answers(), signed_role="Directrice juridique")
    Territory.objects.filter(pk=territory.pk).update(contact="=HYPERLINK(1)")
    territory.refresh_from_db()
    text = registers.as_csv(territory, FR) + registers.as_json(territory, NL)
    assert supervisor.name not in text and "Directrice" not in text and "@" not in text
    assert rows(registers.as_csv(territory, FR), ";")[0]["Contact"] == "'=HYPERLINK(1)"


def test_decisions_are_counted_over_the_last_whole_year_offences_apart(
    use: SystemUse, territory: Territory
) -> None:
    elected, agent = a_person(territory, "decider"), a_person(territory, "authorised_agent")
    year = timezone.localdate().year

    def decided(subject: str, by: Person, *, offence: bool = False) -> None:
        act = ProposedAct(subject, 90.0, "repas", 80.0, 100.0, ("Moyenne.",), {}, offence=offence)
        (proposal,) = propose(territory, system="tiny", system_version="1", run=subject, acts=[act])
        decide(proposal, by, "accept", reason="Cohérent avec ce que nous savons")

    def told() -> str:
        (entry,) = registers.entries(territory, FR)
        return str(entry["impact"]["nb_decisions_an"])

    decided("Jean-Moulin", elected)
    assert f"entré après {year - 1}" in told()
    decided("Dépôt sauvage", agent, offence=True)
    with on(date(year + 1, 1, 1)):
        decided("Zola", elected)
        assert told() == f"1 en {year}"


# --- Where it is taken away ---------------------------------------------------------------------------------------


def test_the_files_are_taken_from_the_room_and_from_the_public_site(
    use: SystemUse, territory: Territory
) -> None:
    agent = strongly(Client(), a_person(territory, "agent"))
    for name in ("register-csv", "register-json", "register-nl-csv", "register-nl-json"):
        inside = agent.get(reverse(f"trust-{name}", args=[territory.slug]))
        assert "attachment" in inside.headers["Content-Disposition"], name
        assert "Moyenne des repas" in inside.content.decode()
        if name != "register-nl-csv":
            outside = Client().get(reverse(f"portal-{name}", args=[territory.slug]))
            assert outside.content == inside.content
    (entry,) = Client().get(reverse("portal-register-nl-json", args=[territory.slug])).json()
    assert nl.faults(entry) == []
    html = Client().get(reverse("portal-systems", args=[territory.slug])).content.decode()
    assert reverse("portal-register-csv", args=[territory.slug]) in html


def test_an_invented_town_says_so_in_its_files(use: SystemUse, territory: Territory) -> None:
    Territory.objects.filter(pk=territory.pk).update(is_fictional=True)
    territory.refresh_from_db()
    assert registers.entries(territory, FR)[0]["nature"] == "données simulées"
    assert registers.entries(territory, NL)[0]["description_short"].startswith("Données simulées.")
    assert "donnees-simulees" in FR.file_name(territory, "csv")


def test_a_declared_product_is_in_both_forms_with_what_its_supplier_claims_marked_so(
    territory: Territory, steward: Person
) -> None:
    workshop.declare(territory, steward, ROBOT)
    (french,) = rows(registers.as_csv(territory, FR), ";")
    assert "Éditeur d'essai, Robot 3" in str(french)
    assert "déclaré par le fournisseur, non mesuré" in str(french)
    assert "personne n'a encore répondu" in str(french) and "risque minimal" not in str(french)
    (dutch,) = rows(registers.as_csv(territory, NL), ",")
    assert dutch["name"] == "Accueil téléphonique"
