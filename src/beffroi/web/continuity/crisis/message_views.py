"""Messages by audience: written from a model, validated or signed by a person, taken away as a text, a mail draft, a page."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from beffroi.guides import Paper
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import Permission
from beffroi.web.platform.rights.mandates import sentence
from beffroi.web.ui.form_errors import add_field_error

from ..errors import ContinuityError
from ..file_answers import attachment
from ..models import Crisis, CrisisMessage
from . import audiences, journal_files
from .crisis_pages import address, base_context, crisis_or_404, pdf_or_text
from .forms import MessageForm

FORMS = (("txt", "Texte"), ("eml", "Courriel, en brouillon"))


def _model(key: str) -> Paper:
    try:
        return audiences.model(key)
    except KeyError:
        raise Http404 from None


@requires("continuity.read")
def messages_page(request: HttpRequest, pk: int) -> HttpResponse:
    crisis = crisis_or_404(request, pk)
    context = base_context(request, crisis) | {"audiences": audiences.audiences(crisis)}
    return render(request, "continuity/crisis_messages.html", context)


@requires("continuity.read")
def message_page(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """The last wording for an audience, or the model filled from the facts."""
    crisis, paper = crisis_or_404(request, pk), _model(key)
    last = crisis.messages.filter(model=key).select_related("validation__by", "by").last()
    form = MessageForm(initial=_words(crisis, paper, last if request.GET.get("modele") != "1" else None))
    return _message(request, crisis, paper, last, form)


def _words(crisis: Crisis, paper: Paper, last: CrisisMessage | None) -> dict[str, str]:
    subject, text = (last.subject, last.text) if last is not None else audiences.proposed(crisis, paper)
    return {"subject": subject, "text": text}


def _message(
    request: HttpRequest, crisis: Crisis, paper: Paper, last: CrisisMessage | None, form: MessageForm
) -> HttpResponse:
    validation = getattr(last, "validation", None)
    words = "signer ce message" if paper.signed_by else "valider ce message"
    context = base_context(request, crisis) | {
        "guide": paper,
        "last": last,
        "outdated": audiences.outdated(last, paper) if last is not None and crisis.is_open else None,
        "validation": validation,
        "authority": sentence(validation.authority)
        if validation is not None and validation.authority
        else "",
        "signatory": audiences.signatory(request.territory) if paper.signed_by else "",
        "may_validate": Permission(request.user, audiences.act_to_validate(paper), request.territory, words),
        "wordings": crisis.messages.filter(model=paper.id)
        .select_related("by", "validation__by")
        .order_by("-pk"),
        "form": form,
        "forms": (*FORMS, ("pdf", "PDF à signer" if paper.signed_by and validation is None else "PDF")),
    }
    return render(request, "continuity/crisis_message.html", context, status=422 if form.errors else 200)


@requires("continuity.answer")
@require_POST
def write_message_page(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    crisis, paper = crisis_or_404(request, pk), _model(key)
    form = MessageForm(request.POST)
    if form.is_valid():
        try:
            audiences.write(
                crisis, request.user, paper, form.cleaned_data["subject"], form.cleaned_data["text"]
            )
        except ContinuityError as error:
            add_field_error(form, error)
        else:
            messages.success(request, "Le texte est enregistré. Une personne doit encore le valider.")
            return redirect(address(crisis, "crisis-message", key=key))
    return _message(request, crisis, paper, crisis.messages.filter(model=key).last(), form)


def _wording(crisis: Crisis, number: int) -> CrisisMessage:
    found = crisis.messages.select_related("crisis", "validation__by").filter(pk=number).first()
    if found is None:
        raise Http404
    return found


@requires("continuity.read")
@require_POST
def validate_page(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """The service asks for the right: the authority's for what it signs, the spokesperson's for the rest."""
    crisis = crisis_or_404(request, pk)
    row = _wording(crisis, number)
    try:
        audiences.validate(row, request.user)
    except ContinuityError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "C'est validé. Beffroi n'envoie rien : c'est vous qui transmettez.")
    return redirect(address(crisis, "crisis-message", key=row.model))


@requires("continuity.read")
def export_message_page(request: HttpRequest, pk: int, number: int, form: str) -> HttpResponse:
    """What a person sends by other means: txt, eml, pdf."""
    crisis = crisis_or_404(request, pk)
    row = _wording(crisis, number)
    what = row.model.replace("_", "-")
    match form:
        case "pdf":
            return pdf_or_text(crisis, what, lambda: audiences.as_pdf(row))
        case "txt":
            content, media = audiences.as_text(row).encode(), "text/plain; charset=utf-8"
        case "eml":
            content, media = audiences.as_mail(row), "message/rfc822"
        case _:
            raise Http404
    return attachment(content, media, f"{journal_files.file_name(crisis, what)}.{form}")


urlpatterns = [
    path("crise/<int:pk>/messages/", messages_page, name="crisis-messages"),
    path("crise/<int:pk>/messages/<slug:key>/", message_page, name="crisis-message"),
    path("crise/<int:pk>/messages/<slug:key>/ecrire/", write_message_page, name="crisis-message-write"),
    path("crise/<int:pk>/textes/<int:number>/valider/", validate_page, name="crisis-message-validate"),
    path(
        "crise/<int:pk>/textes/<int:number>/texte.<slug:form>",
        export_message_page,
        name="crisis-message-export",
    ),
]
