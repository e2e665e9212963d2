"""Health of an instance: what each check says of a machine that is not well, who is told, and what monitors read."""

import errno
import json
import os
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.mail.backends import smtp
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from beffroi.home import HomeError
from beffroi.lake.sampling import DAILY, LONGEST, Sample
from beffroi.web.catalogue.lifecycle.file_storage import stored_file
from beffroi.web.catalogue.lifecycle.receiving import store_file
from beffroi.web.operations import backup_log, locks
from beffroi.web.operations.finding import Finding
from beffroi.web.operations.health import (
    alerts,
    checks,
    configuration,
    machine,
    network,
    report,
    service,
    stored,
)
from beffroi.web.operations.health.report import Check, HealthReport, State
from beffroi.web.operations.running_processes import RunningProcess, declare_processes, processes_of
from beffroi.web.platform import scope
from beffroi.web.platform.models import Duty, Job, Person
from beffroi.web.tenancy import hosting
from beffroi.web.tenancy.services import NewTerritory, found_territory
from beffroi.web.ui.help.markdown_pages import help_pages
from own_home import home  # noqa: F401  fixture
from places import a_person, a_territory, strongly
from servers import certificates, free_port, web
from support.clock import date_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(home):  # noqa: F811
    with scope.nowhere():
        return found_territory(NewTerritory(code="99T01", name="Valbruyère", kind="commune", population=900))


@pytest.fixture
def operator(town):
    person = Person.objects.create_user("exploitante@example.org", name="Exploitante")
    with scope.nowhere():
        hosting.set_host_operator(person, active=True, by=None)
    return person


@pytest.fixture
def serving(home):  # noqa: F811
    """As `beffroi serve` leaves it: this process plays all of them, for an hour."""
    home.address_file.write_bytes(b"http://127.0.0.1:8000")
    started = time.time() - 3600
    declare_processes(home, [RunningProcess("web", os.getpid(), started)])
    return home


def test_each_check_is_made_and_the_report_is_read_again_as_it_was(home, town):  # noqa: F811
    with scope.nowhere():
        made = checks.make(home)
    assert made.check("processes").state == State.WATCH  # not serving
    assert [each.key for each in made.checks] == ["files", *(kind.key for kind in checks.CHECKS)]
    assert all(each.action for each in made.problems)
    report.store(home, made)
    assert report.stored(home) == made
    (home.run / "health.json").write_text("{")
    assert report.stored(home) is None


def test_a_check_that_cannot_be_made_says_so_and_stops_no_other(home, town, monkeypatch):  # noqa: F811
    broken = machine._MEMINFO.with_name("nothing")
    monkeypatch.setattr(machine, "_MEMINFO", broken)
    made = checks.make(home)
    assert made.check("memory").state == State.WATCH
    assert len(made.checks) == len(checks.CHECKS) + 1


def test_the_disk_and_the_clock(home, town, settings, monkeypatch):  # noqa: F811
    assert machine.disk(home).state == State.GOOD
    settings.RESERVE = 1 << 60
    assert (machine.disk(home).state, bool(machine.disk(home).action)) == (State.BAD, True)
    monkeypatch.setattr(machine, "_is_synchronised", lambda: False)
    assert machine.clock(home).state == State.WATCH

    class Yesterday(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) - timedelta(days=1)

    monkeypatch.setattr(machine, "datetime", Yesterday)
    assert machine.clock(home).state == State.BAD  # the ledger has a line of today


