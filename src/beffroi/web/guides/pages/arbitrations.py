"""The decision on a file or on an entry: what its page shows of it, and the form of who decides."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse

from beffroi.guides import Questionnaire, Register
from beffroi.web.platform.forms import Day
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import Permission
from beffroi.web.platform.rights.mandates import sentence
from beffroi.web.ui.fields import VisibleCharField
from beffroi.web.ui.form_errors import add_field_error

from .. import presenting
from ..errors import GuideError
from ..models import Arbitration, RegisterEntry, Response
from ..opening import domain, guide_or_404, response_or_404
from ..services import arbitrations

MOST_LISTED = 20
KINDS = {"accepted": "good", "conditions": "warn", "deferred": "info", "refused": "danger"}


class DecisionForm(forms.Form):
    use_required_attribute = False
    decision = forms.ChoiceField(
        label="Votre décision", choices=Arbitration.Decision.choices, widget=forms.RadioSelect
    )
    reason = VisibleCharField(
        label="Pourquoi, et à quelles conditions", max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    until = Day(label="À revoir le", required=False)


@dataclass(frozen=True)
class Decided:
    """A decision as a page shows it; `stale`: what it was about changed since."""

    row: Arbitration
    kind: str
    authority: str
    stale: bool


def decisions_of(target: Response | RegisterEntry) -> list[Decided]:
    """The last one first."""
    now = arbitrations.content_sha256(target)
    names: dict[int, str] = {}
    return [
        Decided(
            row,
            KINDS[row.decision],
            sentence(row.authority, names) if row.authority else "",
            row.sha256 != now,
        )
        for row in target.arbitrations.select_related("by")[:MOST_LISTED]
    ]


def decision_context(
    request: HttpRequest, guide: Questionnaire | Register, target: Response | RegisterEntry
) -> dict[str, Any]:
    """What the page of a file or of an entry says of its decision; nothing where nobody decides."""
    if not guide.decided_by:
        return {}
    return {
        "decisions": decisions_of(target),
        "decided_by": guide.decided_by,
        "decide_url": _address(request.territory.slug, guide, target),
        "may_decide": Permission(request.user, domain(guide).accept, request.territory),
    }


def _address(slug: str, guide: Questionnaire | Register, target: Response | RegisterEntry) -> str:
    if isinstance(target, Response):
        return reverse("response-decide", args=[slug, target.pk])
    return reverse("register-decide", args=[slug, guide.id, target.pk])


@requires("territory.enter")
def response_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide on a file."""
    response, guide = response_or_404(request, pk)
    if not isinstance(guide, Questionnaire):
        raise Http404
    return _decide(
        request, guide, response, str(response), reverse("response", args=[request.territory.slug, pk])
    )


@requires("territory.enter")
def entry_page(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Decide on an entry of a register."""
    register = guide_or_404(request, Register, key)
    rows = RegisterEntry.objects.of(request.territory).select_related("territory")
    entry = rows.filter(register=register.id, pk=pk).first()
    if entry is None:
        raise Http404
    there = reverse("register-entry", args=[request.territory.slug, key, pk])
    return _decide(request, register, entry, register.label_of(entry.values), there)


def _decide(
    request: HttpRequest,
    guide: Questionnaire | Register,
    target: Response | RegisterEntry,
    label: str,
    there: str,
) -> HttpResponse:
    if not guide.decided_by:
        raise Http404
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        until: date | None = form.cleaned_data["until"]
        try:
            arbitrations.arbitrate(
                target, request.user, guide, form.cleaned_data["decision"], form.cleaned_data["reason"], until
            )
        except GuideError as error:
            add_field_error(form, error)
        else:
            messages.success(request, "La décision est enregistrée, sous votre nom.")
            return redirect(there)
    context = decision_context(request, guide, target) | {
        "guide": guide,
        "domain": domain(guide),
        "label": label,
        "there": there,
        "form": form,
        "missing": _missing(guide, target),
        "file": _file(guide, target),
    }
    return render(request, "guides/decide.html", context, status=422 if form.errors else 200)


def _missing(guide: Questionnaire | Register, target: Response | RegisterEntry) -> list[str]:
    """What a file does not say yet; an entry of a register is whole."""
    if isinstance(target, Response) and isinstance(guide, Questionnaire):
        return arbitrations.missing_from(target, guide)
    return []


def _file(
    guide: Questionnaire | Register, target: Response | RegisterEntry
) -> list[tuple[str, list[tuple[str, str]]]]:
    """What one decides on: labels and answers, under their headings."""
    if isinstance(target, Response):
        return [
            (title, [(row.question.label, row.answer) for row in rows])
            for title, rows in presenting.rows(target, guide)
        ]
    fields = guide.fields if isinstance(guide, Register) else ()
    values = [
        (each.label, each.format(target.values[each.key])) for each in fields if each.key in target.values
    ]
    return [("", values)]


urlpatterns: list[URLPattern] = [
    path("reponses/<int:pk>/decider/", response_page, name="response-decide"),
    path("registres/<slug:key>/<int:pk>/decider/", entry_page, name="register-decide"),
]
