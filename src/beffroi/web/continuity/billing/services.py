"""Prepare a billing statement from three tables, check it as a second person, erase its personal data. Nothing is sent to anyone."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from beffroi.hashing import json_sha256
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.platform import ledger
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..errors import ContinuityError
from ..models import BillingStatement
from .calculation import compute
from .payer_bills import Service, Statement, Tables
from .statement_tables import PARTS, SERVICES, ReadTable

ACT: Final = "continuity.bill"
LONGEST_PERIOD: Final = 400  # days
SHORTEST_NOTE: Final = 10


def prepare(
    territory: Territory,
    by: Person,
    service: Service,
    first: date,
    last: date,
    tables: Mapping[str, ReadTable],
    names: Mapping[str, str],
    replaces: BillingStatement | None = None,
) -> BillingStatement:
    """A new statement of these tables. `names`: of the files. Raises ContinuityError."""
    require(by, ACT, territory)
    check_period(first, last)
    for part in PARTS:
        if not tables[part].entries:
            why = "".join(f" Ligne {line} : {reason}" for line, reason in tables[part].refused[:1])
            raise ContinuityError(f"Aucune ligne de ce tableau ne peut être lue.{why}", part)
    inputs = {part: tables[part].entries for part in PARTS}
    found = compute(service, Tables(*(inputs[part] for part in PARTS), first, last))
    sources = {part: _source(tables[part], names.get(part, "")) for part in PARTS}
    with transaction.atomic():
        bulk_insert.lock_chain(territory.pk)
        statement: BillingStatement = BillingStatement.objects.create(
            territory=territory,
            service=service,
            label=f"{SERVICES[service]}, du {first:%d/%m/%Y} au {last:%d/%m/%Y}",
            first_day=first,
            last_day=last,
            inputs=BillingStatement.pack(inputs),
            sources=sources,
            result=_result(found),
            replaces=replaces,
            by=by,
        )
        sheets = tables["quantities"].sheets
        _append(
            statement,
            "billing.prepare",
            by,
            {"inputs": [sources[part]["sha256"] for part in PARTS]}
            | ({"batches": sheets["batches"]} if sheets is not None else {}),
        )
    return statement


def check_period(first: date, last: date) -> None:
    """Raises ContinuityError."""
    if last < first:
        raise ContinuityError("Le dernier jour est avant le premier.", "last_day")
    if (last - first).days >= LONGEST_PERIOD:
        raise ContinuityError(f"Une période dure {LONGEST_PERIOD} jours au plus.", "last_day")


def _source(table: ReadTable, name: str) -> dict[str, Any]:
    """What stays of a table once its rows are erased."""
    found = {
        "name": name[:120],
        "sha256": json_sha256(table.entries),
        "rows": len(table.entries),
        "refused": [[line, reason] for line, reason in table.refused[:500]],
        "refused_count": len(table.refused),
        "unknown": list(table.unknown[:50]),
    }
    return found if table.sheets is None else found | {"sheets": dict(table.sheets)}


def _result(found: Statement) -> dict[str, Any]:
    return {
        "bills": len(found.bills),
        "cents": int(found.total * 100),
        "remarks": len(found.remarks),
        "blocking": sum(remark.blocking for remark in found.remarks),
    }


def result_of(statement: BillingStatement) -> Statement:
    """The bills of a statement, computed again from its tables; none once they were erased."""
    found = statement.read()
    if not found:
        return Statement((), ())
    tables = Tables(*(found[part] for part in PARTS), statement.first_day, statement.last_day)
    service: Service = statement.service
    return compute(service, tables)


def others_of_these_days(statement: BillingStatement) -> list[BillingStatement]:
    """Statements of the same service whose days overlap, those that were replaced aside: somebody may be billed twice."""
    rows = BillingStatement.objects.of(statement.territory).filter(
        service=statement.service, first_day__lte=statement.last_day, last_day__gte=statement.first_day
    )
    replaced = {one.replaces_id for one in rows}
    return [one for one in rows if one.pk not in replaced and one.pk != statement.pk]


def check(statement: BillingStatement, by: Person, note: str) -> BillingStatement:
    """A second person says what they checked. Refused while something is impossible. Raises ContinuityError."""
    require(by, ACT, statement.territory)
    note = strip_invisible(note).strip()[:500]
    with transaction.atomic():
        bulk_insert.lock_chain(statement.territory_id)
        statement.refresh_from_db()
        if statement.checked_at is not None:
            raise ContinuityError("Cet état est déjà contrôlé. Rien n'a été changé.")
        if statement.erased_at is not None:
            raise ContinuityError("Les données de cet état sont effacées : il ne se contrôle plus.")
        if by.pk == statement.by_id:
            raise ContinuityError("Vous avez préparé cet état : une deuxième personne le contrôle.")
        if statement.result["blocking"]:
            raise ContinuityError(
                "Il reste des lignes impossibles. Corrigez le tableau, puis préparez de nouveau."
            )
        if int(result_of(statement).total * 100) != statement.result["cents"]:
            raise ContinuityError("Le calcul donne un autre total qu'à la préparation. Préparez de nouveau.")
        if len(note) < SHORTEST_NOTE:
            raise ContinuityError(
                "Dites ce que vous avez contrôlé. Exemple : « 10 lignes relues, total comparé à 2025 ».",
                "note",
            )
        statement.checked_by, statement.checked_at, statement.check_note = by, timezone.now(), note
        statement.save(update_fields=["checked_by", "checked_at", "check_note"])
        _append(statement, "billing.check", by, {"cents": statement.result["cents"]})
    return statement


def erase(statement: BillingStatement, by: Person) -> BillingStatement:
    """Erase the tables of a statement: names, addresses, quantities. Its totals and who checked it stay."""
    require(by, ACT, statement.territory)
    with transaction.atomic():
        bulk_insert.lock_chain(statement.territory_id)
        statement.refresh_from_db()
        if statement.erased_at is None:
            statement.inputs, statement.erased_at = None, timezone.now()
            statement.save(update_fields=["inputs", "erased_at"])
            _append(statement, "billing.erase", by, {})
    return statement


def _append(statement: BillingStatement, act: str, by: Person, payload: dict[str, Any]) -> None:
    ledger.append(
        statement.territory, act, by, f"billing:{statement.pk}", {"service": statement.service} | payload
    )
