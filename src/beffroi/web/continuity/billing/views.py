"""Pages of billing statements: what there is, a new one from three tables, its bills line by line, its check, its files."""

from calendar import monthrange
from typing import Any, Final, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.guides.questionnaire import AnswersError
from beffroi.web.guides import tables
from beffroi.web.guides.errors import GuideError
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import may
from beffroi.web.ui.form_errors import add_field_error

from ..errors import ContinuityError
from ..file_answers import pdf_answer
from ..models import BillingStatement
from . import papers, services
from .forms import FILE, SHEETS, CheckForm, StatementForm
from .payer_bills import Bill, Service
from .rekeyed_quantities import RekeyedSheets, read_sheets, rekeyed_sheets
from .statement_tables import PARTS, SERVICES, ReadTable, read, schemas, template

PER_PAGE: Final = 50


def _statement_or_404(request: HttpRequest, pk: int) -> BillingStatement:
    rows = BillingStatement.objects.of(request.territory).select_related(
        "by", "checked_by", "territory", "replaces"
    )
    statement: BillingStatement | None = rows.filter(pk=pk).first()
    if statement is None:
        raise Http404
    return statement


def _service_or_404(key: str) -> Service:
    if key not in SERVICES:
        raise Http404
    return cast("Service", key)


def _to(statement: BillingStatement) -> str:
    return reverse("billing-statement", kwargs={"slug": statement.territory.slug, "pk": statement.pk})


@requires("continuity.bill")
def statements_page(request: HttpRequest) -> HttpResponse:
    """Every statement, the last first; a new one of each service."""
    rows = BillingStatement.objects.of(request.territory).select_related("by", "checked_by")
    statements = list(rows[:100])
    replaced = rows.filter(replaces__in=statements).values_list("replaces", flat=True)
    context = {"statements": statements, "replaced": set(replaced), "services": SERVICES.items()}
    return render(request, "continuity/billing.html", context)


@requires("continuity.bill")
def new_page(request: HttpRequest, service: str) -> HttpResponse:
    """A statement from three tables; with `?remplace=12`, from the tables of another one where no file is given.

    The quantities are a file, or the sheets that were typed again (`?fiches=1` chooses them).
    """
    known = _service_or_404(service)
    replaced = _replaced(request, known)
    sheets = rekeyed_sheets(request.territory, known)
    form = StatementForm(
        known,
        *((request.POST, request.FILES) if request.method == "POST" else ()),
        sheets=sheets.words() if sheets.batches else "",
        required=replaced is None,
        initial=_initial(request, sheets, replaced),
    )
    if request.method == "POST" and form.is_valid():
        read_tables = _read_tables(request, known, form, replaced)
        if read_tables is not None:
            first, last = form.cleaned_data["first_day"], form.cleaned_data["last_day"]
            names = {part: replaced.sources[part]["name"] for part in PARTS} if replaced else {}
            names |= {part: file.name for part in PARTS if (file := form.cleaned_data[part])}
            if form.takes_sheets:
                names["quantities"] = "Fiches papier ressaisies"
            try:
                made = services.prepare(
                    request.territory, request.user, known, first, last, read_tables, names, replaced
                )
            except ContinuityError as error:
                add_field_error(form, error)
            else:
                messages.success(request, "L'état est prêt à contrôler. Rien n'est envoyé à personne.")
                return redirect(_to(made))
    context = {
        "form": form,
        "service": known,
        "service_title": SERVICES[known],
        "replaced": replaced,
        "schemas": schemas(known).items(),
        "sheets": sheets,
        "may_type": may(request.user, "continuity.answer", request.territory),
    }
    return render(request, "continuity/billing_new.html", context, status=422 if form.errors else 200)


def _initial(
    request: HttpRequest, sheets: RekeyedSheets, replaced: BillingStatement | None
) -> dict[str, Any]:
    """The period and the source of the statement that is replaced; of a new one, the months of the sheets that are ready."""
    if replaced is None:
        if not sheets.batches or (sheets.waiting and not request.GET.get("fiches")):
            return {"source": FILE}
        first, last = sheets.batches[0].day, sheets.batches[-1].day
        end = last.replace(day=monthrange(last.year, last.month)[1])
        return {"source": SHEETS, "first_day": first.replace(day=1), "last_day": end}
    source = SHEETS if "sheets" in replaced.sources["quantities"] else FILE
    return {"first_day": replaced.first_day, "last_day": replaced.last_day, "source": source}


def _replaced(request: HttpRequest, service: Service) -> BillingStatement | None:
    number = request.GET.get("remplace", "")
    if not number:
        return None
    if not number.isdecimal() or len(number) > 12:
        raise Http404
    found = _statement_or_404(request, int(number))
    if found.service != service or found.erased_at is not None:
        raise Http404
    return found


