"""What serves: the processes, the queue of jobs, jobs that no longer move, the clock and its periodic tasks.

The supervisor says what it starts (`running_processes`); the rest is read in the database.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.db.models import Max
from django.utils import timezone

from beffroi.home import Home
from beffroi.web.platform import scope
from beffroi.web.platform.jobs import heartbeat
from beffroi.web.platform.models import Duty, Job
from beffroi.web.ui.formats import counted

from ..running_processes import RunningProcess, answers, is_serving, is_stopped, processes_of
from .report import State, Verdict, first_of

LONG_WAIT: Final = timedelta(minutes=15)
TOO_LONG: Final = timedelta(hours=2)
SILENCE: Final = timedelta(minutes=5)
"""The clock does something each minute: silent for so long, it is dead or stuck."""
STARTING: Final = timedelta(minutes=1)
ANSWER: Final = 10.0
"""Seconds that `/sante/` is given to answer."""
MANY_FAILURES: Final = 3
RECENT: Final = timedelta(hours=1)
_NOT_SERVING = "Sans objet : l'instance n'est pas en service."


def processes(home: Home) -> Verdict:
    found, running = Verdict(), processes_of(home)
    if not running:
        found.add(
            State.WATCH,
            "L'instance n'est pas en service.",
            "« systemctl start beffroi », ou « beffroi serve ».",
        )
        return found
    dead = [each.name for each in running if not Path(f"/proc/{each.pid}").exists()]
    hung = [each.name for each in running if each.name not in dead and _hangs(each)]
    since = time.time() - RECENT.total_seconds()
    restarted = {
        each.name: count for each in running if (count := sum(start > since for start in each.earlier))
    }
    if dead:
        found.add(
            State.BAD,
            f"Ne tourne pas : {', '.join(dead)}.",
            "Regardez le journal (« journalctl -u beffroi -n 100 »), puis redémarrez le service.",
        )
    if hung:
        found.add(
            State.BAD,
            f"Ne répond pas, bien qu'il tourne : {', '.join(hung)}.",
            "Il est relancé seul en deux minutes. Si cela dure : « systemctl restart beffroi », puis le journal « journalctl -u beffroi -n 100 ».",
        )
    if restarted:
        counts = ", ".join(f"{name} ({count} fois)" for name, count in restarted.items())
        found.add(
            State.WATCH,
            f"Relancé dans l'heure : {counts}.",
            "Regardez le journal (« journalctl -u beffroi -n 100 ») : la mémoire manque-t-elle ?",
        )
    if not found.texts:
        found.add(State.GOOD, f"{len(running)} processus tournent.")
    return found


def _hangs(process: RunningProcess) -> bool:
    """Whether a process that is there does nothing: stopped, or its site does not answer. One that is starting may take its time."""
    starting = time.time() - process.started < STARTING.total_seconds()
    return is_stopped(process.pid) or bool(process.url and not starting and not answers(process.url, ANSWER))


@dataclass(frozen=True)
class Queue:
    """State of the queue of the whole instance: numbers of jobs, and how long the first has waited."""

    waiting: int
    running: int
    hung: int
    failed: int  # in a day
    oldest: timedelta


def queue_state(now: datetime | None = None) -> Queue:
    now = now or timezone.now()
    with scope.host():
        waiting = list(Job.objects.filter(state=Job.State.WAITING).values_list("created_at", "beat_at"))
        running = list(Job.objects.filter(state=Job.State.RUNNING))
        failed = Job.objects.filter(state=Job.State.FAILED, beat_at__gte=now - timedelta(days=1)).count()
    hung = sum(heartbeat.is_dead(job) for job in running)
    oldest = max((now - max(moments) for moments in waiting), default=timedelta(0))
    return Queue(len(waiting), len(running), hung, failed, oldest)


def queue(home: Home) -> Verdict:
    found, state = Verdict(), queue_state()
    counts = f"{state.running} en cours, {state.waiting} en attente, {state.failed} en échec depuis hier."
    if not is_serving(home):
        found.add(State.GOOD, f"{_NOT_SERVING} Dans la file : {counts}")
        return found
    if state.hung:
        found.add(
            State.WATCH,
            f"{counted(state.hung, 'travail figé', 'travaux figés')} : plus de signe de vie.",
            "La reprise est automatique ; si cela revient, redémarrez le service.",
        )
    if state.oldest > LONG_WAIT:
        minutes = int(state.oldest.total_seconds() // 60)
        found.add(
            State.BAD if state.oldest > TOO_LONG else State.WATCH,
            f"Le plus ancien travail attend depuis {minutes} minutes.",
            "Ajoutez un processus (« beffroi serve --workers 3 »), ou regardez le travail qui occupe tout.",
        )
    found.add(State.GOOD, counts)
    return found


def last_tick() -> datetime | None:
    """When the clock last began a periodic task; None where it never did."""
    # What a clock that was ahead wrote says nothing of now.
    past = Duty.objects.filter(started_at__lte=timezone.now())
    found: datetime | None = past.aggregate(last=Max("started_at"))["last"]
    return found


def is_silent(now: datetime | None = None) -> bool:
    """Whether the clock began nothing for too long. One that never did anything is beginning."""
    last = last_tick()
    return last is not None and (now or timezone.now()) - last > SILENCE


def scheduler(home: Home) -> Verdict:
    found, last = Verdict(), last_tick()
    failing = list(Duty.objects.filter(failures__gte=MANY_FAILURES).order_by("-failures"))
    if not is_serving(home):
        found.add(State.GOOD, _NOT_SERVING)
        return found
    if has_run_for(home, SILENCE) and is_silent():
        moment = f"{timezone.localtime(last):%d/%m à %H h %M}" if last else "jamais"
        found.add(
            State.BAD,
            f"L'horloge ne fait plus rien : dernière tâche le {moment}.",
            "Redémarrez le service (« systemctl restart beffroi »).",
        )
    if failing:
        tasks = first_of((f"« {row.name} » ({row.failures} fois de suite)" for row in failing), 3)
        found.add(
            State.WATCH,
            f"Tâches en échec : {tasks}.",
            "Le journal dit pourquoi (« journalctl -u beffroi -n 200 »).",
        )
    if not found.texts:
        found.add(State.GOOD, "Les tâches de fond se font à leur heure.")
    return found


def has_run_for(home: Home, long: timedelta) -> bool:
    """Whether the server has been up for so long: before, its clock is only beginning."""
    started = [start for each in processes_of(home) for start in (each.started, *each.earlier)]
    return bool(started) and time.time() - min(started) > long.total_seconds()


def restarts(home: Home) -> dict[str, int]:
    """How often each process was started again within a day."""
    since = time.time() - timedelta(days=1).total_seconds()
    return {each.name: sum(start > since for start in each.earlier) for each in processes_of(home)}
