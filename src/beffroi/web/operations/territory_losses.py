"""What restoring one territory loses, before it is done: what is newer here than in the backup, who came, who left.

In: the backup's rows beside today's. Out: French sentences for whoever confirms, and the accesses that stay closed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import models

from beffroi.web.catalogue.models import Dataset, Delivery, Source
from beffroi.web.decisions.models import Contestation, Decision
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import ERASURE, ApiToken, Membership, Territory
from beffroi.web.studio.models import Board, BoardLink, StoredRecipe
from beffroi.web.workshop.models import SystemUse

from .territory_rows import BackupRows, Closed
from .territory_source import TerritorySource

_COUNTED: Final[dict[type[models.Model], tuple[str, str]]] = {
    Dataset: ("jeu de données", "jeux de données"),
    Delivery: ("fichier reçu", "fichiers reçus"),
    Source: ("source", "sources"),
    Decision: ("décision", "décisions"),
    Contestation: ("contestation", "contestations"),
    StoredRecipe: ("analyse", "analyses"),
    Board: ("tableau", "tableaux"),
    SystemUse: ("service d'IA", "services d'IA"),
}


@dataclass(frozen=True)
class Losses:
    """`lost`: sentences to read before; `lacks`: what the backup itself lacks; `remarks`: what is left to do after."""

    made_at: datetime
    lost: list[str]
    lacks: list[str]
    remarks: list[str]
    closed: list[Closed]


def losses_of(rows: BackupRows, territory: Territory, source: TerritorySource, *, reopen: bool) -> Losses:
    """Differences between a territory of today and what the backup has of it."""
    lost: list[str] = []
    newer, missing = [], []
    for model, names in _COUNTED.items():
        new, old = rows.difference(model)
        newer += [_counted(new, names)] if new else []
        missing += [_counted(old, names)] if old else []
    with scope.nowhere(), scope.inside(territory):
        since = ledger.lines_of(territory).filter(seq__gt=rows.common_lines())
        count = since.count()
        erased = list(since.filter(act=ERASURE).values_list("thing", flat=True))
        joined, returned, closed = _people(rows, territory)
    if newer:
        lost.append(f"Perdus, car plus récents que la sauvegarde : {', '.join(newer)}.")
    if missing:
        lost.append(f"Repris de la sauvegarde, car absents aujourd'hui : {', '.join(missing)}.")
    lost.append(f"Lignes du registre remplacées : {count}. Elles restent dans la copie de sûreté.")
    if joined:
        lost.append(f"Arrivés depuis, sans rôle ici après la restauration : {', '.join(joined)}.")
    remarks = []
    if reopen:
        if closed:
            lost.append(f"Accès fermés depuis, ouverts à nouveau : {_described(closed)}.")
    elif closed:
        remarks.append(f"Accès fermés depuis la sauvegarde, et qui le restent : {_described(closed)}.")
    if returned:
        remarks.append(
            f"Comptes disparus depuis et remis, sans mot de passe ni autre accès : {', '.join(returned)}. Un lien d'entrée leur est "
            "nécessaire."
        )
    if erased:
        remarks.append(
            f"Effacés depuis et revenus, à effacer à nouveau : {', '.join(each.replace(':', ' ') for each in erased)} du registre."
        )
    return Losses(source.made_at, lost, source.lacks, remarks, [] if reopen else closed)


def _people(rows: BackupRows, territory: Territory) -> tuple[list[str], list[str], list[Closed]]:
    """Who joined since, who is gone and comes back, what was closed."""
    joined = Membership.objects.of(territory).exclude(person_id__in=rows.members()).select_related("person")
    names = sorted({str(each.person) for each in joined})
    return names, [str(person) for person in rows.absent_people()], rows.closed_since()


def _described(closed: list[Closed]) -> str:
    keys = [each.pk for each in closed if each.table.model is Membership]
    with scope.nowhere(), scope.host():
        members = Membership.objects.filter(pk__in=keys).select_related("person")
        labels = sorted(f"{each.person} ({each.role})" for each in members)
    others = {ApiToken: ("jeton", "jetons"), BoardLink: ("lien de tableau", "liens de tableau")}
    for model, names in others.items():
        if count := sum(each.table.model is model for each in closed):
            labels.append(_counted(count, names))
    if rest := len(closed) - len(keys) - sum(each.table.model in others for each in closed):
        labels.append(_counted(rest, ("autre accès", "autres accès")))
    return ", ".join(labels)


def _counted(count: int, names: tuple[str, str]) -> str:
    return f"{count} {names[count > 1]}"
