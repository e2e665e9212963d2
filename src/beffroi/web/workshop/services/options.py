"""The ways of doing that a territory compared, with and without AI, and what each gave: the only writer of these rows.

A backtest writes its own; a person writes what was counted by hand, or what a supplier claims, which is marked so.
"""

from django.db import transaction

from beffroi.systems.manifest import Manifest
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import require

from .. import scores
from ..errors import WorkshopError
from ..models import Option, Run, SystemUse

WITHOUT_AI = "Référence sans IA"


def measured(run: Run, manifest: Manifest, person: Person) -> None:
    """What a backtest found of each way of doing. Called in the transaction that keeps the run."""
    score = run.score
    ways = [
        (
            manifest.title,
            True,
            score["value"],
            f"Épreuve sur des données mises de côté, version {run.version}",
        ),
        (WITHOUT_AI, False, score["baseline"], manifest.baseline),
        *(
            (name, False, value, "Façon de faire lue dans vos données")
            for name, value in scores.without_ai(score).items()
        ),
    ]
    for name, with_ai, value, method in ways:
        Option.objects.create(
            territory=run.territory,
            use=run.use,
            name=name[:120],
            with_ai=with_ai,
            value=value,
            sample=max(0, int(score["rows"])),
            period=score["held_out"][:300],
            method=method,
            how=Option.How.MEASURED,
            run=run,
            by=person,
        )


def record(
    use: SystemUse,
    person: Person,
    *,
    name: str,
    with_ai: bool,
    value: float,
    sample: int,
    period: str,
    method: str,
    how: str,
) -> Option:
    """Keep what a person counted, or what a supplier claims. Raises WorkshopError, `PermissionDenied`."""
    require(person, "system.bind", use)
    name, period, method = name.strip(), period.strip(), method.strip()
    if how not in (Option.How.OBSERVED, Option.How.DECLARED):
        raise WorkshopError(
            "Seul Beffroi inscrit ce qu'il a mesuré. Choisissez « relevé par la collectivité » ou « déclaré par le "
            "fournisseur »."
        )
    if how == Option.How.DECLARED and not with_ai:
        raise WorkshopError(
            "La façon de faire sans IA se compte chez vous : un fournisseur ne la déclare pas."
        )
    if not abs(value) < 1e15:
        raise WorkshopError("Le résultat doit être un nombre.")
    if how == Option.How.OBSERVED and sample < 1:
        raise WorkshopError("Dites combien de cas ont été comptés : sans base, un chiffre ne dit rien.")
    if not name or len(period) < 3 or len(method) < 10:
        raise WorkshopError("Il manque le nom, la période, ou la façon dont le résultat a été obtenu.")
    with transaction.atomic():
        option = Option.objects.create(
            territory=use.territory,
            use=use,
            name=name[:120],
            with_ai=with_ai,
            value=value,
            sample=sample,
            period=period[:300],
            method=method[:2000],
            how=how,
            by=person,
        )
        ledger.append(
            use.territory,
            "system.option",
            person,
            f"system:{use.system}",
            {"option": option.pk, "with_ai": with_ai, "value": value, "sample": sample, "how": how},
        )
    return option
