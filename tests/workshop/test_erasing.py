"""No personal data kept once the model is trained: what a system was given is deleted, with a signed certificate.

What an outsider can tell from the outputs is the membership attack of the quality scale (`tests/systems/test_membership.py`).
"""

import tempfile
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from beffroi.home import Home
from beffroi.web.platform.ledger import keys
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import erasing, services
from beffroi.web.workshop.models import SystemUse
from places import strongly

pytestmark = pytest.mark.django_db


@pytest.mark.requirement("R12")
def test_nothing_of_what_the_system_was_given_is_left_and_a_signed_certificate_says_so(
    tried: SystemUse,
    supervisor: Person,
    territory: Territory,
    home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine = tmp_path / "temporary"
    mine.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(mine))
    run = services.execute(tried, supervisor, "run")
    assert list(mine.iterdir()) == []
    said = run.erasure
    assert said["tables"] == [{"input": "attendance", "rows": 40, "columns": ["date", "meals", "site"]}]
    key = keys.signing_key().public_key()
    assert erasing.verify(said, key)
    assert not erasing.verify(said | {"tables": []}, key)
    assert not erasing.verify({k: v for k, v in said.items() if k != "signature"}, key)
    client = Client()
    strongly(client, supervisor)
    there = reverse("run-certificate", kwargs={"slug": territory.slug, "system": "tiny", "pk": run.pk})
    assert client.get(there).json() == said


@pytest.mark.requirement("R12")
def test_a_measure_too_leaves_a_certificate(measured: SystemUse) -> None:
    run = measured.runs.get()
    assert erasing.verify(run.erasure, keys.signing_key().public_key())


@pytest.mark.requirement("R12")
def test_no_certificate_is_signed_when_the_folder_could_not_be_removed(
    tried: SystemUse, supervisor: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not seen to be gone is not said to be gone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(tempfile.TemporaryDirectory, "_rmtree", lambda *given, **named: None)
    run = services.execute(tried, supervisor, "run")
    assert run.state == "done" and run.erasure is None
