"""What the workshop says on a territory's home: this morning's answer of each system at work, what another still needs."""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from beffroi.web.decisions import decided_days
from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.ledger.memo import until_next_act
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.request_cache import cached_read
from beffroi.web.platform.rights import may, may_somewhere
from beffroi.web.ui.formats import counted, french_date

from . import manifests
from .errors import WorkshopError
from .life import gates, running, stopping
from .life.states import State, following
from .models import Run, SystemUse
from .presentation.charts import format_with_unit
from .services.life import ACTS

TOPIC: Final = "services"
AGAINST: Final = "Ne pas utiliser ici : sa dernière mesure lui est défavorable."


def morning_cards(person: Person, territory: Territory) -> list[HomeCard]:
    """The first figure of each system that serves, with the way to its page."""
    serving = {
        use.last_run: use
        for use in _uses(territory)
        if use.last_run and use.serving and not use.declared and may(person, "system.read", use)
    }
    found = []
    if not serving:
        return []
    measured = ((use, manifests.installed(use.system)) for use in serving.values())
    against = running.all_advised_against(
        territory, [(use, manifest) for use, manifest in measured if manifest is not None]
    )
    decided = decided_days.by_system(territory) if may(person, "proposal.read", territory) else {}
    # Without the tables of an outcome, which are large.
    read = Run.objects.of(territory).filter(pk__in=serving).order_by("use__pk")
    for pk, at, figures, summary in read.values_list("pk", "at", "outcome__figures", "outcome__summary"):
        use = serving[pk]
        manifest = manifests.installed(use.system)
        if manifest is None:
            continue
        answer = summary
        if figures and not answer:
            answer = f"{figures[0]['label']} : {format_with_unit(figures[0]['value'], figures[0]['unit'])}."
        if use.system in decided:
            answer = f"{AGAINST} {decided[use.system]}" if use.system in against else str(decided[use.system])
        elif use.system in against:
            answer = AGAINST  # what it would answer is on its page, under the verdict
        elif timezone.localdate(at) != timezone.localdate():
            answer += f" Calculé le {french_date(at, hour=False)}."
        found.append(
            HomeCard(
                title=manifest.title,
                text=answer.strip(),
                url=reverse("system-morning", kwargs={"slug": territory.slug, "system": use.system}),
                order=20,
                section=Section.CHANGED,
            )
        )
    return found


@cached_read
def _uses(territory: Territory) -> list[Any]:
    """The systems here, each with the key of its last result."""
    last = Run.objects.of(territory).filter(use=OuterRef("pk"), verb=Run.Verb.RUN, state=Run.State.DONE)
    newest = Subquery(last.order_by("-at", "-pk").values("pk")[:1])
    return list(SystemUse.objects.of(territory).annotate(last_run=newest))


@dataclass(frozen=True)
class Waiting:
    """What one system waits for: the sentence, the page, the act that the person must be allowed (any of them)."""

    title: str
    system: str
    text: str
    page: str
    acts: tuple[str, ...]


def to_do_cards(person: Person, territory: Territory) -> list[HomeCard]:
    """The first system that waits for this person, and how many do."""
    if not any(may_somewhere(person, act, territory) for act in ("system.bind", "system.decide")):
        return []
    uses = {use.system: use for use in _uses(territory)}
    if not uses:
        return []
    own = [
        waiting
        for waiting in until_next_act(territory, "workshop.waiting", lambda: _all_waiting(territory))
        if waiting.system in uses and any(may(person, act, uses[waiting.system]) for act in waiting.acts)
    ]
    if not own:
        return []
    first, *others = own
    more = (
        f" {counted(len(others), 'autre service', 'autres services')} attend{'ent' * (len(others) > 1)} aussi."
        if others
        else ""
    )
    return [
        HomeCard(
            title=first.title,
            text=first.text + more,
            url=reverse(first.page, kwargs={"slug": territory.slug, "system": first.system}),
            order=60,
            section=Section.TO_DO,
            topic=TOPIC,
        )
    ]


def _all_waiting(territory: Territory) -> list[Waiting]:
    found = []
    for use in SystemUse.objects.of(territory).select_related("supervisor", "processing"):
        try:
            title = manifests.of(use).title
        except WorkshopError:
            continue
        found += [Waiting(title, use.system, *each) for each in _waiting(use)]
    return found


def _waiting(use: SystemUse) -> list[tuple[str, str, tuple[str, ...]]]:
    """What this system waits for, the most pressing first: sentence, page, acts."""
    if use.state == State.STOPPED:
        return []
    either, prepares = ("system.bind", "system.decide"), ("system.bind",)
    if why := stopping.reasons(use):
        return [(f"{why[0]} Décidez de la suite.", "system-life", either)]
    if use.serving:
        closed = [] if use.declared else running.before_forecast(use, manifests.of(use))
        return [(closed[0], "system", prepares)] if closed else []
    after = following(use.state)[0]
    shut = [judgement for _, judgement in gates.judged(use, after) if not judgement.open]
    if shut:
        step = f"Étape « {use.get_state_display()} ». Il reste : {shut[0].message}"
        return [(step, "system-life", prepares)]
    ready = f"Toutes les conditions sont remplies pour « {after.label} » : à vous de décider."
    return [(ready, "system-life", (ACTS[after],))]