def test_a_dead_process_a_job_that_waits_and_a_clock_that_stands_still(serving, town, caplog):
    assert {service.processes(serving).state, service.queue(serving).state} == {State.GOOD}
    gone = RunningProcess("tâches 1", 2**22 + 1, time.time(), [time.time() - 60])
    declare_processes(serving, [*processes_of(serving), gone])
    told = service.processes(serving)
    assert told.state == State.BAD
    assert "Ne tourne pas : tâches 1." in told.text and "tâches 1 (1 fois)" in told.text

    Duty.objects.create(name="roots", started_at=timezone.now() - timedelta(hours=1), failures=4)
    ahead = timezone.now() + timedelta(days=1)  # written while the machine's clock was wrong
    Duty.objects.create(name="figures", started_at=ahead)
    told = service.scheduler(serving)
    assert told.state == State.BAD and "« roots » (4 fois de suite)" in told.text

    with scope.inside(town):
        Job.objects.create(territory=town, key="a", kind="k", label="x", created_at=timezone.now() - timedelta(hours=3),
                           beat_at=timezone.now() - timedelta(hours=3))  # fmt: skip
        Job.objects.create(
            territory=town, key="b", kind="k", label="x", state=Job.State.RUNNING, worker="elsewhere/1/2/3",
            beat_at=timezone.now() - timedelta(hours=1),
        )  # fmt: skip
    told = service.queue(serving)
    assert (
        told.state == State.BAD
        and "180 minutes" in told.text
        and "1\N{NO-BREAK SPACE}travail figé" in told.text
    )

    with caplog.at_level("WARNING", "django.request"):
        answer = Client().get("/sante/")
    assert answer.status_code == 503 and not caplog.records  # asked each minute, it would fill the log
    assert answer.json() == {"status": "degraded", "problems": ["scheduler", "queue"]}


def test_health_answers_yes_where_all_is_well_and_says_what_stops_the_writing(serving, town, settings):
    answer = Client().get("/sante/")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "problems": []})
    settings.RESERVE = 1 << 60
    answer = Client().get("/sante/")
    assert (answer.status_code, answer.json()["problems"]) == (503, ["disk"])


def test_a_certificate_that_ends_soon_and_one_that_nobody_trusts(home, settings, tmp_path, monkeypatch):  # noqa: F811
    assert network.certificate(home).state == State.GOOD  # http on this machine
    context, authority = certificates.certified(tmp_path / "tls", "localhost")
    with web.serving(lambda _: web.Reply("ok"), encrypted=context) as site:
        settings.BASE_URL = f"https://localhost:{site.port}"
        assert network.certificate(home).state == State.BAD
        monkeypatch.setenv("SSL_CERT_FILE", authority)
        left = network.days_left("localhost", site.port)
        for days, state in ((left - 1, State.WATCH), (left + 1, State.BAD)):
            monkeypatch.setattr(network, "SOON", left + 5)
            monkeypatch.setattr(network, "VERY_SOON", days)
            assert network.certificate(home).state == state
    assert network.certificate(home).state == State.WATCH  # nothing answers there any more


def test_a_mail_server_that_does_not_answer(home, settings):  # noqa: F811
    assert network.mail(home).state == State.WATCH  # nobody is warned
    settings.ALERT_WEBHOOK = "https://alertes.example.org"
    assert network.mail(home).state == State.GOOD
    port = free_port()
    settings.MAIL_HOST, settings.MAIL_PORT = "127.0.0.1", port
    options = {"host": "127.0.0.1", "port": port, "use_tls": True}
    settings.MAILERS = {"default": {"BACKEND": f"{smtp.__name__}.EmailBackend", "OPTIONS": options}}
    told = network.mail(home)
    assert told.state == State.BAD and "connexion refusée" in told.text


def test_settings_that_contradict_each_other(home, town, settings, tmp_path):  # noqa: F811
    assert configuration.contradictions(home).state == State.GOOD
    settings.BASE_URL, settings.ALLAUTH_TRUSTED_PROXY_COUNT = "http://beffroi.example.org", 1
    settings.MAIL_HOST = "mail.example.org"
    settings.QUOTAS = {"*": 1 << 60, "nobody": 1}
    settings.SOURCE_FOLDERS = [f"*={home.path}/depots", f"nobody={tmp_path}", "*=/nowhere"]
    settings.COPY_FOLDERS = ["*=", "*=src"]
    (home.path / "depots").mkdir()
    home.path.chmod(0o755)
    told = configuration.contradictions(home)
    assert told.state == State.BAD and told.action
    (guide,) = (each for each in help_pages() if each.slug == "installer")
    assert told.guide in {*(each.anchor for each in guide.headings)}
    for each in (
        "n'est pas chiffrée", "en http", "beffroi@localhost", "plus que le disque", "« nobody »", "touche celui de l'instance",
        "/nowhere", "Le dossier «  » (BEFFROI_COPY_FOLDERS)", "Le dossier « src » (BEFFROI_COPY_FOLDERS)", "D'autres comptes",
    ):  # fmt: skip
        assert each in told.text


