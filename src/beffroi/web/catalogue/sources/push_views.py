"""« Publier vers un portail »: a published dataset leaves for CKAN or data.gouv.fr, in the name of who asks."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from pydantic import ValidationError

from beffroi.lake.sources import push as portals
from beffroi.web.platform.guards import requires
from beffroi.web.platform.jobs import TooManyJobs
from beffroi.web.platform.rights import may
from beffroi.web.ui.fields import VisibleCharField

from ..errors import CatalogueError
from ..models import Dataset
from . import pushing


class PortalForm(forms.Form):
    """Which portal, under which organization, with which token."""

    kind = forms.ChoiceField(
        label="Quel portail ?",
        widget=forms.RadioSelect,
        choices=[("datagouv", "data.gouv.fr, ou un portail udata"), ("ckan", "Un portail CKAN")],
        initial="datagouv",
    )
    url = VisibleCharField(
        label="Son adresse",
        max_length=2000,
        initial="https://www.data.gouv.fr",
        help_text="L'exploitant de cette instance doit avoir autorisé ce nom.",
    )
    organization = VisibleCharField(
        label="Votre organisation sur ce portail",
        required=False,
        max_length=255,
        help_text="Son identifiant sur data.gouv.fr, son nom court sur CKAN. Vide : votre compte lui-même.",
    )
    token = forms.CharField(
        label="Jeton de votre compte sur ce portail",
        max_length=2000,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Il se crée dans votre compte du portail. Il sert une fois, chiffré, puis il est oublié.",
        error_messages={"required": "Donnez le jeton de votre compte sur ce portail."},
    )

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            fields = {name: cleaned[name] for name in ("kind", "url", "organization")}
            try:
                self.portal = portals.parse(fields)
            except ValidationError:
                self.add_error("url", "L'adresse doit être complète, par exemple https://www.data.gouv.fr.")
        return cleaned


@sensitive_post_parameters("token")
@requires("dataset.publish")
def push(request: HttpRequest, dataset: str) -> HttpResponse:
    """What leaves, for where; the work then says how far it is."""
    rows = Dataset.objects.of(request.territory).select_related("territory")
    found = get_object_or_404(rows, slug=dataset)
    if not may(request.user, "dataset.publish", found):
        raise Http404
    form = PortalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            job = pushing.start(found, request.user, form.portal, form.cleaned_data["token"])
        except PermissionDenied as error:
            raise Http404 from error
        except (CatalogueError, TooManyJobs) as error:
            form.add_error(None, str(error))
        else:
            return redirect("job", request.territory.slug, job.pk)
    refusal = pushing.why_not(found)
    if refusal and request.method == "GET":
        messages.warning(request, refusal)
        return redirect("dataset", request.territory.slug, found.slug)
    context = {"dataset": found, "form": form}
    return render(request, "catalogue/sources/push.html", context, status=422 if form.errors else 200)
