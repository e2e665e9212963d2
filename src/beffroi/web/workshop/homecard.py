"""What the workshop says on a territory's home: this morning's answer of each system at work, what another still needs."""

from django.urls import reverse

from beffroi.web.platform.home_cards import HomeCard
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may, may_somewhere
from beffroi.web.ui.formats import french_date

from . import manifests
from .errors import WorkshopError
from .life import gates, running, stopping
from .life.states import State, following
from .models import Run, SystemUse
from .presentation.charts import format_with_unit
from .services.life import ACTS

AGAINST = "Ne pas utiliser ici : sa dernière mesure lui est défavorable."


def morning_cards(person: Person, territory: Territory) -> list[HomeCard]:
    """The first figure of each system that serves, with the way to its page."""
    found = []
    serving = [
        (use, manifest)
        for use in SystemUse.objects.of(territory)
        if use.serving and not use.declared and may(person, "system.read", use)
        if (manifest := manifests.installed(use.system)) is not None
    ]
    against = running.all_advised_against(territory, serving) if serving else set()
    for use, manifest in serving:
        runs = use.runs.filter(verb=Run.Verb.RUN, state=Run.State.DONE).order_by("-at", "-pk")
        found_run = runs.values_list(
            "at", "outcome__figures", "outcome__summary"
        ).first()  # without its tables, which are large
        if found_run is None:
            continue
        at, figures, summary = found_run
        answer = f"{summary} " if summary else ""
        if figures and not answer:
            answer = f"{figures[0]['label']} : {format_with_unit(figures[0]['value'], figures[0]['unit'])}. "
        if use.system in against:
            answer = f"{AGAINST} {answer}"
        found.append(
            HomeCard(
                title=manifest.title,
                text=f"{answer}Calculé le {french_date(at, hour=False)}.",
                url=reverse("system-morning", kwargs={"slug": territory.slug, "system": use.system}),
                order=20,
            )
        )
    return found


def to_do_card(person: Person, territory: Territory) -> HomeCard | None:
    """The first system that waits for this person."""
    if not any(may_somewhere(person, act, territory) for act in ("system.bind", "system.decide")):
        return None
    for use in SystemUse.objects.of(territory).select_related("supervisor", "processing"):
        try:
            title = manifests.of(use).title
        except WorkshopError:
            continue
        waits, page = _waits(use, person)
        if waits:
            return HomeCard(
                title=f"Service d'IA : {title}",
                text=waits,
                url=reverse(page, kwargs={"slug": territory.slug, "system": use.system}),
                order=60,
            )
    return None


def _waits(use: SystemUse, person: Person) -> tuple[str, str]:
    """What this person can do for it, and on which page; empty when there is nothing."""
    prepares, decides = (may(person, act, use) for act in ("system.bind", "system.decide"))
    if use.state == State.STOPPED:
        return "", ""
    if (prepares or decides) and (why := stopping.reasons(use)):
        return f"{why[0]} Décidez de la suite.", "system-life"
    if use.serving:
        closed = running.before_forecast(use, manifests.of(use)) if prepares and not use.declared else []
        return (closed[0], "system") if closed else ("", "")
    after = following(use.state)[0]
    shut = [(gate, judgement) for gate, judgement in gates.judged(use, after) if not judgement.open]
    if prepares and shut:
        return f"Étape « {use.get_state_display()} ». Il reste : {shut[0][1].message}", "system-life"
    if not shut and may(person, ACTS[after], use):
        return (
            f"Toutes les conditions sont remplies pour « {after.label} » : à vous de décider.",
            "system-life",
        )
    return "", ""
