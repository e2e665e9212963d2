"""`/metrics` in the text form of Prometheus: the checks' states, the disk, the queue, restarts, backups. Nothing of the data."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from beffroi import __version__
from beffroi.home import Home
from beffroi.web.platform import scope
from beffroi.web.platform.models import Duty, Territory
from beffroi.web.platform.storage import disk_space

from .. import backup_log
from . import report, service
from .report import State

CONTENT_TYPE = CONTENT_TYPE_LATEST


def render(home: Home) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(home))
    return generate_latest(registry)


class _Collector:
    """Reads everything when it is asked: nothing is counted in the process, so that several web processes say the same."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def collect(self) -> Iterator[Metric]:
        with scope.nowhere():
            yield from _of_checks(self._home)
            yield from _of_service(self._home)
            yield from _of_storage(self._home)


def _of_checks(home: Home) -> Iterator[Metric]:
    made = report.stored(home)
    states = GaugeMetricFamily(
        "beffroi_health", "State of a check: 0 good, 1 to watch, 2 bad", labels=["check"]
    )
    for check in made.checks if made else ():
        states.add_metric([check.key], list(State).index(check.state))
    yield states
    gauge = GaugeMetricFamily(
        "beffroi_findings",
        "What stands wrong in what is stored, by kind and territory (empty: the whole instance)",
        labels=["kind", "territory"],
    )
    for kind, counts in (made.findings if made else {}).items():
        for territory, count in counts.items():
            gauge.add_metric([kind, territory], count)
    yield gauge
    yield _gauge(
        "beffroi_health_report_age_seconds",
        "Age of the report behind these states",
        _age(made.at if made else None),
    )
    yield _gauge(
        "beffroi_health_bytes_reread_share",
        "Share of the bytes read again, 0 to 1",
        made.share if made else 0,
    )


def _of_service(home: Home) -> Iterator[Metric]:
    queue, restarts = service.queue_state(), service.restarts(home)
    jobs = GaugeMetricFamily("beffroi_jobs", "Jobs by state; failed: within a day", labels=["state"])
    for state, count in (
        ("waiting", queue.waiting), ("running", queue.running), ("hung", queue.hung), ("failed", queue.failed),
    ):  # fmt: skip
        jobs.add_metric([state], count)
    yield jobs
    yield _gauge(
        "beffroi_jobs_oldest_wait_seconds", "Wait of the oldest waiting job", queue.oldest.total_seconds()
    )
    starts = GaugeMetricFamily("beffroi_process_restarts", "Restarts within a day", labels=["process"])
    for name, count in restarts.items():
        starts.add_metric([name], count)
    yield starts
    yield _gauge(
        "beffroi_scheduler_age_seconds", "Since the clock last began a task", _age(service.last_tick())
    )
    yield _gauge(
        "beffroi_periodic_tasks_failing",
        "Periodic tasks that failed last time",
        Duty.objects.filter(failures__gt=0).count(),
    )


def _of_storage(home: Home) -> Iterator[Metric]:
    made = backup_log.read(home).made
    yield _gauge("beffroi_disk_free_bytes", "Free bytes of the disk of the instance", disk_space.free())
    yield _gauge("beffroi_disk_reserve_bytes", "Free bytes under which nothing is written", settings.RESERVE)
    yield _gauge("beffroi_backup_age_seconds", "Age of the last backup", _age(made.at if made else None))
    yield _gauge(
        "beffroi_backup_whole", "Whether the last backup lacked nothing", int(bool(made and made.whole))
    )
    yield _gauge("beffroi_territories", "Territories of the instance", Territory.objects.count())
    info = GaugeMetricFamily("beffroi_info", "Version of the program", labels=["version"])
    info.add_metric([__version__], 1)
    yield info


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _age(moment: datetime | None) -> float:
    """Seconds since; infinite where it never was."""
    return float("inf") if moment is None else max(0.0, (timezone.now() - moment).total_seconds())
