"""Files of a billing statement: one row a payer for the financial software, one row a line with its computation, a PDF to sign."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from beffroi.web.guides import tables
from beffroi.web.ui import printing

from ..models import BillingStatement
from . import services
from .payer_bills import Bill
from .statement_tables import SERVICES, schemas

HEADING = (
    "Référence",
    "Redevable",
    "Adresse",
    "Concerne",
    "Objet",
    "Du",
    "Au",
    "Montant HT",
    "TVA",
    "Montant TTC",
    "Contrôle",
)
DETAIL = (
    "Référence",
    "Redevable",
    "Concerne",
    "Ligne",
    "Calcul",
    "Montant HT",
    "Taux de TVA",
    "Feuilles",
    "Contrôle",
)


def export(statement: BillingStatement, form: str, today: date) -> HttpResponse:
    """`form`: one of `tables.MEDIA`, or « detail »: an XLSX line by line."""
    schema = schemas(statement.service)["quantities"]
    draft = "" if statement.checked_at else "Projet à contrôler "
    what = "Détail, état de facturation" if form == "detail" else "État de facturation"
    title = f"{draft}{what} {statement.label} du {today:%d-%m-%Y}"
    named = schema.model_copy(update={"title": title})
    bills = services.result_of(statement).bills
    if form == "detail":
        rows = [[*_who(bill), line.title, line.steps, float(line.amount), float(line.vat),
                 ", ".join(bill.sheets), _state(statement)]
                for bill in bills for line in bill.lines]  # fmt: skip
        return tables.export(statement.territory, named, "xlsx", DETAIL, rows)
    rows = [_row(statement, bill) for bill in bills]
    return tables.export(statement.territory, named, form, HEADING, rows, bills=rows)


def _who(bill: Bill) -> tuple[str, str, str]:
    """Reference, payer, and the child that the bill is about."""
    subscriber = bill.subscriber
    payer = subscriber.get("payer", subscriber["name"])
    return subscriber["number"], payer, subscriber["name"] if "payer" in subscriber else ""


def _row(statement: BillingStatement, bill: Bill) -> list[Any]:
    number, payer, about = _who(bill)
    return [
        number, payer, bill.subscriber.get("address", ""), about, SERVICES[statement.service], statement.first_day,
        statement.last_day, float(bill.net), float(bill.total - bill.net), float(bill.total), _state(statement),
    ]  # fmt: skip


def _state(statement: BillingStatement) -> str:
    return "contrôlé" if statement.checked_at else "projet, à contrôler"


def pdf(statement: BillingStatement) -> bytes:
    """The total, the method, the tables and what was set aside, the check, and each payer. Raises `printing.NoPrinter`."""
    found = services.result_of(statement)
    context = {
        "statement": statement,
        "territory": statement.territory,
        "bills": [(*_who(bill), bill) for bill in found.bills],
        "total": found.total,
        "remarks": found.remarks,
        "sources": [(schema, statement.sources[part]) for part, schema in schemas(statement.service).items()],
        "today": timezone.localdate(),
        "style": printing.style(),
    }
    return printing.render_pdf(render_to_string("continuity/billing_paper.html", context))
