"""What may be said in public of each system in use: the one reading from which every form is filled.

Functions, never agents; a result good or bad; the law « indicatif ». A system kept off the public site is not here.
"""

from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils import timezone

from beffroi.systems import law, registry
from beffroi.systems.manifest import Manifest
from beffroi.text import long_date
from beffroi.web.decisions.models import Decision
from beffroi.web.platform.models import Territory
from beffroi.web.public_address import absolute
from beffroi.web.ui.formats import number
from beffroi.web.workshop import cards
from beffroi.web.workshop.cards import Card
from beffroi.web.workshop.models import Option, SystemUse

from ..legal import reading
from ..models import LegalAnswer

UNKNOWN = "non renseigné"


@dataclass(frozen=True)
class Facts:
    """One system. `result`: its law as of today; `law_told`: the same in a sentence; `assessed`: its last impact assessment."""

    card: Card
    manifest: Manifest
    result: law.LegalResult
    law_text: str
    assessed: date | None
    state: str  # a key of `life.states.State`
    since: date
    decisions_text: str  # of the last whole year
    contact: str
    page: str
    provider: str
    declared: bool  # told by a person of a product that is not run here
    simulated: bool

    @property
    def mandate_text(self) -> str:
        """The act that allows it here."""
        return f"Délibération : {self.card.mandate or UNKNOWN}."

    @property
    def cost_text(self) -> str:
        return f"Coût d'une année : {self.card.year_cost or UNKNOWN}."

    @property
    def measured_text(self) -> str:
        return Option.How.DECLARED.label if self.declared else cards.one_line(self.card.measured)


def gather(territory: Territory) -> list[Facts]:
    """Every system in use that is shown in public and still installed, in the order of titles."""
    public_uses = (
        SystemUse.objects.of(territory).filter(public=True).select_related("territory", "processing")
    )
    found = [facts for use in public_uses if (facts := _of(territory, use)) is not None]
    return sorted(found, key=lambda facts: facts.card.title)


def _of(territory: Territory, use: SystemUse) -> Facts | None:
    card = cards.card(territory, use.system, with_names=False)
    manifest = reading.manifest(use)
    if card is None or manifest is None:
        return None
    latest, papers = reading.last_answer(use), reading.papers(use)
    result = reading.as_of(use, timezone.localdate(), latest)
    page = absolute(reverse("portal-system", args=[territory.slug, use.system]))
    return Facts(
        card=card,
        manifest=manifest,
        result=result,
        law_text=_law_text(use, manifest, latest, result),
        assessed=timezone.localtime(papers.assessment.at).date() if papers.assessment else None,
        state=use.state,
        since=timezone.localtime(use.created_at).date(),
        decisions_text=_decisions_text(use),
        contact=territory.contact or page,
        page=page,
        provider=_provider(use),
        declared=use.declared,
        simulated=territory.is_fictional,
    )


def _decisions_text(use: SystemUse) -> str:
    """A whole year only, for the difference of two days would date one decision; offences apart, as those who see them are few."""
    year = timezone.localdate().year - 1
    decided = (
        Decision.objects.of(use.territory)
        .filter(proposal__system=use.system, at__year=year)
        .exclude(proposal__offence=True)
        .count()
    )
    if not decided and timezone.localtime(use.created_at).year > year:
        return f"{UNKNOWN} : ce service est entré après {year}"
    return f"{number(decided)} en {year}"


def _law_text(use: SystemUse, manifest: Manifest, latest: LegalAnswer | None, result: law.LegalResult) -> str:
    """The class as of today in a sentence, « indicatif »."""
    if latest is None:
        author = "" if use.declared else f" L'auteur du système dit « {law.CLASSES[manifest.legal.risk]} »."
        return f"Indicatif : personne n'a encore répondu.{author}"
    refused = ", usage refusé en France" if result.refused else ""
    return f"Indicatif, au {long_date(result.as_of)} : {result.label}{refused}."


def _provider(use: SystemUse) -> str:
    if use.declared:
        return f"{use.declaration['supplier']}, {use.declaration['product']}"
    try:
        distribution = registry.get(use.system).distribution
    except registry.UnknownSystem:
        return UNKNOWN
    return "Beffroi, logiciel libre (EUPL-1.2)" if distribution == "beffroi" else distribution


def columns(facts: Facts) -> str:
    """What is read, table by table, with why."""
    tables = [
        f"{line.title} : {', '.join(f'{column.label} ({column.why})' for column in line.columns if column.required)}"
        for line in facts.card.inputs
    ]
    return " ; ".join((*tables, *facts.card.data)) or UNKNOWN


def sources(facts: Facts) -> str:
    """The territory's own datasets that serve it."""
    return ", ".join(line.dataset for line in facts.card.inputs if line.dataset) or UNKNOWN
