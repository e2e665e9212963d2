"""R50. Annual public report on AI experiments and deployments.

Accepted when it is generated in one command, and published with the committee's opinions.
"""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.web.territories.models import Person, Territory
from beffroi.web.trust.committee import services as committee
from beffroi.web.trust.report import publishing
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from life import step
from places import a_person


@pytest.mark.django_db
def test_r50_it_is_published_with_the_committees_opinions_and_the_stopped_experiments(
    measured: SystemUse, territory: Territory, steward: Person, client: Client
) -> None:
    Territory.objects.filter(pk=territory.pk).update(contact="Mairie")
    territory.refresh_from_db()
    keeper, since = a_person(territory, "administrator"), date(2026, 1, 5)
    qualities = ("expert", "independent", "citizen", "citizen", "elected")
    seats = [
        committee.seat(territory, keeper, name=f"Membre {n}", function="membre d'essai", quality=quality,
                       chosen="Tirage au sort de janvier", interests="aucun", since=since)
        for n, quality in enumerate(qualities)
    ]  # fmt: skip
    session = committee.meet(
        territory,
        keeper,
        held_on=timezone.localdate(),
        place="Salle du conseil",
        present=seats,
        minutes="Présentation du service, questions, réponses, puis un vote à main levée.",
    )
    for seat in seats:
        committee.declare(measured, seat, keeper, conflict=False, words="aucun lien")
    opinion = committee.opine(
        measured,
        a_person(territory, "committee_member"),
        session,
        verdict="unfavourable",
        text="Le comité trouve que la moyenne seule ne suffit pas à commander des repas.",
        votes=(1, 4, 0),
    )
    committee.publish(opinion, keeper)
    step(measured, State.STOPPED)
    publishing.publish(territory, steward, timezone.localdate().year)
    page = client.get(f"/p/{territory.slug}/rapport-ia/{timezone.localdate().year}/").text
    for words in ("défavorable", "la moyenne seule ne suffit pas", "arrêté", "Moyenne des repas"):
        assert words in page, words


def test_r50_one_command_writes_it(tmp_path: Path) -> None:
    home = tmp_path / "home"

    def beffroi(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "beffroi.cli.main", *words, "--home", str(home)],
            capture_output=True,
            text=True,
            timeout=300,
            env={**os.environ, "BEFFROI_TESTING": ""},
            check=False,
        )

    made = beffroi("init", "--territory", "35238", "--email", "agent@example.org")
    if made.returncode:
        pytest.skip(made.stderr)
    year = timezone.localdate().year
    for kind, starts in (("json", b"{"), ("html", b"<!doctype html>"), ("pdf", b"%PDF")):
        file = tmp_path / f"rapport.{kind}"
        done = beffroi("report", str(year), "--output", str(file))
        assert done.returncode == 0, done.stderr
        assert file.read_bytes().startswith(starts)
        assert "Il n'est pas publié" in done.stderr
    assert json.loads((tmp_path / "rapport.json").read_text("utf-8"))["year"] == year
    assert beffroi("report", str(year), "--output", str(file)).returncode == 1
    assert beffroi("report", str(year + 1)).returncode == 1
    assert beffroi("report", str(year), "--output", str(tmp_path / "rapport.doc")).returncode == 1
