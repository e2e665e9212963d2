"""« Ouvrir dans un carnet »: choose a purpose, columns and hours, take the signed grant away, with the lines of code."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from beffroi.web.platform.guards import requires

from . import past_states
from .errors import CatalogueError
from .grants import consultation
from .lifecycle.notebook_grants import HOURS, MOST_HOURS, file_name, issue_grant
from .models import Dataset, Processing, Snapshot
from .reading_purposes import purposes_of


class NotebookForm(forms.Form):
    """For what, which columns, how long."""

    purpose = forms.ChoiceField(
        label="Pour quel usage ?",
        help_text="Un usage inscrit au registre. Par exemple : « Facturation des repas ».",
    )
    columns = forms.MultipleChoiceField(
        label="Seulement ces colonnes",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Sans rien cocher : toutes. Prenez le moins possible de colonnes sur des personnes.",
    )
    hours = forms.IntegerField(
        label="Pendant combien d'heures ?",
        initial=HOURS,
        min_value=1,
        max_value=MOST_HOURS,
        help_text=f"{MOST_HOURS} heures au plus ; demandez ensuite un nouvel accès.",
    )

    def __init__(self, dataset: Dataset, snapshot: Snapshot | None, data: Any = None) -> None:
        super().__init__(data)
        self.rows = {row.key: row for row in _purposes(dataset)}
        purpose: Any = self.fields["purpose"]
        purpose.choices = [(key, row.title) for key, row in self.rows.items()]
        columns: Any = self.fields["columns"]
        columns.choices = [(c["name"], c["label"]) for c in snapshot.columns] if snapshot else []

    def chosen(self) -> Processing:
        return self.rows[self.cleaned_data["purpose"]]


def _purposes(dataset: Dataset) -> list[Processing]:
    if dataset.sensitivity == Dataset.Sensitivity.PERSONAL:
        return purposes_of(dataset)
    plain = consultation(dataset.territory)
    return [plain, *(row for row in purposes_of(dataset) if row != plain)]


@requires("dataset.read")
@never_cache
def notebook(request: HttpRequest, dataset: str) -> HttpResponse:
    """The page; the grant is the answer to its form."""
    found = Dataset.objects.of(request.territory).select_related("territory").filter(slug=dataset).first()
    if found is None or found.current is None:
        raise Http404
    try:
        state = past_states.state_of(
            found, request.GET.get(past_states.VERSION, ""), request.GET.get(past_states.DAY, "")
        )
    except past_states.NoSuchState as error:
        raise Http404 from error
    form = NotebookForm(found, state.snapshot, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            text = issue_grant(
                request.user,
                found,
                form.chosen(),
                columns=form.cleaned_data["columns"] or None,
                hours=form.cleaned_data["hours"],
                snapshot=state.snapshot,
                by=request.user,
            )
        except CatalogueError as error:
            form.add_error(None, str(error))
        else:
            response = HttpResponse(text, content_type="application/json")
            response["Content-Disposition"] = f'attachment; filename="{file_name(found)}"'
            return response
    context = {
        "dataset": found,
        "form": form,
        "state": state,
        "file": file_name(found),
        "home": settings.HOME.path.name,
        "api": request.build_absolute_uri(
            f"/api/v1/t/{request.territory.slug}/datasets/{found.slug}/rows.csv"
        )
        + (f"?version={state.snapshot.number}" if state.past and state.snapshot else ""),
    }
    return render(request, "catalogue/notebook.html", context, status=422 if form.errors else 200)
