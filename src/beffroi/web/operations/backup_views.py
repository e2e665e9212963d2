"""« Réglages → Sauvegarde »: the last backup and its copy elsewhere; who runs the instance makes one and says where it went."""

import shlex
from pathlib import Path

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from beffroi.home import HomeError
from beffroi.web.platform.first_steps import FirstStep
from beffroi.web.platform.guards import requires
from beffroi.web.platform.http.downloads import download_file
from beffroi.web.platform.jobs import JobError
from beffroi.web.platform.models import Territory
from beffroi.web.tenancy import hosting
from beffroi.web.ui.fields import VisibleCharField

from . import backup_download, backup_jobs, backup_log


class CopyForm(forms.Form):
    """Where the copy went."""

    where = VisibleCharField(
        label="Où est la copie ?",
        max_length=120,
        help_text="Exemple : « disque chiffré, coffre de la mairie ».",
    )


@requires("territory.export")
def page(request: HttpRequest) -> HttpResponse:
    return _page(request, CopyForm())


def _page(request: HttpRequest, form: CopyForm) -> HttpResponse:
    own = hosting.hosts_itself(request.territory, hosting.in_force(request.territory))
    log = backup_log.read(settings.HOME)
    context = {
        "log": log,
        "restoring": _restoring(log),
        "own": own,
        "obstacle": backup_download.obstacle(request.territory, request.user) if own and log.made else "",
        "size": backup_download.size_of_last(),
        "host": None if own else hosting.the_host(),
        "form": form,
    }
    return render(request, "operations/backup.html", context, status=422 if form.errors else 200)


def _restoring(log: backup_log.BackupLog) -> str:
    """The command that brings back a territory out of the last backup that lacked nothing."""
    if log.made is None or log.whole is None:
        return ""
    name = next(filter(None, log.made.lacking), "NOM")
    source = f"--snapshot {log.whole.snapshot}" if log.whole.snapshot else shlex.quote(log.whole.file)
    return f"beffroi restore {source} --territory {name}"


@requires("territory.export", fresh=True)
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Save the whole instance, now."""
    try:
        job = backup_jobs.start(request.territory, request.user)
    except JobError as error:
        messages.error(request, str(error))
        return redirect("backup", request.territory.slug)
    return redirect("job", request.territory.slug, job.pk)


@requires("territory.export", fresh=True)
@require_POST
def download(request: HttpRequest) -> HttpResponseBase:
    """Carry the last backup away: everything is in it. Asking is an act: a button, never a link."""
    try:
        file = backup_download.open_last(request.territory, request.user)
    except HomeError as error:
        messages.error(request, str(error))
        return redirect("backup", request.territory.slug)
    return download_file(file, Path(file.name).name, "application/gzip")


@requires("territory.export")
@require_POST
def copied(request: HttpRequest) -> HttpResponse:
    """Say where the copy of the last backup went: a person's word, dated and signed in the ledger."""
    form = CopyForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    try:
        backup_jobs.declare_copy(request.territory, request.user, form.cleaned_data["where"])
    except HomeError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "C'est noté, à votre nom et à la date d'aujourd'hui.")
    return redirect("backup", request.territory.slug)


def backup_step(territory: Territory) -> FirstStep:
    """First step: a backup made, and its copy out of the machine; the host's, where another one runs it."""
    log = backup_log.read(settings.HOME)
    text = "Une sauvegarde, et sa copie hors de cette machine : ni le feu ni une attaque n'emportent tout."
    place = reverse("backup", args=[territory.slug]) + ("#copie" if log.made else "")
    if not hosting.hosts_itself(territory, hosting.in_force_for_request(territory)):
        host = hosting.the_host()
        name = f"Votre hébergeur{f', {host.name},' if host else ''}"
        text = f"{name} s'en charge ; aucune copie hors de sa machine n'est encore notée."
        if log.safe:
            text = f"{name} la fait pour vous et en garde une copie ailleurs."
    return FirstStep(
        "Une sauvegarde, et sa copie ailleurs",
        text,
        place,
        done=log.safe,
        order=50,
    )
