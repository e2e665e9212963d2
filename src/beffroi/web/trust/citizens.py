"""What anyone may know of AI in a territory: each system with its state, its law as of today, its opinions, its signs.

In comes a territory (and a system's id); out go frozen views without any agent's name. A card that is kept off the public
site is not here; the annual report still counts it.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from beffroi.systems import law, readability
from beffroi.systems.check.manifest_checks import card_text
from beffroi.systems.manifest import Manifest
from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import french_date
from beffroi.web.workshop import cards
from beffroi.web.workshop.cards import Card
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import Run, SystemUse
from beffroi.web.workshop.presenting import COSTS, Cost, amount
from beffroi.web.workshop.public import public_card

from . import signs
from .committee import composition
from .legal import reading
from .models import Opinion, Seat, Session
from .report import footprints
from .report import systems as yearly
from .report.building import report_opinion
from .report.content import Claim, ReportOpinion

_STATES: dict[str, str] = {
    State.IDEA: "C'est une idée : il ne sert pas encore.",
    State.CHECKED: "Le besoin est vérifié : il ne sert pas encore.",
    State.SANDBOX: "Il est à l'essai, pour un temps limité et avec des volontaires.",
    State.PRODUCTION: "Il est en service.",
    State.REVIEWED: "Il est en service, et son usage réel a été revu.",
    State.STOPPED: "Il est arrêté : il ne sert plus.",
}
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"\b0\d(?:[ .]?\d{2}){4}\b")


@dataclass(frozen=True)
class Reach:
    """How to talk to a person in one action. `email`, `phone`: found in the contact, empty otherwise."""

    text: str
    email: str
    phone: str

    @property
    def dial(self) -> str:
        return re.sub(r"\D", "", self.phone)


def reach(territory: Territory) -> Reach:
    text = territory.contact or f"L'accueil de {territory.name}"
    email, phone = _EMAIL.search(text), _PHONE.search(text)
    return Reach(text, email[0] if email else "", phone[0] if phone else "")


@dataclass(frozen=True)
class LawToday:
    """The class as of today, « indicatif »; `answered` is empty when nobody answered yet."""

    label: str
    message: str
    answered: str
    refused: bool
    cited: tuple[Any, ...]


@dataclass(frozen=True)
class Readability:
    """How easy the card reads, measured: a score out of 100 and its name."""

    score: float
    level: str
    plain: bool


@dataclass(frozen=True)
class PublicSystem:
    """One system as everyone may see it."""

    card: Card
    state: str
    state_text: str
    serving: bool
    stopped: bool
    declared: bool
    line: str
    law: LawToday
    opinions: tuple[ReportOpinion, ...]
    signs: tuple[signs.Sign, ...]
    claims: tuple[Claim, ...]
    readability: Readability

    @property
    def measured(self) -> bool:
        return self.card.measured is not None

    @property
    def recommended(self) -> bool:
        return self.card.recommended


@dataclass(frozen=True)
class SystemSummary:
    """One system in a public list: where it is in its life, and its last result; its card says the rest."""

    id: str
    title: str
    purpose: str
    state: str
    state_text: str
    serving: bool
    declared: bool
    measured: bool
    recommended: bool


def summaries(territory: Territory) -> list[SystemSummary]:
    """Every system shown in public, those that serve first, then by title. One query."""
    backtests = Run.objects.of(territory).filter(verb=Run.Verb.BACKTEST, state=Run.State.DONE)
    last = backtests.filter(use=OuterRef("pk")).order_by("-at", "-pk").values("score")[:1]
    uses = SystemUse.objects.of(territory).filter(public=True).annotate(last_score=Subquery(last))
    found = [_summary(use, known) for use in uses if (known := reading.manifest(use)) is not None]
    return sorted(found, key=lambda one: (not one.serving, one.title))


def _summary(use: SystemUse, manifest: Manifest) -> SystemSummary:
    score = use.last_score or {}
    return SystemSummary(
        id=manifest.id,
        title=manifest.title,
        purpose=manifest.purpose,
        state=use.get_state_display(),
        state_text=_state_text(use),
        serving=use.serving,
        declared=use.declared,
        measured=bool(score),
        recommended=bool(score.get("recommended")),
    )


@dataclass(frozen=True)
class YearSpent:
    """What the computations of a system took in a year: how many, and their energy and carbon, measured or estimated."""

    year: int
    runs: int
    costs: tuple[Cost, ...]


def system(territory: Territory, name: str) -> PublicSystem | None:
    """One of them; None when it is unknown, not in use here, or kept off the public site."""
    use = _with_all(SystemUse.objects.of(territory).filter(public=True, system=name)).first()
    return _of(use) if use is not None else None


def spent_this_year(territory: Territory, name: str) -> YearSpent | None:
    """What the computations of this year took together; None where there was none."""
    year = timezone.localdate().year
    runs = Run.objects.of(territory).filter(
        use__system=name, use__public=True, state=Run.State.DONE, at__year=year
    )
    lines = footprints.over(runs.only("footprint"))
    if not lines:
        return None
    wanted = (COSTS["energy"], COSTS["co2"])
    costs = [
        Cost(one.label, amount(one.value, one.unit), one.how, "") for one in lines if one.label in wanted
    ]
    return YearSpent(year, lines[0].executions, tuple(costs))


def _with_all(uses: QuerySet[SystemUse]) -> QuerySet[SystemUse]:
    return uses.select_related("territory", "supervisor", "processing")


def _of(use: SystemUse) -> PublicSystem | None:
    card, manifest = public_card(use.territory, use.system), reading.manifest(use)
    if card is None or manifest is None:
        return None
    return PublicSystem(
        card=card,
        state=use.get_state_display(),
        state_text=_state_text(use),
        serving=use.serving,
        stopped=use.state == State.STOPPED,
        declared=use.declared,
        line=_line(use, card),
        law=_law(use),
        opinions=published(use.opinions.all()),
        signs=signs.of(use, manifest),
        claims=yearly.claims(use, manifest, timezone.now()),
        readability=_readability(manifest),
    )


def _state_text(use: SystemUse) -> str:
    """Where it is in its life, with the last day of a trial."""
    if use.state == State.SANDBOX and use.sandbox_until:
        return f"{_STATES[use.state]} Jusqu'au {french_date(use.sandbox_until)}."
    return _STATES[use.state]


def _line(use: SystemUse, card: Card) -> str:
    """The last result in a sentence, good or bad."""
    if use.declared:
        return "Déclaré par le fournisseur, non mesuré par Beffroi."
    if card.measured is None:
        return f"Pas encore mesuré sur les données de {use.territory.name}."
    return cards.one_line(card.measured)


def _law(use: SystemUse) -> LawToday:
    latest = reading.last_answer(use)
    if latest is None:
        return LawToday(
            label=law.CLASSES["undetermined"],
            message="Personne n'a encore répondu aux questions de droit. Rien n'est dit à la place de la collectivité.",
            answered="",
            refused=False,
            cited=(),
        )
    result = reading.as_of(use, timezone.localdate(), latest)
    cited = {one.article: one for reason in result.reasons for one in reason.cited}
    return LawToday(
        label=result.label,
        message=result.disclaimer.replace(f", d'après les règles {result.rules_version}", ""),
        answered=timezone.localtime(latest.at).date().isoformat(),
        refused=result.refused,
        cited=tuple(cited.values()),
    )


def law_sources() -> tuple[Any, ...]:
    """The texts behind every class, with where and when they were read."""
    return tuple(law.load_rules().texts)


def published(opinions: QuerySet[Opinion]) -> tuple[ReportOpinion, ...]:
    """The opinions that were published, the last first."""
    rows = opinions.exclude(published_at=None).select_related("use", "use__territory", "session")
    return tuple(report_opinion(one) for one in rows.order_by("-published_at", "-pk"))


def _readability(manifest: Manifest) -> Readability:
    found = readability.measure_readability(card_text(manifest))
    return Readability(round(found.score), found.level, found.plain)


@dataclass(frozen=True)
class PublicCommittee:
    """Who sits, by the name that each accepted to show; sessions without their minutes; published opinions."""

    seats: tuple[Seat, ...]
    faults: tuple[str, ...]
    sessions: tuple[Session, ...]
    opinions: tuple[ReportOpinion, ...]


def committee(territory: Territory) -> PublicCommittee:
    seats = composition.seats_on(territory, timezone.localdate())
    return PublicCommittee(
        tuple(seats),
        tuple(composition.faults(seats)),
        tuple(Session.objects.of(territory)[:50]),
        published(Opinion.objects.of(territory)),
    )
