"""Lanes of the site: a territory that is flooded waits behind itself, strangers take no place from its people."""

import io
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from beffroi.web.platform.concurrency import middleware as fairness
from beffroi.web.platform.concurrency.fair_queue import Bounds, FairQueue, Full, Ticket
from beffroi.web.platform.jobs import TooManyJobs
from places import a_person, a_territory

QUIET = 60.0


class Crowd:
    """Requests that enter a gate, each in a thread of its own, in order, and leave when told."""

    def __init__(self, gate: FairQueue) -> None:
        self.gate, self.entered, self.refused = gate, [], []
        self.tickets: dict[str, Ticket] = {}
        self._threads: list[threading.Thread] = []

    def come(self, lane: str, name: str) -> None:
        def enter() -> None:
            try:
                self.tickets[name] = self.gate.enter(lane)
                self.entered.append(name)
            except Full:
                self.refused.append(name)

        before = self._stirred()
        thread = threading.Thread(target=enter, daemon=True)
        thread.start()
        self._threads.append(thread)
        until(lambda: self._stirred() != before)

    def leave(self, name: str) -> None:
        until(lambda: name in self.tickets)
        self.gate.leave(self.tickets.pop(name))

    def _stirred(self) -> tuple[int, int, int]:
        waiting = sum(len(lane.waiting) for lane in self.gate._lanes.values())
        return len(self.entered), len(self.refused), waiting


def until(truth: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not truth():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_a_single_lane_works_several_at_once_and_one_of_several_one_at_a_time():
    crowd = Crowd(FairQueue(Bounds(at_work=8, single_lane=3, each_lane=1, in_line=8, quiet=QUIET)))
    for n in range(5):
        crowd.come("a", f"a{n}")
    assert crowd.entered == ["a0", "a1", "a2"]
    crowd.come("b", "b0")
    assert crowd.entered[3:] == ["b0"]  # at once, although two of the other wait
    for n in range(2):
        crowd.leave(f"a{n}")
    assert crowd.entered[4:] == []
    crowd.leave("a2")
    until(lambda: crowd.entered[4:] == ["a3"])


def test_places_are_granted_in_rotation():
    crowd = Crowd(FairQueue(Bounds(at_work=1, quiet=QUIET, crowd=99)))
    for name in ("a0", "a1", "a2", "b0", "c0", "b1"):
        crowd.come(name[0], name)
    for rank, name in enumerate(("a0", "b0", "c0", "a1", "b1", "a2"), start=1):
        until(lambda rank=rank: len(crowd.entered) == rank)
        crowd.leave(name)
    assert crowd.entered == ["a0", "b0", "c0", "a1", "b1", "a2"]


def test_a_lane_too_long_is_refused_and_a_crowd_gives_its_last_place_to_a_newcomer():
    crowd = Crowd(FairQueue(Bounds(at_work=1, in_line=3, inside=5, quiet=QUIET)))
    for n in range(5):
        crowd.come("a", f"a{n}")
    assert (crowd.entered, crowd.refused) == (["a0"], ["a4"])
    crowd.come("b", "b0")
    crowd.come("c", "c0")  # every place is taken: the longest lane gives one up
    until(lambda: crowd.refused == ["a4", "a3"])
    crowd.leave("a0")
    until(lambda: crowd.entered == ["a0", "b0"])


def test_who_rests_lets_others_work_and_comes_back_first():
    gate = FairQueue(Bounds(at_work=1, quiet=QUIET))
    crowd = Crowd(gate)
    for name in ("a0", "a1", "a2"):
        crowd.come("a", name)
    answered = threading.Event()

    def rest() -> None:
        with gate.released(crowd.tickets["a0"]):
            answered.wait(20)
        crowd.entered.append("a0 again")

    threading.Thread(target=rest, daemon=True).start()
    until(lambda: crowd.entered == ["a0", "a1"])
    answered.set()
    until(lambda: len(gate._lanes["a"].waiting) == 2)
    crowd.leave("a1")
    until(lambda: crowd.entered == ["a0", "a1", "a0 again"])
    crowd.leave("a0")
    until(lambda: crowd.entered[-1] == "a2")


def test_a_crowd_lets_the_others_through_first_but_not_for_ever():
    crowd = Crowd(FairQueue(Bounds(at_work=8, single_lane=1, crowd=2, patience=QUIET, quiet=QUIET)))
    crowd.come("b", "b0")
    for n in range(3):
        crowd.come("a", f"a{n}")
    # The first came before there was a crowd; those behind wait until nobody else is at work.
    assert crowd.entered == ["b0", "a0"]
    crowd.leave("a0")
    assert crowd.entered == ["b0", "a0"]
    crowd.gate.bounds = replace(crowd.gate.bounds, patience=0.0)
    crowd.come("a", "a3")
    until(lambda: crowd.entered == ["b0", "a0", "a1"])  # its patience is over
    crowd.leave("b0")
    crowd.leave("a1")
    until(lambda: crowd.entered[-1] == "a2")


def test_a_crowd_lets_a_page_through_while_it_waits_for_its_queries_but_not_while_a_visitor_reads():
    gate = FairQueue(Bounds(at_work=8, single_lane=2, crowd=2, patience=QUIET, quiet=QUIET))
    crowd = Crowd(gate)
    crowd.come("b", "b0")
    for n in range(4):
        crowd.come("a", f"a{n}")
    assert crowd.entered == ["b0", "a0"]
    gate.pause(crowd.tickets["b0"])  # its page asks a query process
    crowd.leave("a0")
    assert crowd.entered == ["b0", "a0"]
    gate.resume(crowd.tickets["b0"])
    gate.move_to_downloads(
        crowd.tickets["b0"], "b/files"
    )  # its visitor reads a long answer, at their own pace
    until(lambda: crowd.entered == ["b0", "a0", "a1"])


@pytest.mark.django_db
def test_a_long_answer_is_made_in_its_turn_and_leaves_its_place_when_it_is_closed(fresh):
    def view(request):
        return StreamingHttpResponse(iter([b"un", b"deux"]))

    middleware = fairness.FairQueueMiddleware(view)
    answers = [middleware(RequestFactory().get("/p/export.csv")) for _ in range(4)]
    assert middleware(RequestFactory().get("/p/export.csv")).status_code == 429
    crowd = Crowd(fairness.queue)
    crowd.come("t/valbruyere", "page")  # nothing at work: the downloads rest
    until(lambda: crowd.entered == ["page"])
    crowd.leave("page")
    assert b"".join(answers[0]) == b"undeux"
    for answer in answers:
        answer.close()
    assert all(lane.paused == lane.at_work == 0 for lane in fairness.queue._lanes.values())
    assert middleware(RequestFactory().get("/p/export.csv")).status_code == 200


def test_a_body_that_nobody_read_is_dropped_while_others_work(fresh):
    crowd = Crowd(fairness.queue)

    class Body(io.BytesIO):
        def read(self, size=-1):
            if "page" not in crowd.tickets:
                crowd.come("t/valbruyere", "page")
                until(lambda: crowd.entered == ["page"])
            return super().read(size)

    body = Body(b"x" * 200_000)
    length = {"CONTENT_LENGTH": "200000", "wsgi.input": body}
    middleware = fairness.FairQueueMiddleware(lambda request: HttpResponse(status=401))
    assert middleware(RequestFactory().post("/machines/inventaire", **length)).status_code == 401
    assert body.tell() == 200_000
    crowd.leave("page")
    assert all(lane.paused == lane.at_work == 0 for lane in fairness.queue._lanes.values())


@pytest.fixture
def fresh(monkeypatch):
    monkeypatch.setattr(fairness, "known", fairness.KnownSessions())
    monkeypatch.setattr(fairness, "queue", FairQueue(Bounds(at_work=1, in_line=1, inside=20, quiet=QUIET)))


def _lane_of(path: str, client: Client | None = None, **more: str) -> str:
    request = RequestFactory().get(path, **more)
    if client is not None:
        request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items()}
    return fairness.lane_of(request)


