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
from beffroi.web.platform.jobs import TooManyJobs
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


@requires("cyber.read")
def mail_page(request: HttpRequest) -> HttpResponse:
    """From where the territory writes, then each domain with its verdicts, then the second factor."""
    return _mail(request)


def _mail(request: HttpRequest, **forms: django_forms.Form) -> HttpResponse:
    territory = request.territory
    newest = Subquery(MailCheck.objects.of(territory).filter(domain=OuterRef("pk")).values("pk")[:1])
    domains = list(MailDomain.objects.of(territory).filter(until=None).annotate(last=newest))
    last = MailCheck.objects.of(territory).in_bulk([row.last for row in domains if row.last])
    context = {
        "answer": MailAnswer.objects.of(territory).first(),
        "domains": [
            (row, readable(row.name), list(map(_line, _findings(last.get(row.last))))) for row in domains
        ],
        "second_factor": SecondFactor.objects.of(territory).select_related("by").first(),
        "may_answer": may(request.user, services.ACT, territory),
        "no_resolver": "" if check_jobs.is_allowed() else check_jobs.NO_RESOLVER,
        "form": forms.get("address") or AddressForm(),
        "domain_form": forms.get("domain") or DomainForm(),
        "factor_form": forms.get("factor") or SecondFactorForm(),
    }
    failed = any(form.errors for form in forms.values())
    return render(request, "cyber/mail.html", context, status=422 if failed else 200)


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
    return _mail(request, address=form)


@requires("cyber.answer")
@require_POST
def declare_page(request: HttpRequest) -> HttpResponse:
    form = DomainForm(request.POST)
    if form.is_valid():
        try:
            row = services.declare(
                request.territory, request.user, form.cleaned_data["address"], own=form.cleaned_data["own"]
            )
        except MailError as error:
            add_field_error(form, error)
        else:
            messages.success(request, f"{readable(row.name)} est déclaré.")
            return _to(request, row)
    return _mail(request, domain=form)


@requires("cyber.answer")
@require_POST
def second_factor_page(request: HttpRequest) -> HttpResponse:
    form = SecondFactorForm(request.POST)
    if form.is_valid():
        try:
            services.attest(request.territory, request.user, **form.cleaned_data)
        except MailError as error:
            add_field_error(form, error)
        else:
            messages.success(request, "Votre attestation est enregistrée, avec votre nom et le jour.")
            return redirect("mail", slug=request.territory.slug)
    return _mail(request, factor=form)


def _row(request: HttpRequest, pk: int) -> MailDomain:
    found: MailDomain | None = (
        MailDomain.objects.of(request.territory).select_related("by").filter(pk=pk).first()
    )
    if found is None:
        raise Http404
    return found


def _to(request: HttpRequest, row: MailDomain) -> HttpResponse:
    return redirect("mail-domain", slug=request.territory.slug, pk=row.pk)


@requires("cyber.read")
def domain_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One domain: each protection with its reason and what to publish, what changed, the checks before."""
    return _domain(request, _row(request, pk))


def _domain(request: HttpRequest, row: MailDomain, form: SelectorsForm | None = None) -> HttpResponse:
    checks = list(row.checks.select_related("by")[: HISTORY + 1])
    last = checks[0] if checks else None
    lines = list(map(_line, _findings(last)))
    needed = [line for line in lines if not line["optional"]]
    context = {
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
        "form": form or SelectorsForm(initial={"selectors": " ".join(row.selectors)}),
    }
    return render(request, "cyber/mail_domain.html", context, status=422 if form is not None else 200)


def _change(change: dict[str, Any]) -> dict[str, Any]:
    return change | {"title": TITLES[change["key"]]}


@requires("cyber.answer")
@require_POST
def check_page(request: HttpRequest, pk: int) -> HttpResponse:
    """« Vérifier maintenant »: the page of the job, which leads back here."""
    row = _row(request, pk)
    try:
        job = check_jobs.request_check(row, request.user)
    except (MailError, TooManyJobs) as error:
        messages.error(request, str(error))
        return _to(request, row)
    return redirect("job", slug=request.territory.slug, pk=job.pk)


@requires("cyber.answer")
@require_POST
def selectors_page(request: HttpRequest, pk: int) -> HttpResponse:
    row, form = _row(request, pk), SelectorsForm(request.POST)
    if form.is_valid():
        try:
            services.change_selectors(row, request.user, form.cleaned_data["selectors"])
        except MailError as error:
            add_field_error(form, error)
        else:
            messages.success(
                request, "Les sélecteurs sont enregistrés : la prochaine vérification les essaie."
            )
            return _to(request, row)
    return _domain(request, row, form)


@requires("cyber.answer")
@require_POST
def withdraw_page(request: HttpRequest, pk: int) -> HttpResponse:
    row = services.withdraw(_row(request, pk), request.user)
    messages.success(
        request, f"{readable(row.name)} n'est plus vérifié. Ses vérifications passées restent ici."
    )
    return redirect("mail", slug=request.territory.slug)


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
