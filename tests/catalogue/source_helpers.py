"""What the tests of the sources share: a real folder and a real local server, a source of each, and the clock's turn."""

import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import deliveries
from django.utils import timezone

from beffroi.lake.sources import Secret
from beffroi.web.catalogue.models import Dataset, Source
from beffroi.web.catalogue.sources import fetch_jobs, source_registry
from beffroi.web.catalogue.sources.fetch_schedules import Schedule
from beffroi.web.catalogue.sources.promises import Promise
from beffroi.web.platform import jobs, scope
from beffroi.web.platform.models import Job, Person, Territory

HOURLY = Schedule("hour", 1)


@dataclass
class Site:
    """A web server of the test: what each path answers, and what it was asked."""

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    broken: bool = False
    release: threading.Event | None = None  # while it is not set, an answer stops after its headers

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def served() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.requests.append((self.path, self.headers.get("Authorization", "")))
            content = site.files.get(self.path)
            self.send_response(503 if site.broken else 200 if content is not None else 404)
            body = b"" if site.broken or content is None else content
            self.send_header("Content-Type", "text/csv")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if site.release is not None:
                site.release.wait(120)
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def put(folder: Path, name: str, text: str) -> Path:
    """A file of the folder, old enough to be whole."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, "utf-8")
    before = time.time() - 3600
    os.utime(path, (before, before))
    return path


def source_settings(owner: Person, **more: Any) -> source_registry.Settings:
    values: dict[str, Any] = {
        "title": "Dossier de la régie",
        "dataset": None,
        "dataset_title": "Repas servis",
        "mode": "replace",
        "schedule": HOURLY,
        "owner": owner,
        "promise": Promise(),
    }
    return source_registry.Settings(**(values | more))


def watched(town: Territory, person: Person, folder: Path, **more: Any) -> Source:
    folder.mkdir(parents=True, exist_ok=True)
    return source_registry.add(
        town,
        person,
        {"kind": "folder", "path": str(folder)},
        Secret(),
        source_settings(more.pop("owner", person), **more),
    )


def online(town: Territory, person: Person, url: str, secret: Secret | None = None, **more: Any) -> Source:
    spec = {"kind": "http_file", "url": url}
    return source_registry.add(
        town, person, spec, secret or Secret(), source_settings(more.pop("owner", person), **more)
    )


def owed(town: Territory, person: Person, **more: Any) -> Source:
    more = {"schedule": Schedule(), **more}
    return source_registry.add(town, person, {}, Secret(), source_settings(person, **more))


def turn(town: Territory) -> list[Job]:
    """One turn of the clock, and the work that it started, as the worker would do it."""
    with scope.nowhere():
        fetch_jobs.start_due()
    return finish(town)


def finish(town: Territory) -> list[Job]:
    with scope.nowhere(), scope.inside(town):
        waiting = list(Job.objects.of(town).filter(state=Job.State.WAITING).order_by("pk"))
    return [jobs.run(job) for job in waiting]


def make_due(source: Source) -> None:
    """The hour has come."""
    Source.objects.filter(pk=source.pk).update(next_at=timezone.now())


def again(source: Source) -> Source:
    return Source.objects.select_related("dataset", "owner", "territory").get(pk=source.pk)


def rows(dataset: Dataset) -> int:
    return dataset.current.rows_total if dataset.current else 0


def _later(text: str) -> str:
    """The same counts a fortnight later: a day beyond 12 leaves no doubt about what comes first in the dates."""
    return re.sub(r"\b(\d\d)/(\d\d)/(\d{4})", lambda date: f"{int(date[1]) + 14}/{date[2]}/{date[3]}", text)


JANUARY, FEBRUARY = _later(deliveries.JANUARY), _later(deliveries.FEBRUARY)
JANUARY_COMPLETE = _later(deliveries.JANUARY_COMPLETE)
