"""From a confirmed error to the system: its corrections, its regression cases, the past cases to look at again."""

import io
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from beffroi.text import format_number
from beffroi.web.platform.guards import requires
from beffroi.web.ui.form_errors import add_field_error
from beffroi.web.ui.spreadsheets import Writer

from . import contesting, corrections, inbox, teaching
from .errors import DecisionError
from .models import Contestation, Correction, Proposal, RegressionCase, Replay
from .notices import Notice, notice_for
from .system_forms import (
    LabelForm,
    RegressionForm,
    RuleForm,
    WithdrawCaseForm,
    WithdrawForm,
    columns_of,
    named,
)

RESERVED = "Réservé aux agents habilités"


def _found(request: HttpRequest, pk: int) -> Contestation:
    """One about a system that this person may look at; else nothing is there."""
    rows = Contestation.objects.of(request.territory).select_related("territory", "proposal__territory")
    row: Contestation | None = rows.filter(pk=pk).first()
    if row is None or not teaching.system_of(row):
        raise Http404
    if (
        row.proposal
        and not inbox.seen_by(request.user, request.territory).filter(pk=row.proposal_id).exists()
    ):
        raise Http404
    return row


@requires("contestation.read")
def system_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _show(request, _found(request, pk))


@requires("contestation.answer")
@require_POST
def teach_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Whichever of the page's forms was sent."""
    return _ACTS.get(request.POST.get("acte", ""), _unknown)(request, _found(request, pk))


def _show(request: HttpRequest, row: Contestation, **bound: forms.Form) -> HttpResponse:
    territory, system = request.territory, teaching.system_of(row)
    last = Replay.objects.of(territory).filter(system=system, contestation=row).first()
    cases = RegressionCase.objects.of(territory).filter(system=system).select_related("by", "contestation")
    withdrawn_by = {each.withdraws_id: each for each in cases if each.withdraws_id}
    visible_corrections = (
        Correction.objects.of(territory)
        .filter(system=system)
        .select_related("by", "withdraws", "contestation")
    )
    withdrawn = {each.withdraws_id for each in visible_corrections}
    hidden = _hidden(request, [*visible_corrections, *cases])
    notice = notice_for(territory, system)
    context: dict[str, Any] = {
        "row": row,
        "title": notice.title,
        "corrections": [
            (
                each,
                each.pk in withdrawn,
                RESERVED if _on(each) in hidden else describe_correction(each, notice),
            )
            for each in visible_corrections
        ],
        "cases": [
            (each, withdrawn_by.get(each.pk), RESERVED if _on(each) in hidden else each.subject)
            for each in cases
            if each.withdraws_id is None
        ],
        "replay": last,
        "affected": affected(request, last),
        "can_replay": corrections.can_replay(),
        "may_answer": contesting.may_answer(request.user, territory),
        "rule": bound.get("rule") or (RuleForm(proposal=row.proposal) if row.proposal else None),
        "label": bound.get("label") or (LabelForm(system=system) if columns_of(system) else None),
        "regression": bound.get("regression") or RegressionForm(),
        "withdraw": bound.get("withdraw") or WithdrawForm(),
        "withdraw_case": bound.get("withdraw_case") or WithdrawCaseForm(),
    }
    wrong = any(form.errors for form in bound.values())
    return render(request, "decisions/system_correction.html", context, status=422 if wrong else 200)


def _on(row: Correction | RegressionCase) -> int | None:
    """The proposal that a correction or a case came from."""
    return row.contestation.proposal_id if row.contestation else None


def _hidden(request: HttpRequest, rows: Iterable[Correction | RegressionCase]) -> set[int]:
    """The proposals among theirs that this person may not read."""
    named = {pk for row in rows if (pk := _on(row)) is not None}
    seen = inbox.seen_by(request.user, request.territory).filter(pk__in=named)
    return named - set(seen.values_list("pk", flat=True))


def describe_correction(correction: Correction, notice: Notice) -> str:
    """A correction in a sentence, in the words of its system."""
    content = correction.content
    if correction.kind == Correction.Kind.LABEL:
        where = " et ".join(f"{key} = {value}" for key, value in content["keys"].items())
        return f"Dans « {content['input']} », où {where} : {content['column']} = {content['value']}."
    if correction.kind == Correction.Kind.RULE:
        where = " et ".join(
            f"« {named(key, notice)} » vaut {value}" for key, value in content["where"].items()
        )
        value = "" if content["value"] is None else f" {format_number(content['value'], 'g')}"
        return f"Où {where} : {corrections.ACTIONS[content['action']]}{value}."
    return f"Retrait du n° {correction.withdraws.number}." if correction.withdraws else ""


def affected(request: HttpRequest, replay: Replay | None) -> list[dict[str, Any]]:
    """The past cases of a replay that this person may read, with their proposals."""
    if replay is None:
        return []
    seen = inbox.seen_by(request.user, request.territory).select_related("decision")
    found = seen.in_bulk([a["proposal"] for a in replay.affected])
    return [one | {"of": found[one["proposal"]]} for one in replay.affected if one["proposal"] in found]


