"""Publication of a dataset on an open data portal (CKAN, data.gouv.fr): what anyone may download here, and nothing else.

In: the portal, its token, requested each time and deleted once used. Out: where it now is, and one line of the ledger.
"""

import shutil
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from beffroi.lake.errors import LakeError
from beffroi.lake.sources import Secret
from beffroi.lake.sources import push as portals
from beffroi.web.platform import jobs, ledger
from beffroi.web.platform.jobs import JobError, Progress
from beffroi.web.platform.models import Job, Person
from beffroi.web.platform.rights import require
from beffroi.web.public_address import absolute

from ..errors import CatalogueError
from ..lifecycle import export_rows
from ..lifecycle.receiving import ReportProgress, ignore_progress
from ..models import Dataset
from ..publication import authorisations
from . import connections

PUSH: Final = "catalogue.push"
LICENCES: Final = {
    "Licence Ouverte 2.0": {"ckan": "etalab-2.0", "datagouv": "lov2"},
    "ODbL 1.0": {"ckan": "odc-odbl", "datagouv": "odc-odbl"},
}
FREQUENCIES: Final = {
    "chaque jour": "daily",
    "chaque semaine": "weekly",
    "chaque mois": "monthly",
    "chaque trimestre": "quarterly",
    "chaque année": "annual",
    "une seule fois": "punctual",
}


def why_not(dataset: Dataset) -> str:
    """Why this dataset may not leave for a portal, in French; empty when it may."""
    if not authorisations.is_public(dataset):
        return (
            f"« {dataset.title} » n'est pas publié ici : publiez-le d'abord, puis envoyez-le sur un portail."
        )
    found = authorisations.open_request(dataset)
    if found is not None and found.ground == found.Ground.CONSENT:
        return (
            f"« {dataset.title} » est publié avec l'accord des personnes. Chacune peut le retirer, et ce qui est parti sur "
            "un portail ne revient pas : il n'est publié qu'ici."
        )
    if dataset.simulated:
        return (
            f"« {dataset.title} » contient des données simulées : elles ne partent pas sur un vrai portail."
        )
    return ""


def start(dataset: Dataset, person: Person, portal: portals.Portal, token: str) -> Job:
    """Ask for it. The token travels sealed, and only until the work is done. Raises CatalogueError."""
    require(person, "dataset.publish", dataset)
    if refusal := why_not(dataset):
        raise CatalogueError(refusal)
    previous = Job.objects.of(dataset.territory).filter(kind=PUSH, key__startswith=f"{PUSH}:{dataset.pk}:")
    running = next((job for job in previous if not job.finished), None)
    return running or jobs.start(
        dataset.territory,
        PUSH,
        key=f"{PUSH}:{dataset.pk}:{previous.count() + 1}",
        label=f"Publication de « {dataset.title} » sur un portail"[:200],
        person=person,
        arguments={
            "dataset": dataset.slug,
            "portal": portal.model_dump(mode="json"),
            "sealed": connections.seal_secret(Secret(token=token)),
        },
    )


def push(
    dataset: Dataset,
    person: Person,
    portal: portals.Portal,
    token: str,
    report: ReportProgress = ignore_progress,
) -> portals.Pushed:
    """Send what the public may read, as the CSV that it may download here. Asked again, it makes nothing twice."""
    require(person, "dataset.publish", dataset)
    if refusal := why_not(dataset):
        raise CatalogueError(refusal)
    current, territory = dataset.current, dataset.territory
    folder = settings.HOME.territory(territory.slug) / "fetching" / f"portail-{dataset.pk}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        report(10, "Les lignes publiées sont écrites")
        file = _written(dataset, folder)
        report(60, "Le portail reçoit le fichier")
        pushed = portals.push(
            portal,
            Secret(token=token),
            connections.network_for(territory, connections.FETCH_SECONDS),
            _publication(dataset, portal.kind),
            file,
            title=file.name,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    ledger.append(
        territory,
        "dataset.push",
        person,
        f"dataset:{dataset.pk}",
        {
            "portal": portal.kind,
            "snapshot": current.number if current else None,
            "created": pushed.created,
            "unchanged": pushed.unchanged,
        },
    )
    return pushed


def _written(dataset: Dataset, folder: Path) -> Path:
    export = export_rows(None, dataset)
    path = folder / export.file_name
    with path.open("wb") as out:
        for chunk in export.chunks:
            out.write(chunk)
    return path


def _publication(dataset: Dataset, kind: str) -> portals.Publication:
    place = dataset.territory
    where = absolute(reverse("portal-dataset", args=[place.slug, dataset.slug]))
    return portals.Publication(
        key=f"{place.siren or place.code}:{dataset.slug}",
        name=f"{place.slug}-{dataset.slug}"[:100],
        title=dataset.title,
        description=f"{dataset.description or dataset.title}\n\nProducteur : {dataset.producer}. Publié aussi par {place.name} : {where}",
        licence=LICENCES.get(dataset.licence, {}).get(kind, ""),
        frequency=FREQUENCIES.get(dataset.freshness, "unknown"),
    )


def _work(progress: Progress) -> str:
    job, arguments = progress.job, progress.job.arguments
    dataset = (
        Dataset.objects.of(job.territory)
        .select_related("territory")
        .filter(slug=arguments["dataset"])
        .first()
    )
    if dataset is None:
        raise JobError("Ce jeu n'est pas dans cet espace. Rien n'a été envoyé.")
    if job.started_by is None:
        raise JobError("La personne qui a demandé cet envoi n'a plus de compte. Rien n'a été envoyé.")
    if not arguments.get("sealed"):
        raise JobError("Le jeton n'est plus gardé. Rien n'a été envoyé. Recommencez depuis la page du jeu.")
    try:
        token = connections.open_secret(arguments["sealed"]).token
        pushed = push(dataset, job.started_by, portals.parse(arguments["portal"]), token, progress.report)
    except (CatalogueError, LakeError, PermissionDenied) as error:
        _forget(job)
        raise JobError(str(error)) from error
    _forget(job)
    progress.report(100, f"{'Déjà à jour' if pushed.unchanged else 'Publié'} : {pushed.url}")
    return reverse("dataset", args=[job.territory.slug, dataset.slug])


def _forget(job: Job) -> None:
    """The token has served."""
    job.arguments = {**job.arguments, "sealed": ""}
    Job.objects.filter(pk=job.pk).update(arguments=job.arguments)


def register() -> None:
    jobs.register(PUSH, _work)
