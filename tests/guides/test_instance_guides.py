"""Guides that an operator adds to an instance: counted within a minute, refused ones told by the doctor, the site goes on."""

import os
from pathlib import Path

import pytest
from django.test import Client
from test_questionnaires import SMALL

from beffroi.guides import Questionnaire
from beffroi.home import Home
from beffroi.web.guides import library
from beffroi.web.guides.domains import all_domains
from beffroi.web.guides.models import answers_of
from beffroi.web.guides.services import responses
from beffroi.web.operations.health import configuration
from beffroi.web.operations.health.report import State
from beffroi.web.platform.models import Territory
from places import a_person


@pytest.fixture
def folder(settings, tmp_path: Path) -> Path:
    settings.HOME = Home(tmp_path)
    settings.HOME.guides.mkdir()
    return settings.HOME.guides


def look(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute later."""
    monkeypatch.setattr(library._instance(library.settings.HOME.guides), "_looked_at", -library.EVERY)


def test_a_guide_is_added_changed_refused_and_taken_away(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = library.library().guides
    assert "postes" not in house
    (folder / "bon.toml").write_text(SMALL, "utf-8")
    assert "postes" not in library.library().guides  # looked at less than a minute ago
    look(monkeypatch)
    assert library.guide(Questionnaire, "postes").edition == "1"
    same = library.library()
    look(monkeypatch)
    assert library.library() is same  # nothing changed: nothing is read again
    (folder / "bon.toml").write_text(SMALL.replace('edition = "1"', 'edition = "2"'), "utf-8")
    os.utime(folder / "bon.toml", (1, 1))
    look(monkeypatch)
    assert library.guide(Questionnaire, "postes").edition == "2"
    (folder / "pris.toml").write_text(SMALL.replace('id = "postes"', 'id = "contracts"'), "utf-8")
    (folder / "sujet.toml").write_text(
        SMALL.replace('edition = "1"', 'edition = "1"\ndomain = "system"'), "utf-8"
    )
    look(monkeypatch)
    assert library.library().guides.keys() == house.keys() | {"postes"}
    assert library.library().guides["contracts"] is house["contracts"]
    verdict = configuration.guides(library.settings.HOME)
    assert verdict.state == State.WATCH and "beffroi guides check" in verdict.action
    assert "pris.toml, ligne 3 (id)" in verdict.text and "sujet.toml, ligne 6 (domain)" in verdict.text
    for file in folder.iterdir():
        file.unlink()
    look(monkeypatch)
    assert library.library().guides.keys() == house.keys()
    assert configuration.guides(library.settings.HOME).state == State.GOOD


def test_the_subjects_of_the_house_are_those_that_have_pages() -> None:
    assert {each.domain for each in library._house().guides.values() if each.listed} == {
        each.key for each in all_domains()
    }


def test_a_new_edition_serves_new_responses_and_answers_stay_with_theirs(
    territory: Territory, client: Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "postes.toml").write_text(SMALL, "utf-8")
    agent = a_person(territory, "agent")
    client.force_login(agent)
    address = f"/t/{territory.slug}/guides/questionnaires/postes/"
    assert client.get(address).status_code == 200
    first = responses.open_response(territory, agent, library.guide(Questionnaire, "postes"))
    responses.save_answers(first, agent, {"postes": "5"})
    newer = SMALL.replace('edition = "1"', 'edition = "2027"').replace("avez-vous ?", "sont en service ?")
    (folder / "postes.toml").write_text(newer, "utf-8")
    look(monkeypatch)
    page = client.get(f"/t/{territory.slug}/guides/reponses/{first.pk}/").content.decode()
    assert "Édition 2027, vos réponses sont de l'édition 1" in page
    assert "Question changée" in page and "Combien de postes sont en service" in page
    assert first.edition.read().edition == "1" and answers_of(first) == {"postes": 5}
    (folder / "postes.toml").write_text("ceci n'est pas du TOML", "utf-8")
    look(monkeypatch)
    assert client.get(f"/t/{territory.slug}/guides/reponses/{first.pk}/").status_code == 200
    assert client.get(address).status_code == 404
    assert client.get(f"/t/{territory.slug}/guides/").status_code == 200
