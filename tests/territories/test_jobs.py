"""Long work: once a key, taken again after a death, told in French."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.web.territories import jobs, scope
from beffroi.web.territories.models import Job
from places import a_person, a_territory

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(monkeypatch):
    """Kinds of work of this test only, and what they did."""
    did: list[str] = []
    monkeypatch.setattr(jobs, "_kinds", dict(jobs._kinds))

    def work(progress):
        did.append(progress.job.key)
        progress.say(50, "à mi-chemin")
        return "/fini/"

    def refuse(progress):
        raise jobs.JobError("Le fichier manque. Rien n'a changé. Déposez-le à nouveau.")

    def crash(progress):
        raise RuntimeError("détail interne")

    for kind, function in (("test.work", work), ("test.refuse", refuse), ("test.crash", crash)):
        jobs.register(kind, function)
    return did


def start(town, kind, key="k"):
    return jobs.start(town, kind, key=key, label="Travail", person=None)


def test_the_same_key_gives_the_same_job(done):
    town = a_territory()
    assert start(town, "test.work").pk == start(town, "test.work").pk


def test_a_finished_job_is_not_done_again(done):
    job = start(a_territory(), "test.work")
    jobs.run(job)
    jobs.run(job)
    assert done == ["k"]
    assert (job.state, job.percent, job.location) == ("done", 100, "/fini/")


def test_a_refusal_reaches_the_person(done):
    job = jobs.run(start(a_territory(), "test.refuse"))
    assert (job.state, job.message) == ("failed", "Le fichier manque. Rien n'a changé. Déposez-le à nouveau.")


def test_a_crash_never_shows_its_inside(done):
    job = jobs.run(start(a_territory(), "test.crash"))
    assert job.state == "failed"
    assert "détail interne" not in job.message
    assert "Rien n'a été perdu" in job.message


def test_what_a_dead_worker_left_is_taken_again_then_given_up(done):
    job = start(a_territory(), "test.work")
    for attempt in range(1, jobs.MOST_ATTEMPTS + 1):
        Job.objects.update(state="running", attempts=attempt, beat_at=timezone.now() - timedelta(hours=1))
        with scope.nowhere():
            jobs.take_again_stale()
        job.refresh_from_db()
        assert job.state == ("waiting" if attempt < jobs.MOST_ATTEMPTS else "failed")


def test_a_job_is_seen_by_who_started_it_and_not_by_another_agent(done):
    town = a_territory()
    one, other = (
        a_person(town, "agent", email="a@example.org"),
        a_person(town, "agent", email="b@example.org"),
    )
    job = jobs.start(town, "test.work", key="mine", label="Travail", person=one)
    for person, status in ((one, 200), (other, 404)):
        client = Client()
        client.force_login(person)
        assert client.get(f"/t/{town.slug}/travaux/{job.pk}/etat.json").status_code == status