@pytest.mark.django_db
def test_only_an_admitted_session_uses_the_lane_of_a_territory(fresh, client):
    town, other = a_territory(), a_territory("Aulnoy", code="99T02")
    client.force_login(a_person(town, "agent"))
    page = f"/t/{town.slug}/"
    assert _lane_of(page, client) == "visitor/127.0.0.1"
    assert client.get(page).status_code == 200
    assert _lane_of(page, client) == f"t/{town.slug}"
    assert _lane_of("/accueil/", client) == f"t/{town.slug}"
    assert client.get(f"/t/{other.slug}/").status_code == 404
    assert _lane_of(f"/t/{other.slug}/", client) == "visitor/127.0.0.1"
    assert _lane_of(page, REMOTE_ADDR="192.0.2.7") == "visitor/192.0.2.7"
    assert _lane_of(page, client, CONTENT_LENGTH="900000") == f"t/{town.slug}/files"


@pytest.mark.django_db
def test_a_stranger_who_floods_a_territory_is_refused_and_its_people_are_served(fresh, client):
    town = a_territory()
    client.force_login(a_person(town, "agent"))
    page = f"/t/{town.slug}/"
    client.get(page)
    crowd = Crowd(fairness.queue)
    crowd.come("visitor/192.0.2.7", "working")
    crowd.come("visitor/192.0.2.7", "waiting")
    refused = Client().get(page, REMOTE_ADDR="192.0.2.7")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "2"
    assert "Rechargez la page dans quelques secondes" in refused.content.decode()
    assert Client().get("/sante/", REMOTE_ADDR="192.0.2.7").status_code == 200
    threading.Timer(0.2, crowd.leave, ["working"]).start()
    assert client.get(page).status_code == 200
    crowd.leave("waiting")


def test_a_full_queue_of_work_is_reported_on_a_page(fresh):
    def view(request):
        raise AssertionError("unused")

    middleware = fairness.FairQueueMiddleware(view)
    answer = middleware.process_exception(
        RequestFactory().post("/"), TooManyJobs("200 travaux attendent déjà.")
    )
    assert isinstance(answer, HttpResponse)
    assert answer.status_code == 429
    assert "200 travaux attendent déjà." in answer.content.decode()
    assert middleware.process_exception(RequestFactory().post("/"), ValueError("x")) is None
