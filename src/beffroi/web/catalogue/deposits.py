"""Deposit of several files at once: each becomes a delivery of its own, and a refused one never costs another.

In: the files of a form. Out: what is being read, what is stored but waits, what was refused and why, told on the next page.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from beffroi.web.platform.jobs import TooManyJobs
from beffroi.web.platform.models import Job, Person, Territory

from . import delivery_jobs, lifecycle
from .errors import CatalogueError
from .lifecycle.file_storage import content_of
from .models import Delivery


@dataclass
class Deposit:
    """`read`: the jobs that read the files; `waiting`: files stored, without a job; `refused`: reasons, in French."""

    read: list[Job] = field(default_factory=list)
    waiting: list[Delivery] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def single(self) -> Job | None:
        """The job of a file that was deposited alone."""
        return self.read[0] if len(self.read) == 1 and not self.waiting and not self.refused else None


def deposit_files(
    territory: Territory, person: Person, files: Sequence[UploadedFile], prefer: str = ""
) -> Deposit:
    """Store each file and start reading it. Raises TooManyJobs for a file deposited alone, which is stored."""
    deposit = Deposit()
    for file in files:
        try:
            delivery = lifecycle.receive(territory, person, file.name or "fichier", content_of(file))
        except CatalogueError as error:
            deposit.refused.append(str(error))
            continue
        try:
            deposit.read.append(delivery_jobs.start_stage(delivery, person, prefer))
        except TooManyJobs:
            if len(files) == 1:
                raise
            deposit.waiting.append(delivery)
    return deposit


def report_deposit(request: HttpRequest, deposit: Deposit, refused: Sequence[str]) -> None:
    """Messages of a deposit of several files, for the page that lists the deliveries."""
    if (count := len(deposit.read)) == 1:
        messages.success(
            request,
            "Un fichier est gardé, et sa lecture commence. Actualisez cette page, puis ouvrez-le quand il est « à confirmer ».",
        )
    elif count:
        messages.success(
            request,
            f"{count} fichiers sont gardés, et leur lecture commence. Actualisez cette page, puis ouvrez chacun quand "
            "il est « à confirmer ».",
        )
    if deposit.waiting:
        names = ", ".join(f"« {delivery.file_name} »" for delivery in deposit.waiting)
        messages.warning(
            request,
            f"Gardé, mais pas encore lu, car trop de travaux attendent : {names}. Ouvrez-le plus tard et choisissez "
            "« Lire ce fichier ».",
        )
    for reason in refused:
        messages.error(request, reason)
