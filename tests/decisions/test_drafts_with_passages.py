"""An answer without a passage found in the sources is shown to nobody; the adviser chooses and rewrites, every edit logged."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from beffroi.web.decisions import drafting
from beffroi.web.decisions.models import Draft, DraftVersion
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from decisions.replier import GOOD, INVENTED, UNSUPPORTED, answered, in_its_sandbox, installed
from places import a_person, strongly
from workshop.conftest import home, steward, supervisor, territory

__all__ = ["home", "steward", "supervisor", "territory"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def drafted(tmp_path: Path, territory: Territory, steward: Person, supervisor: Person) -> Iterator[Territory]:
    """What a system wrote on three questions: one well, one without a passage, one with a passage that it made up."""
    with installed(tmp_path / "replier"):
        run = answered(in_its_sandbox(territory, steward, supervisor), supervisor)
        assert run.outcome["notes"] == ["2 réponses sans passage à l'appui ont été écartées."]
        yield territory


@pytest.mark.requirement("R43")
def test_an_answer_without_a_passage_found_is_refused_and_shown_to_nobody(drafted: Territory) -> None:
    agent = a_person(drafted, "agent")
    client, here = strongly(Client(), agent), f"/t/{drafted.slug}/decisions/brouillons/"
    (draft,) = Draft.objects.of(drafted)
    pages = [client.get(path).content.decode() for path in (here, f"{here}{draft.pk}/")]
    assert GOOD in pages[1] and "Guide du stationnement" in pages[1]
    assert not any(text in page for page in pages for text in (UNSUPPORTED, INVENTED))


@pytest.mark.requirement("R43")
def test_the_adviser_chooses_and_rewrites_and_every_edit_is_logged(drafted: Territory) -> None:
    agent, (draft,) = a_person(drafted, "agent"), Draft.objects.of(drafted)
    drafting.save(draft, agent, GOOD)
    drafting.retain(draft, agent, f"Bonjour. {GOOD} À bientôt.")
    versions = DraftVersion.objects.of(drafted).filter(draft=draft)
    assert [(v.number, v.by, v.text[:7]) for v in versions] == [
        (1, agent, GOOD[:7]),
        (2, agent, "Bonjour"),
    ]
    acts = [line.act for line in ledger.lines_of(drafted)]
    assert acts[-3:] == ["draft.save", "draft.save", "draft.retain"]
    assert ledger.verify(drafted).ok
