"""A worker killed with -9 in the middle of a fetch: taken up again, it takes effect once, and the cursor never runs ahead."""

import json
import random
import threading
import time
from pathlib import Path

import pytest
from real_instance import Instance, found, until
from source_helpers import JANUARY, Site, served

import rings

_ADD = """
from beffroi.lake.sources import Secret
from beffroi.web.catalogue.sources.fetch_schedules import Schedule
person = Person.objects.get()
settings = source_registry.Settings("Repas", None, "Repas servis", "append", Schedule(), person)
source = source_registry.add(town, person, {"kind": "http_file", "url": sys.argv[2]}, Secret(), settings)
"""
_STATE = """
source = Source.objects.get()
print(json.dumps({
    "fetches": [f.state for f in source.fetches.order_by("pk")],
    "deliveries": Delivery.objects.filter(state="done").count(),
    "kept": Delivery.objects.count(),
    "snapshots": [s.rows_total for s in Snapshot.objects.filter(state="done").order_by("number")],
    "intended": Snapshot.objects.filter(state="intended").count(),
    "cursor": source.cursor,
    "jobs": [j.state for j in Job.objects.order_by("pk")],
}))
"""
_DUE = "from django.utils import timezone\nSource.objects.update(next_at=timezone.now())"


def state(instance: Instance) -> dict:
    return json.loads(instance.do(_STATE))


def to_the_end(instance: Instance, fetches: int) -> dict:
    """Another worker carries on, as the supervisor would have it."""
    instance.tick(2)
    worker = instance.worker()
    try:
        return until(
            lambda: (
                (now := state(instance))["fetches"] == ["poured"] * fetches and not now["intended"] and now
            ),
            f"{fetches} fetches poured: {state(instance)}",
        )
    finally:
        worker.kill()
        worker.wait()


@pytest.mark.long
def test_a_fetch_killed_while_the_source_answers_and_then_at_any_instant_takes_effect_once(tmp_path: Path):
    with served() as site:
        instance = found(tmp_path, BEFFROI_ALLOWED_HOSTS_OUT=f"127.0.0.1:{site.port}")
        instance.do(_ADD, site.url("/repas.csv"))
        _killed_while_the_source_answers(instance, site)
        rng = random.Random(20)
        for turn in range(2, 4 if rings.LONG else 3):
            _killed_later(instance, site, turn, rng.uniform(0.0, 0.8))


def _killed_while_the_source_answers(instance: Instance, site: Site) -> None:
    site.release = threading.Event()
    site.files["/repas.csv"] = JANUARY.encode()
    instance.tick(2)
    worker = instance.worker()
    until(lambda: site.requests, "the source was called")
    worker.kill()
    worker.wait()
    halfway = state(instance)
    assert (halfway["fetches"], halfway["kept"], halfway["cursor"]) == (["running"], 0, "")
    site.release.set()
    done = to_the_end(instance, 1)
    assert (done["snapshots"], done["kept"], done["deliveries"]) == ([4], 1, 1)
    assert done["cursor"]


def _killed_later(instance: Instance, site: Site, turn: int, instant: float) -> None:
    """At some instant after the answer: while it is kept, read, poured, or after."""
    before = state(instance)
    site.files["/repas.csv"] = JANUARY.replace("/2025", f"/{2025 + turn}").encode()
    instance.do(_DUE)
    instance.tick(2)
    calls = len(site.requests)
    worker = instance.worker()
    until(lambda: len(site.requests) > calls, "the source was called again")
    time.sleep(instant)
    worker.kill()
    worker.wait()
    halfway = state(instance)
    if halfway["fetches"][-1] != "poured":
        assert halfway["cursor"] == before["cursor"]
    done = to_the_end(instance, turn)
    assert done["snapshots"] == [4 * n for n in range(1, turn + 1)]
    assert (done["kept"], done["deliveries"]) == (turn, turn)