def test_a_backup_is_late_then_lost_from_sight(home, town, monkeypatch):  # noqa: F811
    date_file(home.secret_key)
    assert stored.backups(home).state == State.WATCH  # an instance of today has none yet
    old = (datetime.now(UTC) - timedelta(days=9)).timestamp()
    os.utime(home.secret_key, (old, old))
    assert stored.backups(home).state == State.BAD
    backup_log.record(home, home.backups / "beffroi-x.tar.gz", whole=True)
    assert stored.backups(home).state == State.WATCH  # nowhere else
    backup_log.declare_copy(home, "coffre", "Camille")
    assert stored.backups(home).state == State.GOOD
    log = json.loads((home.backups / "log.json").read_text())
    for days, state in ((2, State.WATCH), (5, State.BAD)):
        log["made"]["at"] = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        (home.backups / "log.json").write_text(json.dumps(log))
        assert stored.backups(home).state == state
    backup_log.record(home, home.backups / "beffroi-y.tar.gz", whole=False, lacking={"valbruyere"})
    assert "Il manque quelque chose à la dernière (valbruyere)" in stored.backups(home).text
    assert backup_log.read(home).whole.file.endswith("beffroi-x.tar.gz")


def test_a_backup_that_fails_is_bad_until_one_succeeds(home, town):  # noqa: F811
    backup_log.record(home, "sftp:backup:/srv", whole=True, outside=True)
    with pytest.raises(locks.Busy), backup_log.recorded_failures(home):
        raise locks.Busy("Une sauvegarde est déjà en cours.")
    assert stored.backups(home).state == State.GOOD
    for error, why in (
        (HomeError("Le dépôt ne répond pas. Rien n'a été modifié."), "a échoué : Le dépôt ne répond pas. La"),
        (OSError(errno.ENOSPC, "No space left on device"), "Le disque est plein."),
    ):
        with pytest.raises(type(error)), backup_log.recorded_failures(home):
            raise error
        told = stored.backups(home)
        assert told.state == State.BAD and why in told.text and told.action
    backup_log.record(home, "sftp:backup:/srv", whole=True, outside=True)
    assert stored.backups(home).state == State.GOOD


def test_the_page_of_backups_says_what_failed_what_lacks_and_what_brings_it_back(home, town, operator):  # noqa: F811
    chief = strongly(Client(), a_person(town, "administrator", email="chief@example.org"))
    backup_log.record(home, "/srv/backups", whole=True, snapshot="1a2b3c4d")
    backup_log.record(home, "/srv/backups", whole=False, snapshot="5e6f7a8b", lacking=["valbruyere"])
    with pytest.raises(HomeError), backup_log.recorded_failures(home):
        raise HomeError("Le dépôt ne répond pas. Rien n'a été modifié.")
    page = chief.get(reverse("backup", args=[town.slug])).content.decode()
    assert "beffroi restore --snapshot 1a2b3c4d --territory valbruyere" in page
    assert "Le dépôt ne répond pas." in page and "Dernière tentative" in page


def test_a_repository_outside_is_a_copy_elsewhere_and_the_trial_of_a_backup_is_told(home, town):  # noqa: F811
    assert stored.trial(home).state == State.GOOD  # nothing to try yet
    backup_log.record(home, "/srv/backups", whole=True, snapshot="1a2b3c4d")
    assert (stored.backups(home).state, stored.trial(home).state) == (State.WATCH, State.WATCH)
    backup_log.record(home, "sftp:backup:/srv", whole=True, snapshot="1a2b3c4d", outside=True)
    assert stored.backups(home).state == State.GOOD
    now = datetime.now(UTC)
    yesterday = timezone.localtime().replace(hour=0, minute=0, second=0) - timedelta(minutes=1)
    for tried, state, word in (
        (backup_log.Tried("1a2b3c4d", yesterday, 12, 3.0), State.GOOD, "il y a 1"),
        (backup_log.Tried("1a2b3c4d", now, 12, 3.0), State.GOOD, "identique"),
        (backup_log.Tried("1a2b3c4d", now, 4, 3.0, share=0.31, towns=("a",)), State.GOOD, "31 %"),
        (backup_log.Tried("1a2b3c4d", now - timedelta(days=9), 12, 3.0), State.WATCH, "il y a"),
        (backup_log.Tried("1a2b3c4d", now, 0, 3.0, "La sauvegarde est abîmée (a)."), State.BAD, "abîmée (a)"),
    ):
        backup_log.record_trial(home, tried)
        assert backup_log.read(home).tried.share == tried.share
        verdict = stored.trial(home)
        assert verdict.state == state and word in verdict.text, verdict
        assert bool(verdict.action) == (state != State.GOOD)