def _read_tables(
    request: HttpRequest, service: Service, form: StatementForm, replaced: BillingStatement | None
) -> dict[str, ReadTable] | None:
    """The three tables; None where one cannot be read, which its field says."""
    found = {}
    former = replaced.read() if replaced else {}
    for part, schema in schemas(service).items():
        file = form.cleaned_data[part]
        try:
            if part == "quantities" and form.takes_sheets:
                days = form.cleaned_data["first_day"], form.cleaned_data["last_day"]
                services.check_period(*days)
                found[part] = read_sheets(request.territory, service, *days)
            elif file:
                found[part] = read(schema, tables.read_upload(request.territory, schema.field_of, file))
            elif replaced is not None:
                source = replaced.sources[part]
                refused = [(line, why) for line, why in source["refused"]]
                found[part] = ReadTable(
                    former[part], refused, source.get("unknown", ()), source.get("sheets")
                )
        except ContinuityError as error:
            add_field_error(form, error)
        except GuideError as error:
            form.add_error(part, str(error))
        except AnswersError as error:
            form.add_error(part, error.faults[0].message)
    return None if form.errors else found


@requires("continuity.bill")
def template_file(request: HttpRequest, service: str, part: str) -> HttpResponse:
    """An empty table with the right headings and an example; it has no data, so no mark of invented ones."""
    known = _service_or_404(service)
    if part not in PARTS:
        raise Http404
    schema = schemas(known)[part]
    return tables.file_response(template(schema), request.territory, f"Modèle {schema.title}", "xlsx")


@requires("continuity.bill")
def statement_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The total, what is impossible or unusual, lines set aside, each bill explained; its check by a second person."""
    statement = _statement_or_404(request, pk)
    return _render(request, statement, CheckForm())


def _render(request: HttpRequest, statement: BillingStatement, form: CheckForm) -> HttpResponse:
    found = services.result_of(statement)
    query = " ".join(request.GET.get("q", "").split())[:80]
    bills = [bill for bill in found.bills if not query or query.casefold() in _searched(bill)]
    names = {each["number"]: each["name"] for each in statement.read().get("subscribers", [])}
    replaced_by = BillingStatement.objects.of(request.territory).filter(replaces=statement).first()
    context: dict[str, Any] = {
        "statement": statement,
        "replaced_by": replaced_by,
        "page": Paginator(bills, PER_PAGE).get_page(request.GET.get("page")),
        "query": query,
        "same_days": [] if replaced_by else services.others_of_these_days(statement),
        "blocking": [
            (remark, names.get(remark.subscriber, "")) for remark in found.remarks if remark.blocking
        ],
        "unusual": [
            (remark, names.get(remark.subscriber, "")) for remark in found.remarks if not remark.blocking
        ],
        "sources": [(schema, statement.sources[part]) for part, schema in schemas(statement.service).items()],
        "form": form,
        "prepared_here": statement.by_id == request.user.pk,
    }
    return render(request, "continuity/billing_statement.html", context, status=422 if form.errors else 200)


def _searched(bill: Bill) -> str:
    return " ".join(map(str, (*bill.subscriber.values(), *bill.sheets))).casefold()


@requires("continuity.bill")
@require_POST
def check(request: HttpRequest, pk: int) -> HttpResponse:
    statement = _statement_or_404(request, pk)
    form = CheckForm(request.POST)
    if not form.is_valid():
        return _render(request, statement, form)
    try:
        services.check(statement, request.user, form.cleaned_data["note"])
    except ContinuityError as error:
        add_field_error(form, error)
        statement.refresh_from_db()
        return _render(request, statement, form)
    messages.success(request, "L'état est contrôlé. Exportez-le pour votre logiciel financier.")
    return redirect(_to(statement))


@requires("continuity.bill")
def statement_file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """The statement as a file: csv, xlsx or ods for the financial software, once checked; « detail » line by line; pdf to sign."""
    statement = _statement_or_404(request, pk)
    if statement.erased_at is not None or form not in {*tables.MEDIA, "detail", "pdf"}:
        raise Http404
    if form in tables.MEDIA and statement.checked_at is None:
        messages.error(
            request,
            "Cet état n'est pas contrôlé : pas de fichier pour le logiciel. Une deuxième personne le contrôle d'abord.",
        )
        return redirect(_to(statement))
    if form != "pdf":
        return papers.export(statement, form, timezone.localdate())
    draft = "" if statement.checked_at else "projet-a-controler-"
    name = f"{draft}etat-de-facturation-{statement.pk}"
    return pdf_answer(request, lambda: papers.pdf(statement), name, _to(statement))
