"""The background job of the workshop: one execution of a system, asked from a page.

In comes a job's row; out goes the address of the run's page. The job's key is the run's: taken again after a
worker died, it goes on with the same run.
"""

from django.core.exceptions import PermissionDenied
from django.urls import reverse

from beffroi.web.platform.jobs import JobError, Progress

from .errors import WorkshopError
from .models import SystemUse
from .services.runs import execute


def run_job(progress: Progress) -> str:
    job = progress.job
    use = SystemUse.objects.of(job.territory).filter(pk=job.arguments.get("use")).first()
    if use is None or job.started_by is None:
        raise JobError(
            "Ce système n'est plus en service, ou la personne qui a lancé ce travail n'est plus là. Rien n'a été fait."
        )
    try:
        run = execute(
            use,
            job.started_by,
            job.arguments["verb"],
            settings=job.arguments.get("settings") or {},
            progress=progress.report,
            reason=job.arguments.get("reason", ""),
            key=job.key.removeprefix("workshop.run:"),
        )
    except (WorkshopError, PermissionDenied) as error:
        raise JobError(str(error)) from error
    return reverse("run", kwargs={"slug": job.territory.slug, "system": use.system, "pk": run.pk})
