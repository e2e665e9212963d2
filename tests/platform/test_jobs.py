"""Long work: once a key, taken again after a death, given up or asked again by its own person, told in French."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from beffroi.web.log_lines import LineFormatter
from beffroi.web.platform import jobs, scope
from beffroi.web.platform.jobs import heartbeat, queue, scheduling
from beffroi.web.platform.models import Job
from commands import environment
from places import a_person, a_territory

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(monkeypatch):
    """Kinds of work of this test only, and what they did."""
    did: list[str] = []
    monkeypatch.setattr(queue, "_kinds", dict(queue._kinds))

    def work(progress):
        did.append(progress.job.key)
        progress.report(50, "à mi-chemin")
        return "/fini/"

    def refuse(progress):
        raise jobs.JobError("Le fichier manque. Rien n'a changé. Déposez-le à nouveau.")

    def crash(progress):
        inside = "détail interne"
        raise RuntimeError(inside)

    for kind, function in (("test.work", work), ("test.refuse", refuse), ("test.crash", crash)):
        jobs.register(kind, function)
    return did


def start(town, kind, key="k", person=None):
    return jobs.start(town, kind, key=key, label="Travail", person=person)


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


def test_a_crash_never_shows_its_inside(done, caplog):
    job = jobs.run(start(a_territory(), "test.crash"))
    (logged,) = [record for record in caplog.records if record.exc_info]
    logged.exc_text = None  # pytest's own writing of it
    written = LineFormatter("{message}", style="{").format(logged)
    assert "RuntimeError: " not in written and "RuntimeError" in written and "test_jobs.py" in written
    assert job.state == "failed"
    assert "détail interne" not in job.message
    assert "Rien n'a été perdu" in job.message


def test_a_job_of_a_dead_worker_is_requeued_then_abandoned(done):
    job = start(a_territory(), "test.work")
    for attempt in range(1, jobs.MAX_ATTEMPTS + 1):
        Job.objects.update(
            state="running", attempts=attempt, worker="", beat_at=timezone.now() - timedelta(hours=1)
        )
        jobs.requeue_stale()
        job.refresh_from_db()
        assert job.state == ("waiting" if attempt < jobs.MAX_ATTEMPTS else "failed")


def _left_by(process_mark: str, silence: timedelta) -> str:
    Job.objects.update(state="running", worker=process_mark, beat_at=timezone.now() - silence)
    jobs.requeue_stale()
    return Job.objects.get().state


def test_a_worker_that_died_on_this_machine_is_known_at_once_and_a_living_one_keeps_its_job(done):
    start(a_territory(), "test.work")
    mark = (
        "import django; django.setup(); from beffroi.web.platform.jobs.heartbeat import new_mark; "
        "print(new_mark(), flush=True); input()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", mark],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(DJANGO_SETTINGS_MODULE="beffroi.web.settings"),
    )
    others = other.stdout.readline().strip()
    assert others.count("/") == 3
    assert _left_by(others, timedelta(minutes=5)) == "running"  # silent, but it lives: never twice
    assert _left_by(others, heartbeat.HUNG_AFTER + timedelta(minutes=1)) == "waiting"
    other.kill()
    other.wait()
    assert _left_by(others, timedelta(seconds=0)) == "waiting"


def test_a_reused_process_number_is_not_a_sign_of_life(done):
    start(a_territory(), "test.work")
    machine, pid, _, rank = heartbeat.new_mark().split("/")
    assert _left_by(f"{machine}/{pid}/1/{rank}", timedelta(seconds=0)) == "waiting"


def test_a_worker_of_another_machine_is_known_by_its_silence(done):
    start(a_territory(), "test.work")
    assert _left_by("autre.1/42/1000/ab", timedelta(seconds=30)) == "running"
    assert _left_by("autre.1/42/1000/ab", timedelta(seconds=45)) == "waiting"


def test_a_worker_believed_dead_no_longer_counts(done, monkeypatch):
    job = start(a_territory(), "test.work")

    def slow(progress):
        Job.objects.update(worker="another's")  # meanwhile the clock gave the job to someone else
        done.append("before")
        progress.report(10, "trop tard")
        done.append("after")
        return "/jamais/"

    jobs.register("test.work", slow)
    jobs.run(job)
    job.refresh_from_db()
    assert done == ["before"]
    assert (job.state, job.location, job.message) == ("running", "", "")


def test_a_waiting_job_is_cancelled_and_retried_by_its_own_person(done):
    town = a_territory()
    one = a_person(town, "agent", email="a@example.org")
    other = a_person(town, "agent", email="b@example.org")
    job = start(town, "test.work", person=one)
    with pytest.raises(PermissionDenied):
        jobs.cancel(job, other)
    jobs.cancel(job, one)
    assert jobs.run(job).state == "cancelled"
    assert done == []
    jobs.retry(job, one)
    assert jobs.run(job).state == "done"
    assert done == ["k"]
    with pytest.raises(jobs.JobError, match="déjà commencé"):
        jobs.cancel(job, one)
    with pytest.raises(jobs.JobError, match="rien à recommencer"):
        jobs.retry(job, one)


def test_a_job_that_failed_is_done_again_from_its_page(done, client):
    town = a_territory()
    person = a_person(town, "agent")
    client.force_login(person)
    job = jobs.run(start(town, "test.refuse", person=person))
    page = f"/t/{town.slug}/travaux/{job.pk}/"
    assert "Recommencer" in client.get(page).content.decode()
    assert client.get(f"{page}recommencer/").status_code == 405
    client.post(f"{page}recommencer/")
    text = client.get(page).content.decode()
    assert "bientôt son tour" in text
    client.post(f"{page}abandonner/")
    assert "Ce travail est abandonné" in client.get(page).content.decode()


def test_a_waiting_job_states_how_many_pass_before(done, client):
    town = a_territory()
    person = a_person(town, "agent")
    client.force_login(person)
    for key in "abc":
        job = start(town, "test.work", key, person)
    message = client.get(f"/t/{town.slug}/travaux/{job.pk}/etat.json").json()
    assert message["message"] == "En attente : 2 autres de vos travaux passent avant"


def test_a_territory_may_not_have_more_than_so_many_jobs_wait(done, monkeypatch):
    monkeypatch.setattr(queue, "MAX_WAITING", 3)
    town = a_territory()
    for key in "abc":
        start(town, "test.work", key)
    with pytest.raises(jobs.TooManyJobs, match="attendent déjà"):
        start(town, "test.work", "d")
    assert start(town, "test.work", "a").key == "a"  # one that it has already is no new one
    neighbour = a_territory("Aulnoy", code="99T02")
    with scope.nowhere(), scope.inside(neighbour):
        assert start(neighbour, "test.work", "d").state == "waiting"


def test_two_territories_may_use_the_same_key_and_never_see_each_other(done):
    town, neighbour = a_territory(), a_territory("Aulnoy", code="99T02")
    own = start(town, "test.work")
    with scope.nowhere(), scope.inside(neighbour):
        others = start(neighbour, "test.work")
    assert own.pk != others.pk
    with scope.nowhere():
        assert scheduling.claim(2).pk == own.pk
        assert scheduling.claim(2).pk == others.pk


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
        for path in ("", "etat.json"):
            assert client.get(f"/t/{town.slug}/travaux/{job.pk}/{path}").status_code == status
    for act in ("abandonner", "recommencer"):
        assert client.post(f"/t/{town.slug}/travaux/{job.pk}/{act}/").status_code == 404
