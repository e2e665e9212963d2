"""Pages of the drafts of answers: those that wait, one of them with its passages, and what a person writes in its place."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import Territory
from beffroi.web.platform.rights import may
from beffroi.web.ui.fields import VisibleCharField
from beffroi.web.ui.form_errors import add_field_error

from . import drafting, section_tabs
from .errors import DecisionError
from .models import Draft
from .notices import notice_for, titles_of

TAKE_DRAFT = "brouillon"


class WritingForm(forms.Form):
    """The answer. Empty until the person writes, or asks for the draft or a version to start from."""

    use_required_attribute = False

    text = VisibleCharField(
        label="Votre réponse",
        max_length=drafting.MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="C'est votre texte qui compte. Chaque enregistrement garde une version, avec votre nom et l'heure.",
        error_messages={
            "required": "Le texte est vide : écrivez votre réponse, ou reprenez le brouillon. Rien n'a été enregistré.",
            "max_length": f"Ce texte est trop long : {drafting.MOST_TEXT} caractères au plus. Rien n'a été enregistré.",
        },
    )


class DismissForm(forms.Form):
    """Why a draft does not serve: it helps to put the system right."""

    use_required_attribute = False

    reason = VisibleCharField(
        label="Pourquoi l'écarter",
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Par exemple : le passage cité ne répond pas à la question. Ne nommez personne.",
        error_messages={"required": "Dites en une phrase pourquoi vous l'écartez. Rien n'a été enregistré."},
    )


@requires("proposal.read")
def list_page(request: HttpRequest) -> HttpResponse:
    territory, state = request.territory, request.GET.get("etat", "")
    page = Paginator(drafting.listed(territory, state), 50).get_page(request.GET.get("page"))
    titles = titles_of(territory, (row.system for row in page.object_list))
    context = {
        "tabs": section_tabs.of(request.user, territory, "reply-drafts"),
        "page": page,
        "state": state,
        "titles": titles,
        "may_write": may(request.user, "draft.write", territory),
    }
    return render(request, "decisions/reply_drafts.html", context)


def _draft(territory: Territory, pk: int) -> Draft:
    found = Draft.objects.of(territory).select_related("territory", "closed_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _there(draft: Draft, query: str = "") -> HttpResponse:
    return redirect(reverse("reply-draft", kwargs={"slug": draft.territory.slug, "pk": draft.pk}) + query)


@requires("proposal.read")
def draft_page(request: HttpRequest, pk: int) -> HttpResponse:
    draft = _draft(request.territory, pk)
    return _show(request, draft, write=WritingForm(initial={"text": _start(draft, request)}))


def _start(draft: Draft, request: HttpRequest) -> str:
    """The text that the person asked to start from: the draft, one of its versions, nothing otherwise."""
    requested = request.GET.get("reprendre", "")
    if requested == TAKE_DRAFT:
        return draft.text
    if requested.isdecimal() and len(requested) < 6:
        version = draft.versions.filter(number=int(requested)).first()
        return version.text if version else ""
    return ""


def _show(request: HttpRequest, draft: Draft, **bound: forms.Form) -> HttpResponse:
    versions = list(draft.versions.select_related("by").order_by("-number"))
    context: dict[str, Any] = {
        "draft": draft,
        "notice": notice_for(request.territory, draft.system),
        "versions": versions,
        "retained": versions[0] if versions and draft.state == Draft.State.RETAINED else None,
        "may_write": draft.waiting and may(request.user, "draft.write", draft),
        "write": bound.get("write") or WritingForm(),
        "aside": bound.get("aside") or DismissForm(),
        "take_draft": TAKE_DRAFT,
    }
    wrong = any(form.errors for form in bound.values())
    return render(request, "decisions/reply_draft.html", context, status=422 if wrong else 200)


@requires("draft.write")
@require_POST
def write_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Save a version, or retain it as the answer."""
    draft = _draft(request.territory, pk)
    form = WritingForm(request.POST)
    if not form.is_valid():
        return _show(request, draft, write=form)
    text, retained = form.cleaned_data["text"], request.POST.get("suite") == "retenir"
    try:
        if retained:
            drafting.retain(draft, request.user, text)
        else:
            version = drafting.save(draft, request.user, text)
    except DecisionError as error:
        add_field_error(form, error)
        return _show(request, _draft(request.territory, pk), write=form)
    if retained:
        messages.success(
            request, "Réponse retenue, avec votre nom. À vous de l'envoyer : Beffroi n'envoie rien."
        )
        return _there(draft)
    messages.success(request, f"Version {version.number} enregistrée. Vous pouvez continuer.")
    return _there(draft, f"?reprendre={version.number}")


@requires("draft.write")
@require_POST
def dismiss_page(request: HttpRequest, pk: int) -> HttpResponse:
    draft = _draft(request.territory, pk)
    form = DismissForm(request.POST)
    if form.is_valid():
        try:
            drafting.dismiss(draft, request.user, form.cleaned_data["reason"])
        except DecisionError as error:
            add_field_error(form, error)
    if form.errors:
        return _show(request, _draft(request.territory, pk), aside=form)
    messages.success(request, "Brouillon écarté. Votre motif aide à corriger le système.")
    return _there(draft)
