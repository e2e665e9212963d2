"""The page of the use of proposals, and the form that opens it."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import may
from beffroi.web.ui.fields import VisibleCharField
from beffroi.web.ui.form_errors import add_field_error

from . import drafting_usage, section_tabs, usage
from .errors import DecisionError


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Donnez la date.", "invalid": "Donnez une date, par exemple 26/11/2026."},
    )


class ConsultationForm(forms.Form):
    """When staff were told, and which body was heard."""

    use_required_attribute = False

    informed_on = _day("Personnel informé le")
    consulted_on = _day("Instance consultée le")
    body = VisibleCharField(
        label="Instance consultée",
        max_length=200,
        help_text="Par exemple : comité social territorial.",
        error_messages={"required": "Dites quelle instance."},
    )
    reference = VisibleCharField(
        label="Référence du procès-verbal",
        max_length=200,
        error_messages={"required": "Donnez la référence du procès-verbal."},
    )


@requires("usage.read")
def usage_page(request: HttpRequest) -> HttpResponse:
    return _show(request, ConsultationForm())


def _show(request: HttpRequest, form: ConsultationForm) -> HttpResponse:
    territory = request.territory
    context = {
        "tabs": section_tabs.of(request.user, territory, "decisions-usage"),
        "consultation": usage.consultation(territory),
        "cells": usage.cells(request.user, territory),
        "drafts": drafting_usage.cells(request.user, territory),
        "form": form,
        "may_manage": may(request.user, "usage.manage", territory),
        "least": usage.LEAST_DECISIONS,
        "people": usage.LEAST_PEOPLE,
    }
    return render(request, "decisions/usage.html", context, status=422 if form.errors else 200)


@requires("usage.manage")
@require_POST
def consultation_page(request: HttpRequest) -> HttpResponse:
    """Write down that staff were told and heard: the figures open."""
    form = ConsultationForm(request.POST)
    if form.is_valid():
        try:
            usage.record_consultation(request.territory, request.user, **form.cleaned_data)
        except DecisionError as error:
            add_field_error(form, error)
        else:
            messages.success(request, "Consultation inscrite. Les chiffres d'ensemble sont ouverts.")
            return redirect(reverse("decisions-usage", kwargs={"slug": request.territory.slug}))
    return _show(request, form)
