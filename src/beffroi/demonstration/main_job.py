"""The main job, from a folder of files to a public page: gather, analyse, prepare, decide, tell.

In come a demonstration home and, perhaps, a folder of real files with the authority they are about; out comes
a `Report`. Without a folder the town is the invented one; with one, not a single row is invented. `begin` does what the first
pages need and leaves the rest to a job of the workers (`background`); `run` does everything at once.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from django.utils import timezone

from beffroi.home import Home
from beffroi.lake.reference import Place
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.lifecycle import FolderReport
from beffroi.web.catalogue.models import Dataset
from beffroi.web.decisions import services as decisions
from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.platform import scope
from beffroi.web.platform.models import Territory
from beffroi.web.studio.models import Board
from beffroi.web.tenancy.services import NewTerritory, found_territory, new_from_place
from beffroi.web.workshop.models import SystemUse

from . import analyses, continuity, ethics, life, openness, pages, security, services, town
from .members import Members, admit_members
from .report import Report, report_of

SEED = 2024


class Narrator(Protocol):
    """Tells how far the job is, and times its steps."""

    seconds: dict[str, float]

    def do[T](self, name: str, label: str, work: Callable[[], T]) -> T: ...

    def report(self, percent: float, message: str) -> None: ...


@dataclass(frozen=True)
class Sources:
    """The files to gather and the territory that they are about. `only`: the one system to show, all where there is none."""

    folder: Path
    territory: Territory
    today: date
    town: town.Town | None
    only: str | None = None


def run(
    home: Home,
    *,
    folder: Path | None,
    place: Place | None,
    today: date,
    decide: bool,
    narrator: Narrator,
    only: str | None = None,
) -> Report:
    """Do the whole job in a fresh demonstration home; `only`: with this system alone."""
    prepared = narrator.do("territory", "Le territoire", lambda: _prepare_sources(home, folder, place, today))
    sources = replace(prepared, only=only)
    with scope.inside(sources.territory):
        members, cast = admit_everybody(sources, narrator)
        gathered = gather(sources, members, narrator)
        secured = show_security(sources, members, cast, narrator)
        show(sources, members, narrator, decide=decide)
        answering = narrator.do(
            "pages", "Ouvrir chaque page", lambda: pages.that_answer(sources.territory, members.guide)
        )
        walks = pages.walks(secured) if secured is not None else []
        lived = pages.continuity_walks(cast, members) if cast is not None else []
        return report_of(sources.territory, gathered, answering, walks, lived, narrator.seconds)


def begin(
    home: Home, *, folder: Path | None, place: Place | None, today: date, narrator: Narrator
) -> tuple[Sources, Members, security.Security | None]:
    """Do what the first pages need: the territory, its people, the files gathered, the boards, the security of its commune."""
    sources = narrator.do("territory", "Le territoire", lambda: _prepare_sources(home, folder, place, today))
    with scope.inside(sources.territory):
        members, cast = admit_everybody(sources, narrator)
        gather(sources, members, narrator)
        secured = show_security(sources, members, cast, narrator)
    return sources, members, secured


def gather(sources: Sources, members: Members, narrator: Narrator) -> FolderReport:
    """Bring the files in, complete their cards, answer the first questions."""
    territory = sources.territory
    gathered = narrator.do(
        "gather",
        f"Rassembler les fichiers de {sources.folder.name}",
        lambda: catalogue.deposit_folder(territory, sources.folder, members.guide, narrator.report),
    )
    narrator.do("cards", "Compléter les fiches", lambda: _fill_cards(sources, members))
    narrator.do(
        "analyse",
        "Analyser sans code",
        lambda: analyses.make_boards(territory, members.guide, town=sources.town),
    )
    return gathered


def admit_everybody(sources: Sources, narrator: Narrator) -> tuple[Members, security.Cast | None]:
    """The members; beside the invented town its commune and CSIRT, and what they lived before today. Nothing more on real files."""
    territory, made = sources.territory, sources.town
    if made is None:
        return admit_members(territory), None
    with continuity.as_of(timezone.now() - continuity.FOUNDED):
        members = admit_members(territory)
        with scope.nowhere():
            cast = security.admit(territory, made)

    def work() -> None:
        entrust = partial(security.incident.entrust, cast)
        with scope.nowhere():
            continuity.live_the_past(
                territory, members, cast, entrust, partial(security.incident.refer, cast)
            )

    narrator.do("continuity", "Vivre une nuit inventée : crise, services sur papier, reprise", work)
    return members, cast


def show_security(
    sources: Sources, members: Members, cast: security.Cast | None, narrator: Narrator
) -> security.Security | None:
    """The security of the commune and of its seat."""
    if cast is None:
        return None

    def work() -> security.Security:
        with scope.nowhere():
            return security.show(sources.territory, members, cast)

    return narrator.do("security", "Suivre la sécurité d'une commune et de son agglomération", work)


def show(sources: Sources, members: Members, narrator: Narrator, *, decide: bool) -> None:
    """Try the systems, publish, answer to citizens; what was done already is not done again."""
    territory = sources.territory
    narrator.do(
        "prepare",
        "Éprouver ce que les services d'IA font de ces fichiers",
        lambda: _prepare(sources, members, narrator),
    )
    if territory.is_fictional:
        folder = sources.folder.with_name("demonstration-services")
        narrator.do(
            "services",
            "Éprouver d'autres services d'IA sur des fichiers simulés",
            lambda: services.try_on_samples(
                territory, members, folder, sources.today, narrator.report, sources.only
            ),
        )
    if decide:
        narrator.do("decide", "Une personne décide", lambda: _decide(territory, members))
    narrator.do("tell", "Publier", lambda: _publish(sources, members, narrator))
    if territory.is_fictional:
        narrator.do(
            "ethics", "Entendre le comité d'éthique", lambda: ethics.hear_the_committee(territory, members)
        )
        narrator.do(
            "report", "Rendre compte aux habitants", lambda: openness.open_to_citizens(territory, members)
        )


def _prepare_sources(home: Home, folder: Path | None, place: Place | None, today: date) -> Sources:
    if folder is not None and place is not None:
        return Sources(folder, found_territory(new_from_place(place)), today, None)
    files = home.path / "demonstration"
    files.mkdir(exist_ok=True)
    made = town.make_town(files, seed=SEED, today=today)
    new = new_from_place(
        made.place, contact="Accueil de la ville fictive (démonstration) : accueil@demonstration.example"
    )
    with continuity.as_of(timezone.now() - continuity.FOUNDED):
        territory = found_territory(NewTerritory(**{**vars(new), "is_fictional": True}))
    town.install_contours(files, made, home.path)
    return Sources(files, territory, today, made)


def _fill_cards(sources: Sources, members: Members) -> None:
    """Say of each dataset what is true: where its file comes from, and whether it is invented."""
    invented = sources.town is not None
    for dataset in Dataset.objects.of(sources.territory):
        # The badge says that rows are simulated, and the file's name still does: the title need not.
        title = re.sub(r"\s*\(?données simulées.*$", "", dataset.title) if invented else dataset.title
        known: dict[str, Any] = {
            "title": title,
            "owner": members.steward,
            "producer": sources.territory.name if invented else "non précisé par le fichier",
            "licence": "Licence Ouverte 2.0"
            if invented
            else "non précisée : à vérifier auprès du producteur",
            "purpose": "Démonstration de Beffroi",
            "retention": "le temps de la démonstration",
            "simulated": invented,
        }
        catalogue.edit_card(dataset, members.guide, **known)


def _prepare(sources: Sources, members: Members, narrator: Narrator) -> None:
    """Try the systems that the gathered files allow; in the invented town, declare a bought one beside them."""
    services.try_on_gathered_files(sources.territory, members, sources.today, narrator.report, sources.only)
    if sources.territory.is_fictional and not any(
        use.declared for use in SystemUse.objects.of(sources.territory)
    ):
        life.declare_a_bought_one(sources.territory, members)


def _decide(territory: Territory, members: Members) -> Decision | None:
    """The one decision of a demonstration without a reader: by a demonstration member, marked simulated."""
    proposal = (
        Proposal.objects.of(territory)
        .filter(decision=None, superseded_at=None)
        .exclude(effect=Proposal.Effect.UNFAVOURABLE)  # a second person would have to read it
        .first()
    )
    if proposal is None:
        return None
    return decisions.decide(
        proposal,
        members.decider,
        Decision.Verdict.ACCEPT,
        reason="Décision simulée de la démonstration : la prévision est cohérente avec les jours comparables.",
    )


def _publish(sources: Sources, members: Members, narrator: Narrator) -> None:
    """Publish what may be, tell what may not, and show a board on the public page."""
    for dataset in Dataset.objects.of(sources.territory):
        if dataset.current is None:
            continue
        try:
            catalogue.publish(dataset, members.steward)
        except CatalogueError as refused:
            narrator.report(100, str(refused))
    if sources.territory.is_fictional:
        _walk_publications(sources.territory, members)
    Board.objects.of(sources.territory).update(public=True)


def _walk_publications(territory: Territory, members: Members) -> None:
    """One publication of personal data to its end, and one request that waits for the DPO; each once."""
    for named, act in (
        ("associations", openness.publish_the_directory),
        ("demandes-de-place", openness.ask_for_an_opinion),
    ):
        dataset = Dataset.objects.of(territory).filter(slug__startswith=named).first()
        if dataset is not None and not dataset.publication_requests.exists():
            act(dataset, members)
