"""Examining an installed system against the quality scale, from a page: in the background, kept for good.

In come a use and who asks; out goes an `Examination`, which the gate before production reads. A gate cannot be passed by an
examination of another version.
"""

from django.db import transaction
from django.urls import reverse

from beffroi.systems.check import check
from beffroi.web.platform import jobs, ledger
from beffroi.web.platform.models import Job, Person
from beffroi.web.platform.rights import require

from .. import manifests
from ..errors import WorkshopError
from ..models import Examination, SystemUse

KIND = "workshop.examine"


def start(use: SystemUse, person: Person, key: str) -> Job:
    """Ask for the examination; one key, one job."""
    require(person, "system.bind", use)
    if use.declared:
        raise WorkshopError(
            "Beffroi ne fait pas tourner ce service : il ne peut pas l'examiner. Les réponses de son fournisseur en tiennent lieu."
        )
    manifest = manifests.of(use)
    return jobs.start(
        use.territory,
        KIND,
        key=f"{KIND}:{key}",
        label=f"{manifest.title} : examen de qualité",
        person=person,
        arguments={"use": use.pk},
        back=reverse("system-quality", kwargs={"slug": use.territory.slug, "system": use.system}),
    )


def examine(use: SystemUse, person: Person, key: str) -> Examination:
    """Do it, here and now. The same key takes effect once."""
    require(person, "system.bind", use)
    done: Examination | None = Examination.objects.of(use.territory).filter(key=key).first()
    if done is not None:
        return done
    report = check(use.system)
    with transaction.atomic():
        created: Examination = Examination.objects.create(
            territory=use.territory,
            use=use,
            version=report.version,
            tier=report.tier,
            report=report.to_dict(),
            key=key,
            by=person,
        )
        ledger.append(
            use.territory,
            "system.examine",
            person,
            f"system:{use.system}",
            {"examination": created.pk, "version": report.version, "tier": report.tier},
        )
    return created


def run_job(progress: jobs.Progress) -> str:
    job = progress.job
    use = SystemUse.objects.of(job.territory).filter(pk=job.arguments.get("use")).first()
    if use is None or job.started_by is None:
        raise jobs.JobError("Ce service n'est plus là. Rien n'a été fait.")
    progress.report(10, "Examen du service : manifeste, colonnes, épreuve, isolement. Une à deux minutes")
    examine(use, job.started_by, job.key)
    return reverse("system-quality", kwargs={"slug": job.territory.slug, "system": use.system})
