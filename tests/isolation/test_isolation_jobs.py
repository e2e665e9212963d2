"""Every kind of long work, run in one territory with what belongs to another: it fails in French, and changes nothing there."""

from collections.abc import Callable
from typing import Any

import pytest

from beffroi.web.platform import jobs, scope
from beffroi.web.platform.jobs import queue
from beffroi.web.platform.models import Job

from . import continuing
from .pages import unknown_like
from .visitors import Attempts
from .world import Side

_UNEXPECTED = "erreur inattendue"

# For each kind of job, arguments that name things of one side. A kind that is not here fails the suite: add its arguments,
# each identifier in its place; none when the work is about the whole of the job's own territory.
ARGUMENTS: dict[str, Callable[[Side], list[dict[str, Any]]]] = {
    "catalogue.stage": lambda side: [
        {"delivery": side.received.pk, "prefer": ""},
        {"delivery": side.refused.pk, "prefer": side.meals.slug},
    ],
    "catalogue.correct": lambda side: [
        {"delivery": side.staged.pk, "tables": [{"table": 0, "said": {"header": 1}, "draft": {}}]}
    ],
    "catalogue.pour": lambda side: [
        {"delivery": side.staged.pk, "choices": [choice]}
        for choice in (
            {"index": 0, "dataset": side.meals.slug, "title": "", "mode": "append", "personal": []},
            {"index": 0, "dataset": None, "title": "Nouveau", "mode": "replace", "personal": []},
        )
    ],
    "catalogue.upkeep": lambda side: [],
    "catalogue.fetch": lambda side: [{"fetch": side.fetch.pk}, {"fetch": side.handed.pk}],
    "catalogue.push": lambda side: [
        {
            "dataset": side.visits.slug,
            "portal": {"kind": "ckan", "url": "https://portail.example"},
            "sealed": "",
        }
    ],
    "studio.keep": lambda side: [{"recipe": side.recipe.slug, "title": "Gardé"}],
    "studio.renew": lambda side: [{"dataset": side.materialized_result.slug}],
    "workshop.run": lambda side: [
        {"use": side.use.pk, "verb": verb, "settings": {}, "reason": ""} for verb in ("backtest", "run")
    ],
    "workshop.record": lambda side: [
        {"use": side.quiet.pk, "table": "strikes", "row": {"date": "2026-11-27"}},
    ],
    "workshop.examine": lambda side: [{"use": side.use.pk}],
    **continuing.JOBS,
    "cyber.check_mail": lambda side: [{"domain": side.mail_domain.pk}],
    "decisions.replay": lambda side: [{"contestation": side.confirmed.pk}],
    "cyber.sites": lambda side: [{"site": side.watched_site.pk}],
    "ledger.verify": lambda side: [],
    "operations.backup": lambda side: [],  # of the whole instance, by its host
}


def kinds() -> list[str]:
    return sorted(queue._kinds)


def test_the_arguments_of_every_kind_of_job_are_known():
    missing = set(kinds()) - ARGUMENTS.keys()
    assert not missing, f"say in ARGUMENTS of {__name__} what these kinds of jobs are given: {missing}"


def run(attempts: Attempts, kind: str, arguments: dict[str, Any], key: str) -> Job:
    """The job, made and run in A by who holds every role there."""
    a = attempts.world.a
    with scope.inside(a.territory):
        job = jobs.start(
            a.territory, kind, key=key, label="essai", person=a.people["everything"], arguments=arguments
        )
        return jobs.run(job)


@pytest.mark.parametrize("kind", kinds())
def test_a_job_finds_nothing_of_another_territory(attempts: Attempts, kind: str):
    b = attempts.world.b
    for n, arguments in enumerate(ARGUMENTS[kind](b)):
        told = []
        for asked in (arguments, _unknown(arguments)):
            with attempts.undone(f"{kind} {asked}"):
                job = run(attempts, kind, asked, f"{kind}:essai-{n}")
                assert job.state == Job.State.FAILED, f"{kind} {asked}: {job.state} {job.location}"
                told.append(job.message)
        assert told[0] == told[1], f"{kind} tells {arguments} of another territory from an unknown one"
        assert _UNEXPECTED not in told[0], f"{kind} {arguments} says no reason: {told[0]}"
        for word in (b.words.private, b.words.public):
            assert word not in told[0].lower()


def _unknown(value: Any) -> Any:
    """The same arguments with identifiers that exist nowhere."""
    if isinstance(value, dict):
        kept = ("verb", "mode", "title", "index", "settings", "reason", "personal")
        return {k: v if k in kept else _unknown(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_unknown(v) for v in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return 987654
    return unknown_like(value) if value else value


@pytest.mark.parametrize("kind", kinds())
def test_a_delivery_poured_into_a_dataset_of_elsewhere_is_refused(attempts: Attempts, kind: str):
    """One's own thing, with one identifier of another territory beside it."""
    a, b = attempts.world.a, attempts.world.b
    for n, (own, theirs) in enumerate(zip(ARGUMENTS[kind](a), ARGUMENTS[kind](b), strict=True)):
        for name, arguments in _one_swapped(own, theirs):
            with attempts.undone(f"{kind} {name}={arguments}"):
                job = run(attempts, kind, arguments, f"{kind}:echange-{n}-{name}")
                for word in (b.words.private, b.words.public):
                    assert word not in (job.message + job.location).lower().replace(str(theirs).lower(), "")


def _one_swapped(own: Any, theirs: Any) -> list[tuple[str, Any]]:
    """The arguments of A, each with one value of B in its place."""
    if isinstance(own, dict):
        return [
            (f"{key}.{name}".rstrip("."), own | {key: changed})
            for key in own
            for name, changed in _one_swapped(own[key], theirs[key])
        ]
    if isinstance(own, list):
        return [
            (f"{i}.{name}".rstrip("."), [*own[:i], changed, *own[i + 1 :]])
            for i, (mine, other) in enumerate(zip(own, theirs, strict=True))
            for name, changed in _one_swapped(mine, other)
        ]
    return [("", theirs)] if own != theirs else []


def test_a_job_keeps_to_its_territory_whatever_its_key(attempts: Attempts):
    """A key that another territory's job bears gives neither that job nor its place."""
    a, b = attempts.world.a, attempts.world.b
    with scope.inside(b.territory):
        taken = Job.objects.of(b.territory).get(kind="workshop.run")
    with attempts.undone("a taken key"), scope.inside(a.territory):
        job = jobs.start(a.territory, taken.kind, key=taken.key, label="essai", person=a.people["everything"])
        assert job.pk != taken.pk
        assert job.territory_id == a.territory.pk
