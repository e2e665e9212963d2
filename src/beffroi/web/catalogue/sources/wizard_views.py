"""« Ajouter une source »: one question a screen, back without loss, nothing exists before the last button."""

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from beffroi.lake.sources import Secret, SourceError
from beffroi.web.platform.guards import requires

from ..errors import CatalogueError
from . import connections, source_registry
from .models import EXPECTED
from .place_forms import PlaceForm, describe_offer
from .source_labels import KINDS, SHORT
from .wizard import SCREENS, STAGES, Draft

OWED_INTRO: Final = "Donnez un nom à ce qui est dû, relisez, puis créez-le. Son retard sera signalé à partir de sa première échéance."


@requires("source.manage")
def begin(request: HttpRequest) -> HttpResponse:
    """The first screen; a draft left in the middle is found again."""
    return redirect("source-add-step", request.territory.slug, "genre")


@sensitive_post_parameters("password", "key", "token")
@requires("source.manage")
def screen(request: HttpRequest, step: str) -> HttpResponse:
    """One screen. Its answer is stored in the session; « Précédent » loses nothing."""
    if step not in SCREENS:
        raise Http404
    draft = Draft(request.session, request.territory)
    if draft.reachable(step) != step:
        return redirect("source-add-step", request.territory.slug, draft.reachable(step))
    if step == "essai":
        return _try_out(request, draft)
    if request.method == "POST":
        form = draft.form(step, request.POST)
        if form.is_valid():
            if step == "verifier":
                return _create(request, draft, form)
            draft.take(step, form)
            return redirect("source-add-step", request.territory.slug, draft.after(step))
    else:
        form = draft.form(step, initial=_proposed(request, draft, step))
    return render(
        request,
        "catalogue/sources/wizard.html",
        _context(draft, step, form),
        status=422 if form.errors else 200,
    )


def _context(draft: Draft, step: str, form: Any) -> dict[str, Any]:
    context = {
        "form": form,
        "intro": OWED_INTRO if step == "verifier" and draft.kind == EXPECTED else form.intro,
        "step": step,
        "stages": STAGES,
        "stage": draft.stage(step),
        "before": draft.before(step) if step != "genre" else "",
        "kind": SHORT.get(draft.kind, ""),
        "tall": step in ("genre", "table", "mode"),
        "started": bool(draft.values["answers"]),
    }
    if isinstance(form, PlaceForm):
        context |= {"plain": form.plain, "advanced": form.advanced}
    if step == "verifier":
        context["summary"] = _summary(draft)
    return context


def _proposed(request: HttpRequest, draft: Draft, step: str) -> dict[str, Any]:
    """A first answer, where the earlier ones imply one."""
    offer = draft.offer() if draft.values.get("offers") else None
    name = str(offer["name"]).rpartition("/")[2] if offer else ""
    if step == "responsable":
        return {"owner": request.user.pk}
    if step == "genre" and draft.kind:
        return {"kind": draft.kind}
    if step == "mode" and offer:
        return {"key": ", ".join(offer["key"])}
    if step == "jeu" and name:
        title = name.rpartition(".")[0] or name
        return {"dataset_title": title[:1].upper() + title[1:].replace("_", " ")}
    if step == "verifier":
        subject = draft.values["answers"].get("jeu", {}).get("dataset_title") or name
        return {
            "title": f"{subject}, {SHORT.get(draft.kind, '')}"
            if subject
            else SHORT.get(draft.kind, "").capitalize()
        }
    return {}


def _try_out(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Call the source when requested, and display what answered."""
    failure = ""
    if request.method == "POST":
        try:
            draft.try_out()
        except SourceError as error:
            failure = str(error)
            draft.values["said"] = ""
            draft.keep()
        else:
            return redirect("source-add-step", request.territory.slug, "essai")
    offers = draft.values.get("offers", [])
    context = {
        "step": "essai",
        "stages": STAGES,
        "stage": 1,
        "before": draft.before("essai"),
        "after": draft.after("essai"),
        "kind": SHORT.get(draft.kind, ""),
        "message": draft.values.get("said", ""),
        "failure": failure,
        "offers": [describe_offer(offer) for offer in offers[:5]],
        "count": len(offers),
    }
    return render(request, "catalogue/sources/wizard_try.html", context, status=422 if failure else 200)


def _summary(draft: Draft) -> list[tuple[str, str, str]]:
    """The answers, line by line, each with the screen where it is changed."""
    lines = [("D'où elles viennent", KINDS.get(draft.kind, ""), "genre")]
    for step in draft.screens():
        form = draft.again(step) if step in draft.values["answers"] else None
        if step in ("genre", "essai", "verifier") or form is None:
            continue
        if step == "acces":
            secret = connections.open_secret(draft.values.get("sealed", ""))
            lines.append(
                (
                    "Accès",
                    ", ".join(filter(None, (secret.user, "secret chiffré")))
                    if secret != Secret()
                    else "aucun",
                    step,
                )
            )
            continue
        form.is_valid()
        lines.append(
            (
                form.heading,
                "\n".join(_answer_text(form, name) for name in form.fields if _answer_text(form, name)),
                step,
            )
        )
    return lines


def _answer_text(form: Any, name: str) -> str:
    value = form.cleaned_data.get(name) if hasattr(form, "cleaned_data") else None
    if value in (None, "", (), []):
        return ""
    field = form.fields[name]
    if hasattr(field, "choices") and not hasattr(field, "queryset"):
        value = dict(field.choices).get(value, dict(field.choices).get(str(value), value))
    if name in ("at", "weekday", "day") and not _counts(form, name):
        return ""
    if name in ("grace", "first_due") and not form.cleaned_data.get("promise"):
        return ""
    if name == "dataset_title" and form.cleaned_data.get("dataset") != "+":
        return ""
    if hasattr(value, "strftime") and name != "at":
        value = f"{value:%d/%m/%Y}"
    elif name == "at":
        value = f"{value:%H:%M}"
    return f"{field.label} : {value}" if len(form.fields) > 1 else str(value)


def _counts(form: Any, name: str) -> bool:
    unit = str(form.cleaned_data.get("rhythm", ""))
    return {"at": unit in ("day", "week", "month"), "weekday": unit == "week", "day": unit == "month"}[name]


def _create(request: HttpRequest, draft: Draft, form: Any) -> HttpResponse:
    draft.values["answers"]["verifier"] = {"title": form.cleaned_data["title"]}
    draft.keep()
    settings, missing = draft.settings(form.cleaned_data["title"])
    if settings is None:
        messages.error(request, "Une réponse n'est plus valable : corrigez-la, le reste est gardé.")
        return redirect("source-add-step", request.territory.slug, missing)
    secret = connections.open_secret(draft.values.get("sealed", ""))
    try:
        source = source_registry.add(request.territory, request.user, draft.final_spec(), secret, settings)
    except CatalogueError as error:
        form.add_error(None, str(error))
        return render(request, "catalogue/sources/wizard.html", _context(draft, "verifier", form), status=422)
    draft.forget()
    messages.success(
        request,
        f"« {source.title} » est créée. "
        + (
            "Déposez le fichier quand il arrive."
            if source.expected
            else "La première relève part dans la minute."
        ),
    )
    return redirect("source", request.territory.slug, source.pk)


@requires("source.manage")
@require_POST
def give_up(request: HttpRequest) -> HttpResponse:
    """Forget the draft, its secret first."""
    Draft(request.session, request.territory).forget()
    messages.success(request, "Le brouillon est effacé, son secret aussi. Rien n'a été créé.")
    return redirect("sources", request.territory.slug)