def test_every_file_is_in_the_sample_once_in_a_cycle():
    names = [f"ducklake-{n}.parquet" for n in range(500)]
    sample = Sample.of(date(2026, 1, 1), 10 * DAILY)
    assert sample.cycle == 10
    days = [Sample(date(2026, 1, 1) + timedelta(day), sample.cycle) for day in range(sample.cycle)]
    chosen = [name for day in days for name in names if day.chooses(name, 7)]
    assert sorted(chosen) == sorted(names)
    assert sum(day.share for day in days) == pytest.approx(1)
    assert Sample.of(date(2026, 1, 1), 10_000 * DAILY).cycle == LONGEST
    assert Sample.of(date(2026, 1, 1), 10).chooses("a", 1)


def test_a_file_changed_without_changing_its_size_is_found_by_the_sample(home, town):  # noqa: F811
    agent = a_person(town, "agent")
    with scope.inside(town):
        file = stored_file(store_file(town, agent, "eau.csv", [b"jour;m3\n2026-01-01;12\n"]))
    assert stored.check_files(home) == ([], 1)
    file.chmod(0o600)
    file.write_bytes(file.read_bytes().replace(b"12", b"21"))
    found, share = stored.check_files(home)
    assert share == 1 and [file.name in each.what for each in found] == [True]
    assert checks.of_files(home, found, share).check("files").state == State.BAD


def test_a_file_lost_after_a_good_report_is_bad_at_the_next_round(home, town, monkeypatch):  # noqa: F811
    agent = a_person(town, "agent")
    with scope.inside(town):
        file = stored_file(store_file(town, agent, "eau.csv", [b"jour;m3\n2026-01-01;12\n"]))
    first = checks.make(home)
    again = checks.make(home, first)
    assert (again.read_at, again.seen_at > first.seen_at) == (first.read_at, True)
    assert "vu à" in again.check("files").text and "chaque fichier relu ce jour" in again.check("files").text
    file.unlink()
    monkeypatch.setattr(checks, "CHEAP", -1)  # a home so large that its files are looked for each hour
    assert checks.make(home, again).check("files").state == State.GOOD
    for lost in (checks.make(home, again, look=True), checks.make(home, replace(again, seen_cost=-2))):
        assert lost.check("files").state == State.BAD and file.name in lost.check("files").text
    assert checks.make(home, lost).read_at == first.read_at  # nothing is read again while it is lost
    file.write_bytes(b"jour;m3\n2026-01-01;21\n")
    assert "a changé" in checks.make(home, lost).check("files").text


def test_an_alert_is_told_once_and_its_end_too(home, town, operator, settings, mailoutbox):  # noqa: F811
    settings.MAIL_HOST = "mail.example.org"

    def made(state: State) -> HealthReport:
        check = Check("disk", "Disque", state, "1 Go libre.", "Libérez de la place.")
        return HealthReport(timezone.now(), (check,))

    with web.serving(lambda _: web.Reply("ok")) as hook:
        settings.ALERT_WEBHOOK = hook.url("/alertes")
        told = [
            alerts.announce(home, made(state))
            for state in (State.WATCH, State.BAD, State.BAD, State.GOOD, State.GOOD)
        ]
        assert told == [False, True, False, True, False]
        first, second = (each.json() for each in hook.asked)
        assert [each["key"] for each in first["bad"]] == ["disk"] and second["recovered"] == ["disk"]
    assert [mail.to for mail in mailoutbox] == [[operator.email]] * 2
    assert "Libérez de la place." in mailoutbox[0].body


