"""Page on which a person reviews and validates the definition of an analysis."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from beffroi.web.platform.guards import requires
from beffroi.web.ui.fields import VisibleCharField

from . import explanations, validation
from .answers import StudioError, read_definition
from .models import StoredRecipe


class ValidationForm(forms.Form):
    """What was checked, of which version."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    checked = VisibleCharField(
        label="Ce que vous avez vérifié",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="En une phrase. Par exemple : « Les tonnages correspondent au rapport annuel du service des déchets. »",
    )


@require_http_methods(["GET", "POST"])
@requires("recipe.validate")
def validate(request: HttpRequest, recipe: str) -> HttpResponse:
    """Read what the analysis says, and what changed; then say that it is right."""
    place = request.territory  # type: ignore[attr-defined]
    found = StoredRecipe.objects.of(place).select_related("territory", "processing", "author")
    stored = get_object_or_404(found, slug=recipe)
    form = ValidationForm(request.POST or None, initial={"version": stored.version})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            validation.validate(stored, request.user, data["version"], data["checked"])  # type: ignore[arg-type]
        except StudioError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"La définition de « {stored.title} » est validée en votre nom.")
            return redirect("recipe", place.slug, stored.slug)
    state = validation.state_of(stored)
    context: dict[str, Any] = {"recipe": stored, "form": form, "state": state}
    context["able"] = validation.may_validate(request.user, stored)
    context["why_not"] = validation.why_not(request.user, stored)
    context["difference"] = validation.difference(stored, state) if state and state.changed else []
    try:
        context["sentences"] = explanations.describe_steps(read_definition(stored.definition), place)
    except StudioError as error:
        context["trouble"] = str(error)
    return render(request, "studio/validate.html", context, status=422 if form.errors else 200)
