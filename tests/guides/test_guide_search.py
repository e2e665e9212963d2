"""Guides and entries of registers are found by the site's search, by those who may read them, and never what was answered."""

import pytest
from guide_samples import install, tools

from beffroi.guides import Register
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Person, Territory
from beffroi.web.search import indexing, services
from beffroi.web.search.models import Entry
from places import a_person

pytestmark = pytest.mark.django_db
NAMED_AFTER_PERSONS = {"id": "keys", "title": "Les clés", "identity": ("owner",)}


@pytest.fixture
def agent(territory: Territory, monkeypatch: pytest.MonkeyPatch) -> Person:
    install(
        monkeypatch,
        tools(),
        tools(id="shields", title="Boucliers", domain="cyber"),
        tools(**NAMED_AFTER_PERSONS),
    )
    return a_person(territory, "agent")


def found(territory: Territory, person: Person | None, words: str, kind: str) -> list[str]:
    groups = services.search(territory, person, words, kind=kind).groups
    return ["".join(each.text for each in result.title) for group in groups for result in group.results]


def test_a_guide_is_found_by_who_may_read_it(territory: Territory, agent: Person) -> None:
    officer = a_person(territory, "security_officer")
    assert found(territory, agent, "outils de sécurité", "guide") == ["Outils de sécurité"]
    assert "Diagnostic MonAideCyber" in found(territory, officer, "MonAideCyber", "guide")
    assert found(territory, agent, "MonAideCyber", "guide") == []
    assert found(territory, None, "outils", "guide") == []
    territory.closed = {"room:cyber": "territory"}
    territory.save()
    assert found(territory, officer, "MonAideCyber", "guide") == []


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("nis2", "NIS 2 : votre collectivité est-elle visée ?"),
        ("rançongiciel", "Un incident de sécurité"),
        ("monaidecyber", "Diagnostic MonAideCyber"),
        ("échéances", "Calendrier des échéances légales d'une petite commune"),
    ],
)
def test_a_guide_is_found_as_people_write_it(territory: Territory, words: str, title: str) -> None:
    assert title in found(territory, a_person(territory, "security_officer"), words, "guide")


def test_an_entry_is_found_by_its_name_only_and_follows_what_is_written(
    territory: Territory, agent: Person
) -> None:
    register = tools()
    entry = registers.save_entry(territory, agent, register, {"name": "Borg", "owner": "Mme Quenouille"})
    registers.import_table(
        territory, agent, register, ["Nom de l'outil"], [["Wazuh"], ["Restic"]], apply=True
    )
    assert found(territory, agent, "wazuh", "entry") == ["Wazuh"]
    assert found(territory, agent, "borg", "entry") == ["Borg"]
    assert found(territory, agent, "quenouille", "entry") == []
    registers.save_entry(territory, agent, register, {"name": "Kopia"}, entry=entry)
    assert (found(territory, agent, "borg", "entry"), found(territory, agent, "kopia", "entry")) == (
        [],
        ["Kopia"],
    )
    registers.remove_entry(entry, agent, register)
    assert found(territory, agent, "kopia", "entry") == []
    registers.put_back(entry, agent, register)
    indexing.rebuild(territory)
    assert found(territory, agent, "kopia", "entry") == ["Kopia"]
    assert found(territory, None, "kopia", "entry") == []


def test_what_security_writes_is_not_for_all_and_names_of_persons_for_nobody(
    territory: Territory, agent: Person
) -> None:
    officer = a_person(territory, "security_officer")
    shields: Register = tools(id="shields", title="Boucliers", domain="cyber")
    registers.save_entry(territory, officer, shields, {"name": "Fortinet"})
    assert found(territory, officer, "fortinet", "entry") == ["Fortinet"]
    assert found(territory, agent, "fortinet", "entry") == []
    registers.save_entry(
        territory, agent, tools(**NAMED_AFTER_PERSONS), {"name": "Porte", "owner": "Mme Roy"}
    )
    assert not Entry.objects.of(territory).filter(title__contains="Roy").exists()
