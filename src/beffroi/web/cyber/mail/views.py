"""Pages of mail: from where the territory writes, its domains and their verdicts, one domain with what to publish, the letter."""

from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import may
from beffroi.web.ui.form_errors import add_field_error

from ..models import MailAnswer, MailCheck, MailDomain, SecondFactor
from . import check_jobs, provider_letter, services
from .domain_names import readable
from .errors import MailError
from .forms import AddressForm, DomainForm, SecondFactorForm, SelectorsForm
from .verdicts import OPTIONAL, TITLES, Finding, Verdict

BADGES = {
    Verdict.GOOD: "good",
    Verdict.TO_CORRECT: "warn",
    Verdict.ABSENT: "danger",
    Verdict.NO_REPLY: "info",
    Verdict.UNCHECKED: "plain",
}
HISTORY = 20


def _line(finding: Finding) -> dict[str, Any]:
    return {
        "finding": finding,
        "title": TITLES[finding.key],
        "badge": BADGES[finding.verdict],
        "optional": finding.key in OPTIONAL,
    }


def _findings(check: MailCheck | None) -> list[Finding]:
    return [Finding.model_validate(each) for each in check.findings] if check is not None else []


def mail_page(request: HttpRequest, **forms: django_forms.Form) -> dict[str, Any]:
    """From where the territory writes, then each domain with its verdicts, then the second factor."""
    territory = request.territory
    newest = Subquery(MailCheck.objects.of(territory).filter(domain=OuterRef("pk")).values("pk")[:1])
    domains = list(MailDomain.objects.of(territory).filter(until=None).annotate(last=newest))
    last = MailCheck.objects.of(territory).in_bulk([row.last for row in domains if row.last])
    return {
        "answer": MailAnswer.objects.of(territory).first(),
        "domains": [
            (row, readable(row.name), list(map(_line, _findings(last.get(row.last))))) for row in domains
        ],
        "second_factor": SecondFactor.objects.of(territory).select_related("by").first(),
        "may_answer": may(request.user, services.ACT, territory),
        "no_resolver": "" if check_jobs.is_allowed() else check_jobs.NO_RESOLVER,
        "form": AddressForm(),
        "domain_form": DomainForm(),
        "factor_form": SecondFactorForm(),
    } | forms


@requires("cyber.answer")
@require_POST
def answer_page(request: HttpRequest) -> HttpResponse:
    """The address that is given to people; « je ne sais pas » is an answer too."""
    if "unknown" in request.POST:
        services.answer(request.territory, request.user)
        messages.success(
            request, "C'est noté. Regardez ce qui suit le signe @ dans l'adresse de la mairie, puis revenez."
        )
        return redirect("mail", slug=request.territory.slug)
    form = AddressForm(request.POST)
    if form.is_valid():
        try:
            services.answer(request.territory, request.user, **form.cleaned_data)
        except MailError as error:
            add_field_error(form, error)
        else:
            return redirect("mail", slug=request.territory.slug)
    return render(request, "cyber/mail.html", mail_page(request, form=form), status=422)


def _row(request: HttpRequest, pk: int) -> MailDomain:
    found: MailDomain | None = (
        MailDomain.objects.of(request.territory).select_related("by").filter(pk=pk).first()
    )
    if found is None:
        raise Http404
    return found


def domain_page(request: HttpRequest, row: MailDomain, **forms: django_forms.Form) -> dict[str, Any]:
    """One domain: each protection with its reason and what to publish, what changed, the checks before."""
    checks = list(row.checks.select_related("by")[: HISTORY + 1])
    last = checks[0] if checks else None
    lines = list(map(_line, _findings(last)))
    needed = [line for line in lines if not line["optional"]]
    return {
        "row": row,
        "name": readable(row.name),
        "last": last,
        "wrong": [line for line in needed if line["finding"].verdict != Verdict.GOOD],
        "good": [line for line in needed if line["finding"].verdict == Verdict.GOOD],
        "optional": [line for line in lines if line["optional"]],
        "has_letter": any(line["finding"].ask for line in lines),
        "history": [(check, [_change(each) for each in check.changes]) for check in checks[:HISTORY]],
        "may_answer": may(request.user, services.ACT, row.territory),
        "no_resolver": "" if check_jobs.is_allowed() else check_jobs.NO_RESOLVER,
        "form": SelectorsForm(initial={"selectors": " ".join(row.selectors)}),
    } | forms


def _change(change: dict[str, Any]) -> dict[str, Any]:
    return change | {"title": TITLES[change["key"]]}


def _letter(request: HttpRequest, pk: int) -> provider_letter.Letter:
    row = _row(request, pk)
    last = row.checks.first()
    if last is None:
        raise Http404
    today = timezone.localdate()
    letter = provider_letter.letter_for(
        request.territory, row, _findings(last), timezone.localdate(last.at), today
    )
    if not letter.requests:
        raise Http404
    return letter


@requires("cyber.read")
def letter_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter to the provider, to print and sign."""
    return render(request, "cyber/mail_letter.html", {"letter": _letter(request, pk), "pk": pk})


@requires("cyber.read")
def letter_text(request: HttpRequest, pk: int) -> HttpResponse:
    """The same letter as text, for a message."""
    return HttpResponse(
        provider_letter.as_text(_letter(request, pk)),
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="lettre-messagerie-{pk}.txt"'},
    )
