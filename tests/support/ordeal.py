"""Killing in turn each process of a served instance under the load of its witnesses, then counting what is there.

In: an instance. Out: how long each took to be back, and the audit: what was acknowledged and is there, once. The tests run it
once on each database; `python -m benchmarks.ordeal` for longer.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from support.load import come_in
from support.served import Instance, until
from support.witnesses import ROWS, Decider, Depositor, Witness

VICTIMS: tuple[tuple[str, ...], ...] = (
    ("beffroi-work",),
    ("beffroi-web", "beffroi-web"),  # the process that answers, started again by its parent
    ("beffroi-queries", "recipes.worker", "recipes.worker"),  # a query process, forked by their server
    ("beffroi-queries", "recipes.worker"),
    ("beffroi-clock",),
    ("beffroi-web",),
    ("beffroi-queries",),
)

AUDIT = """
import json, sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import opened
home = opened(Path(sys.argv[1]))
from beffroi.lake.store import Lake
from beffroi.web.catalogue.models import Delivery, Snapshot
from beffroi.web.catalogue.lifecycle.file_storage import stored_file
from beffroi.web.decisions.models import Decision
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Job, LedgerLine, Territory
audit = {}
for town in Territory.objects.all():
    with scope.inside(town):
        deliveries = list(Delivery.objects.of(town))
        done = list(Snapshot.objects.of(town).filter(state="done").select_related("dataset"))
        poured = {}
        if done:
            with Lake(home.lake(town.slug, "lasting"), read_only=True) as lake:
                for s in done:
                    poured.setdefault(str(s.delivery_id), []).append(lake.count(s.dataset.table, s.lake_version))
        lines = list(LedgerLine.objects.filter(territory=town).values_list("act", "thing"))
        audit[town.slug] = {
            "deliveries": [d.sha256 for d in deliveries],
            "files": sum(stored_file(d).is_file() for d in deliveries),
            "poured": poured,
            "half": Snapshot.objects.of(town).exclude(state="done").count(),
            "decisions": [str(d.proposal_id) for d in Decision.objects.of(town)],
            "lines": {act: sorted(thing for a, thing in lines if a == act) for act in {a for a, _ in lines}},
            "jobs": sorted(Job.objects.of(town).exclude(state="done").values_list("label", "state", "message")),
            "verified": ledger.verify(town).ok,
        }
print("AUDIT" + json.dumps(audit))
"""


@dataclass
class Ordeal:
    instance: Instance
    witnesses: list[Witness] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def begin(self) -> None:
        for n, slug in enumerate(self.instance.towns):
            for role, kind in (("steward", Depositor), ("decider", Decider)):
                session = come_in(self.instance.link(f"{role}{n}@example.org"))
                self.witnesses.append(kind(session, slug))
        for witness in self.witnesses:
            witness.start()
        self.work_goes_on("the beginning")

    def strike(self, name: str, blow: Callable[[], object]) -> None:
        """Strike, then see new writes of every kind acknowledged: how long that took is kept."""
        blow()
        start = time.monotonic()
        self.work_goes_on(name)
        self.seconds[name] = round(time.monotonic() - start, 1)

    def work_goes_on(self, after: str) -> None:
        before = [len(witness.noted) for witness in self.witnesses]
        until(
            lambda: all(len(w.noted) > count for w, count in zip(self.witnesses, before, strict=True)),
            150,
            f"each of {[(type(w).__name__, len(w.noted)) for w in self.witnesses]} goes on after {after}",
        )

    def kill_all_in_turn(self, victims: Sequence[tuple[str, ...]] = VICTIMS) -> None:
        for words in victims:
            self.strike(" / ".join(words), lambda words=words: self.instance.kill(*words))

    def kill_the_supervisor(self) -> None:
        """The one that nothing starts again: one command does."""
        server = self.instance.server
        assert server is not None
        self.strike("serve", lambda: (server.kill(), server.wait(60), self._start_again()))

    def _start_again(self) -> None:
        until(lambda: not self.instance.answers(), 60, "the orphans end")
        self.instance.start()

    def end(self) -> dict[str, dict[str, object]]:
        for witness in self.witnesses:
            witness.over.set()
        for witness in self.witnesses:
            witness.join(120)
        until(self._idle, 120, "the work that was asked for is done")
        self.instance.stop()
        out = self.instance.run(AUDIT)
        return dict(json.loads(out.partition("AUDIT")[2]))

    def _idle(self) -> bool:
        code = (
            "import sys; from pathlib import Path; from beffroi.home import Home; from beffroi.cli.common import setup_django; "
            "setup_django(Home(Path(sys.argv[1])))\n"
            "from beffroi.web.platform import scope; from beffroi.web.platform.models import Job\n"
            "with scope.host(): print(Job.objects.filter(state__in=['waiting', 'running']).count())"
        )
        return self.instance.run(code).strip() == "0"


def undergo(
    instance: Instance,
    *,
    rounds: int = 1,
    victims: Sequence[tuple[str, ...]] = VICTIMS,
    more: Sequence[tuple[str, Callable[[], object]]] = (),
) -> None:
    """Serve, kill the victims then the supervisor in turn (and strike `more`), count; raises AssertionError or TimeoutError."""
    ordeal = Ordeal(instance)
    try:
        instance.start()
        ordeal.begin()
        for _ in range(rounds):
            ordeal.kill_all_in_turn(victims)
            for name, blow in more:
                ordeal.strike(name, blow)
            ordeal.kill_the_supervisor()
        audit = ordeal.end()
    finally:
        for witness in ordeal.witnesses:
            witness.over.set()
        instance.stop()
    done = {f"{type(w).__name__} {w.slug}": len(w.noted) for w in ordeal.witnesses}
    print(f"seconds until everyone works again: {ordeal.seconds}; acknowledged: {done}")
    check(audit, ordeal.witnesses, ROWS)
    verified = instance.command("ledger", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def check(audit: dict[str, dict[str, object]], witnesses: Sequence[Witness], rows: int) -> None:
    """No acknowledged write lost, and each effect once."""
    for slug, facts in audit.items():
        noted = [line.split(maxsplit=1) for w in witnesses if w.slug == slug for line in w.noted]
        deposits, pours, decisions, failures = (
            [what for kind, what in noted if kind == wanted]
            for wanted in ("deposit", "pour", "decision", "failed")
        )
        assert deposits and pours and decisions, f"{slug} did nothing"
        assert failures == []
        assert facts["jobs"] == []
        assert facts["half"] == 0
        assert facts["verified"]
        deliveries, lines, poured = facts["deliveries"], facts["lines"], facts["poured"]
        assert set(deposits) <= set(deliveries)
        assert facts["files"] == len(deliveries) == len(lines["dataset.deposit"])
        assert set(pours) <= set(poured)
        assert all(counts == [rows] for counts in poured.values()), poured
        assert len(lines["dataset.pour"]) == len(poured)
        assert sorted(set(decisions)) == sorted(decisions)
        assert set(decisions) <= set(facts["decisions"])
        assert lines["decision.record"] == sorted(f"proposal:{pk}" for pk in facts["decisions"])
