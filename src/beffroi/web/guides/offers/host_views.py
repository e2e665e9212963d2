"""The helper's pages: propose to many territories in one act, follow what each answered, see what each shares."""

import uuid
from collections import Counter
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from beffroi.lake.reference.kinds import kind_name
from beffroi.web.platform.forms import Day, Serving
from beffroi.web.platform.guards import requires_host
from beffroi.web.platform.models import Territory
from beffroi.web.tenancy.hosting import the_host
from beffroi.web.ui.fields import VisibleCharField
from beffroi.web.ui.form_errors import add_field_error
from beffroi.web.ui.formats import counted

from ..domains import domain_of
from ..errors import GuideError
from ..library import library
from . import services
from .models import Offer

MOST = 500
"""Territories in one act."""
SOME = ""
NAMED = 5
"""Names of a preview; the others are counted."""


class ProposeForm(forms.Form):
    """What is proposed, and to whom."""

    use_required_attribute = False
    kind = forms.ChoiceField(
        label="Que proposez-vous ?", choices=Offer.Kind.choices, widget=forms.RadioSelect, initial="guide"
    )
    guide = forms.ChoiceField(label="Dans la bibliothèque", required=False, help_text="Pour un questionnaire, un registre, un plan ou un document.")  # fmt: skip
    title = VisibleCharField(
        label="Titre", max_length=200, required=False, help_text="Pour un rappel ou un courrier."
    )
    text = VisibleCharField(
        label="Texte",
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="{collectivité} et {contact} sont remplacés par ceux de chacune. Chacune peut adapter le texte.",
    )
    due_on = Day(label="Pour le", required=False)
    to = forms.ChoiceField(label="À qui", widget=forms.RadioSelect, required=False, initial=SOME)
    territories = forms.MultipleChoiceField(
        label="Celles que vous choisissez", widget=forms.CheckboxSelectMultiple, required=False
    )
    serving: ClassVar[dict[str, Serving]] = {
        "guide": Serving(("kind",), (Offer.Kind.GUIDE,)),
        "title": Serving(("kind",), (Offer.Kind.REMINDER, Offer.Kind.LETTER)),
        "text": Serving(("kind",), (Offer.Kind.REMINDER, Offer.Kind.LETTER)),
    }

    def __init__(self, territories: list[Territory], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        guides = [(each.id, each.title) for each in library().guides.values() if domain_of(each)]
        self.fields["guide"].choices = [("", "–"), *sorted(guides, key=lambda each: each[1])]  # type: ignore[attr-defined]
        self.fields["territories"].choices = [(str(each.pk), each.name) for each in territories]  # type: ignore[attr-defined]
        kinds = Counter(each.kind for each in territories)
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (SOME, "celles que je coche"),
            *((kind, f"toutes : {kind_name(kind)} ({count})") for kind, count in sorted(kinds.items())),
        ]
        for name in ("guide", "title", "text", "to", "territories"):
            self.fields[name].is_cell = True  # type: ignore[attr-defined]  # needed or not as the choice above says

    def chosen(self, territories: list[Territory]) -> list[Territory]:
        """Those of the kind that was chosen, or those that are ticked."""
        kind = self.cleaned_data["to"]
        ticked = set(self.cleaned_data["territories"])
        return [each for each in territories if (each.kind == kind if kind else str(each.pk) in ticked)]


def _batches() -> list[dict[str, Any]]:
    rows = Offer.objects.values("batch", "title", "kind", "proposed_at", "due_on")
    counted = rows.annotate(
        sent=Count("pk"),
        waiting=Count("pk", filter=Q(state=Offer.State.PROPOSED)),
        refused=Count("pk", filter=Q(state=Offer.State.REFUSED)),
        done=Count("pk", filter=Q(done_at__isnull=False)),
    )
    by_batch: dict[object, dict[str, Any]] = {}
    for row in counted.order_by("-proposed_at"):
        total = by_batch.setdefault(row["batch"], row | {"sent": 0, "waiting": 0, "refused": 0, "done": 0})
        for name in ("sent", "waiting", "refused", "done"):
            total[name] += row[name]
    for total in by_batch.values():
        total["taken"] = total["sent"] - total["waiting"] - total["refused"]
        total["label"] = Offer.Kind(total["kind"]).label
    return list(by_batch.values())[:100]


@requires_host("host.propose")
def offers_page(request: HttpRequest) -> HttpResponse:
    """What was proposed and how far it is; the form to propose."""
    territories = list(Territory.objects.filter(suspended_at=None).order_by("name", "pk")[:MOST])
    form = ProposeForm(territories, request.POST or None)
    if request.method == "POST" and form.is_valid() and not request.POST.get("change"):
        chosen, host = form.chosen(territories), the_host()
        data = {name: form.cleaned_data[name] for name in ("kind", "guide", "title", "text", "due_on")}
        try:
            if not request.POST.get("confirm"):
                return render(request, "guides/host_offer_preview.html", _preview(request, chosen, data))
            services.propose(request.user, host.name if host else "Votre hébergeur", chosen, **data)
        except GuideError as error:
            add_field_error(form, error)
        else:
            messages.success(request, f"Proposé à {counted(len(chosen), 'collectivité', 'collectivités')}.")
            return redirect("host-offers")
    context = {"form": form, "batches": _batches()}
    return render(request, "guides/host_offers.html", context, status=422 if form.errors else 200)


def _preview(request: HttpRequest, chosen: list[Territory], data: dict[str, Any]) -> dict[str, Any]:
    """To whom, and what the first of them will read; what was typed goes with it. Raises GuideError."""
    title, text = services.checked(chosen, **data)
    names = [each.name for each in chosen[:NAMED]]
    typed = [(name, value) for name, values in request.POST.lists() for value in values]
    return {
        "title": title,
        "text": services.filled(text, chosen[0]),
        "kind": Offer.Kind(data["kind"]).label,
        "due_on": data["due_on"],
        "count": len(chosen),
        "whom": counted(len(chosen), "collectivité", "collectivités"),
        "names": names,
        "others": len(chosen) - len(names),
        "typed": [
            (name, value) for name, value in typed if name not in ("csrfmiddlewaretoken", "confirm", "change")
        ],
    }


@requires_host("host.propose")
def batch_page(request: HttpRequest, batch: str) -> HttpResponse:
    """What each territory answered to one proposal."""
    offers = list(
        Offer.objects.filter(batch=batch).select_related("territory").order_by("state", "territory__name")
    )
    if not offers:
        raise Http404
    waiting = sum(each.state == Offer.State.PROPOSED for each in offers)
    context = {"offers": offers, "first": offers[0], "waiting": waiting}
    return render(request, "guides/host_batch.html", context)


@requires_host("host.propose")
@require_POST
def withdraw_page(request: HttpRequest, batch: uuid.UUID) -> HttpResponse:
    try:
        count = services.withdraw(batch, request.user)
    except GuideError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Retiré de {counted(count, 'collectivité', 'collectivités')}.")
    return redirect("host-offer", batch=batch)


urlpatterns = [
    path("hote/propositions/", offers_page, name="host-offers"),
    path("hote/propositions/<uuid:batch>/", batch_page, name="host-offer"),
    path("hote/propositions/<uuid:batch>/retirer/", withdraw_page, name="host-offer-withdraw"),
]