def test_a_report_that_cannot_be_stored_silences_no_alert(home, town, settings):  # noqa: F811
    home.path.chmod(0o755)  # bad, and told
    (home.run / "health.json").mkdir()  # as a disk that takes nothing more
    with web.serving(lambda _: web.Reply("ok")) as hook:
        settings.ALERT_WEBHOOK = hook.url()
        assert checks.check_now().check("settings").state == State.BAD
        assert "settings" in [each["key"] for each in hook.asked[0].json()["bad"]]
    assert report.stored(home) is None


def test_an_alert_that_did_not_leave_is_tried_again(home, settings):  # noqa: F811
    bad = HealthReport(timezone.now(), (Check("disk", "Disque", State.BAD, "Plein."),))
    answers = iter((500, 302, 204))
    with web.serving(lambda _: web.Reply(status=next(answers), headers={"Location": "/ailleurs"})) as hook:
        settings.ALERT_WEBHOOK = hook.url()
        assert [alerts.announce(home, bad) for _ in range(4)] == [False, False, True, False]
        assert {each.path for each in hook.asked} == {"/"}


def test_metrics_are_for_who_bears_the_token(serving, town, settings):
    report.store(
        serving,
        checks.of_files(serving, [Finding("rows:x", "x", territory="ici"), Finding("people:y", "y")], None),
    )
    assert Client().get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "t" * 24
    for given in ("", "Bearer ", "Bearer é", f"Basic {'t' * 24}", f"Bearer {'u' * 24}"):
        assert Client().get("/metrics", HTTP_AUTHORIZATION=given).status_code == 404
    answer = Client().get("/metrics", HTTP_AUTHORIZATION=f"Bearer {'t' * 24}")
    found = {family.name: family for family in text_string_to_metric_families(answer.content.decode())}
    states = {sample.labels["check"]: sample.value for sample in found["beffroi_health"].samples}
    assert set(states) == {"files", *(kind.key for kind in checks.CHECKS)} and set(states.values()) <= {
        0,
        1,
        2,
    }
    standing = {(s.labels["kind"], s.labels["territory"]): s.value for s in found["beffroi_findings"].samples}
    assert standing == {("rows", "ici"): 1, ("people", ""): 1}
    assert found["beffroi_disk_free_bytes"].samples[0].value > 0
    assert found["beffroi_backup_age_seconds"].samples[0].value == float("inf")
    assert town.name not in answer.content.decode()


def test_the_page_of_the_host_and_of_a_town_alone(home, town, operator):  # noqa: F811
    date_file(home.secret_key)
    host = strongly(Client(), operator)
    chief = strongly(Client(), a_person(town, "administrator", email="chief@example.org"))
    own = reverse("instance-health", args=[town.slug])
    assert "Aucun contrôle" in host.get(reverse("host-health")).content.decode()
    home.path.chmod(0o755)
    page = host.post(reverse("host-health-check"), follow=True).content.decode()
    assert "1 à traiter, " in page.replace("\N{NO-BREAK SPACE}", " ")
    assert page.index("à traiter") < page.index("chmod -R go=") < page.rindex("Ce qui va")
    assert "chmod -R go=" in chief.get(own).content.decode()
    front = chief.get(reverse("territory", args=[town.slug])).content.decode()
    assert f'href="{own}"' in front and "Santé de l&#x27;instance" in front
    home.path.chmod(0o700)
    assert chief.post(reverse("instance-health-check", args=[town.slug])).status_code == 302
    assert f'href="{own}"' not in chief.get(reverse("territory", args=[town.slug])).content.decode()
    agent = strongly(Client(), a_person(town, "agent", email="agent@example.org"))
    assert {agent.get(own).status_code, agent.get(reverse("host-health")).status_code} == {404}


def test_a_hosted_town_sees_nothing_of_its_host(home, town, operator):  # noqa: F811
    hosted = a_territory("Hébergée", code="99T02")
    chief = strongly(Client(), a_person(hosted, "administrator", email="hosted@example.org"))
    assert chief.get(reverse("instance-health", args=[hosted.slug])).status_code in (403, 404)
    assert chief.post(reverse("instance-health-check", args=[hosted.slug])).status_code in (403, 404)
