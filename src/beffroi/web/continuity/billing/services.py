"""Prepare a billing statement from three tables, check it as a second person, erase its personal data. Nothing is sent to anyone."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.utils import timezone

from beffroi.hashing import json_sha256
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.models import Person, Territory

from ..errors import ContinuityError
from ..models import BillingStatement
from .calculation import compute
from .payer_bills import Service, Statement, Tables
from .statement_tables import PARTS, SERVICES, ReadTable

ACT: Final = "continuity.bill"
LONGEST_PERIOD: Final = 400  # days
SHORTEST_NOTE: Final = 10


def _computed(
    territory: Territory,
    by: Person,
    service: Service,
    first: date,
    last: date,
    tables: Mapping[str, ReadTable],
    names: Mapping[str, str],
    replaces: BillingStatement | None = None,
) -> BillingStatement:
    """A new statement of these tables, to be saved. `names`: of the files. Raises ContinuityError."""
    check_period(first, last)
    for part in PARTS:
        if not tables[part].entries:
            why = "".join(f" Ligne {line} : {reason}" for line, reason in tables[part].refused[:1])
            raise ContinuityError(f"Aucune ligne de ce tableau ne peut être lue.{why}", part)
    inputs = {part: tables[part].entries for part in PARTS}
    found = compute(service, Tables(*(inputs[part] for part in PARTS), first, last))
    return BillingStatement(
        territory=territory,
        service=service,
        label=f"{SERVICES[service]}, du {first:%d/%m/%Y} au {last:%d/%m/%Y}",
        first_day=first,
        last_day=last,
        inputs=BillingStatement.pack(inputs),
        sources={part: _source(tables[part], names.get(part, "")) for part in PARTS},
        result=_result(found),
        replaces=replaces,
        by=by,
    )


@act("billing.prepare", "état de facturation préparé", right=ACT, prepare=_computed)
def prepare(territory: Territory, by: Person, statement: BillingStatement) -> Recorded[BillingStatement]:
    """Save a new statement of three tables, computed before. Raises ContinuityError."""
    statement.save()
    sheets = statement.sources["quantities"].get("sheets")
    details = {"service": statement.service, "inputs": [statement.sources[part]["sha256"] for part in PARTS]}
    return Recorded(statement, details | ({"batches": sheets["batches"]} if sheets is not None else {}))


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


@act(
    "billing.check",
    "état de facturation contrôlé par une deuxième personne",
    right=ACT,
    done="L'état est contrôlé. Exportez-le pour votre logiciel financier.",
)
def check(statement: BillingStatement, by: Person, note: str) -> Recorded[BillingStatement]:
    """A second person says what they checked. Refused while something is impossible. Raises ContinuityError."""
    note = strip_invisible(note).strip()[:500]
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
    return Recorded(statement, {"service": statement.service, "cents": statement.result["cents"]})


@act(
    "billing.erase",
    "données d'un état de facturation effacées",
    right=ACT,
    label="Effacer les données",
    done="Les noms, les adresses et les quantités sont effacés. Le total et le contrôle restent.",
    fresh=True,
)
def erase(
    statement: BillingStatement, by: Person
) -> Recorded[BillingStatement] | Unchanged[BillingStatement]:
    """Erase the tables of a statement: names, addresses, quantities. Its totals and who checked it stay."""
    if statement.erased_at is not None:
        return Unchanged(statement)
    statement.inputs, statement.erased_at = None, timezone.now()
    statement.save(update_fields=["inputs", "erased_at"])
    return Recorded(statement, {"service": statement.service})