def _there(row: Contestation) -> HttpResponse:
    return redirect(reverse("contestation-system", kwargs={"slug": row.territory.slug, "pk": row.pk}))


def _rule(request: HttpRequest, row: Contestation) -> HttpResponse:
    if row.proposal is None:
        raise Http404
    form = RuleForm(request.POST, proposal=row.proposal)
    if form.is_valid():
        cleaned = form.cleaned_data
        try:
            made = teaching.add_rule(
                row, request.user, where=cleaned["where"], action=cleaned["action"], value=cleaned["value"], reason=cleaned["reason"]
            )  # fmt: skip
            messages.success(request, f"Règle n° {made.number} ajoutée : elle vaut à la prochaine exécution.")
            return _there(row)
        except DecisionError as error:
            add_field_error(form, error)
    return _show(request, row, rule=form)


def _label(request: HttpRequest, row: Contestation) -> HttpResponse:
    form = LabelForm(request.POST, system=teaching.system_of(row))
    if form.is_valid():
        cleaned = form.cleaned_data
        try:
            made = teaching.add_label(
                row, request.user, input=cleaned["input"], keys=cleaned["keys"], column=cleaned["name"], value=cleaned["typed"],
                reason=cleaned["reason"],
            )  # fmt: skip
            messages.success(
                request, f"Vraie valeur n° {made.number} ajoutée : elle vaut à la prochaine exécution."
            )
            return _there(row)
        except DecisionError as error:
            add_field_error(form, error)
    return _show(request, row, label=form)


def _regression(request: HttpRequest, row: Contestation) -> HttpResponse:
    form = RegressionForm(request.POST)
    if form.is_valid():
        try:
            teaching.add_regression(row, request.user, **form.cleaned_data)
            messages.success(
                request,
                "Ce cas sera recalculé avant la prochaine exécution : s'il ressort faux, rien ne sera proposé.",
            )
            return _there(row)
        except DecisionError as error:
            add_field_error(form, error)
    return _show(request, row, regression=form)


def _withdraw(request: HttpRequest, row: Contestation) -> HttpResponse:
    form = WithdrawForm(request.POST)
    if form.is_valid():
        rows = Correction.objects.of(request.territory).filter(system=teaching.system_of(row))
        found = (
            rows.select_related("territory", "contestation")
            .filter(pk=form.cleaned_data["correction"])
            .first()
        )
        if found is None:
            raise Http404
        try:
            teaching.withdraw(found, request.user, form.cleaned_data["reason"])
            messages.success(request, f"Correction n° {found.number} retirée.")
            return _there(row)
        except DecisionError as error:
            add_field_error(form, error)
    return _show(request, row, withdraw=form)


def _withdraw_case(request: HttpRequest, row: Contestation) -> HttpResponse:
    form = WithdrawCaseForm(request.POST)
    if form.is_valid():
        rows = RegressionCase.objects.of(request.territory).filter(system=teaching.system_of(row))
        found = rows.select_related("territory").filter(pk=form.cleaned_data["case"]).first()
        if found is None:
            raise Http404
        try:
            teaching.withdraw_case(found, request.user, form.cleaned_data["reason"])
            messages.success(request, f"Cas d'essai n° {found.pk} retiré : il n'arrête plus les exécutions.")
            return _there(row)
        except DecisionError as error:
            add_field_error(form, error)
    return _show(request, row, withdraw_case=form)


def _replay(request: HttpRequest, row: Contestation) -> HttpResponse:
    try:
        job = teaching.start_replay(row, request.user)
    except DecisionError as error:
        messages.warning(request, str(error))
        return _there(row)
    return redirect("job", request.territory.slug, job.pk)


def _unknown(request: HttpRequest, row: Contestation) -> HttpResponse:
    messages.warning(request, "Rien n'a été enregistré : choisissez ce que vous corrigez.")
    return _there(row)


_ACTS = {
    "regle": _rule, "valeur": _label, "essai": _regression, "retrait": _withdraw, "retrait-essai": _withdraw_case,
    "recalcul": _replay,
}  # fmt: skip


@requires("contestation.read")
def affected_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """The past cases to look at again, for a spreadsheet."""
    row = _found(request, pk)
    last = Replay.objects.of(request.territory).filter(contestation=row).first()
    text = io.StringIO()
    writer = Writer(text)
    writer.writerow(["proposition", "objet", "proposé", "serait proposé", "décision", "unité"])
    for one in affected(request, last):
        proposal: Proposal = one["of"]
        would_be = "plus proposé" if one["would_be"] is None else str(one["would_be"]).replace(".", ",")
        writer.writerow(
            [
                proposal.pk,
                proposal.subject,
                str(one["was"]).replace(".", ","),
                would_be,
                proposal.state,
                proposal.unit,
            ]
        )
    name = f"cas-a-reexaminer-{request.territory.slug}-{row.pk}.csv"
    return HttpResponse(
        "\ufeff" + text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
