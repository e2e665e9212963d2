"""Declaring a system that Beffroi does not run (bought or hosted), without code: it then passes the same gates as the others.

In come a person's words; out goes a use whose manifest is made of them, each figure marked as its supplier's claim.
"""

import re
from dataclasses import dataclass

from django.db import transaction
from pydantic import ValidationError

from beffroi.systems import registry
from beffroi.systems.manifest import LegalAnswers, Manifest, Measure
from beffroi.text import fold_name, unique_name
from beffroi.web.catalogue.grants import amend
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..errors import WorkshopError
from ..life.states import State
from ..models import Origin, SystemUse
from .uses import own_processing, purpose_of


@dataclass(frozen=True)
class Declaration:
    """What a person says of a product. `better` is « lower » or « higher »; `data` and `limits` one sentence each."""

    title: str
    supplier: str
    product: str
    origin: str
    purpose: str
    helps: str
    level: str
    supervisor_role: str
    baseline: str
    measure: str
    unit: str
    better: str
    target: float
    data: tuple[str, ...]
    limits: tuple[str, ...]
    contest: str
    hosting: str
    legal_basis: str
    personal_data: bool
    individual_decision: bool


def declare(territory: Territory, person: Person, declaration: Declaration) -> SystemUse:
    """Write the declaration down, as an idea. Raises `PermissionDenied`, WorkshopError."""
    require(person, "system.bind", territory)
    origin = _origin(declaration.origin)
    manifest = _manifest(territory, declaration)
    with transaction.atomic():
        use: SystemUse = SystemUse.objects.create(
            territory=territory,
            system=manifest.id,
            origin=origin,
            declaration=_stored(manifest, declaration),
            processing=own_processing(territory, manifest),
        )
        ledger.append(
            territory,
            "system.declare",
            person,
            f"system:{use.system}",
            {"origin": origin, "supplier": declaration.supplier, "product": declaration.product},
        )
    return use


def correct(use: SystemUse, person: Person, declaration: Declaration) -> SystemUse:
    """Correct a declaration while it is still an idea: later, what the gates judged must not change under them."""
    require(person, "system.bind", use)
    if not use.declared:
        raise WorkshopError(
            "Ce service est installé ici : sa fiche vient de son auteur et ne se corrige pas à la main."
        )
    if _origin(declaration.origin) != use.origin:
        raise WorkshopError("Un service acheté ne devient pas loué, ni l'inverse : déclarez-en un autre.")
    with transaction.atomic():
        use = (
            SystemUse.objects.of(use.territory)
            .select_for_update(of=("self",))
            .select_related("territory", "processing")
            .get(pk=use.pk)
        )
        if use.state != State.IDEA:
            raise WorkshopError(
                "La déclaration ne change plus une fois le besoin vérifié : arrêtez le service, puis reprenez-le à l'idée. "
                "Rien n'a été changé."
            )
        manifest = _manifest(use.territory, declaration, of=use)
        amend(use.processing, person, **purpose_of(manifest))
        use.declaration = _stored(manifest, declaration)
        use.save(update_fields=["declaration"])
        ledger.append(
            use.territory,
            "system.declare",
            person,
            f"system:{use.system}",
            {
                "origin": use.origin,
                "supplier": declaration.supplier,
                "product": declaration.product,
                "corrected": True,
            },
        )
    return use


def _origin(origin: str) -> Origin:
    if origin not in (Origin.BOUGHT, Origin.HOSTED):
        raise WorkshopError(
            "Dites si ce service est acheté et installé chez vous, ou loué et hébergé ailleurs."
        )
    return Origin(origin)


def _stored(manifest: Manifest, declaration: Declaration) -> dict[str, object]:
    return {
        "manifest": manifest.model_dump(mode="json"),
        "supplier": declaration.supplier,
        "product": declaration.product,
        "data": list(declaration.data),
    }


def _manifest(territory: Territory, declaration: Declaration, of: SystemUse | None = None) -> Manifest:
    texts = {name: value for name, value in vars(declaration).items() if isinstance(value, str)}
    if empty := [name for name, value in texts.items() if not value.strip()]:
        raise WorkshopError(f"Il manque des réponses ({', '.join(empty)}). Rien n'a été enregistré.")
    if declaration.individual_decision and not declaration.personal_data:
        raise WorkshopError(
            "Une décision sur une personne se prépare avec des données sur elle : répondez « oui » aux données "
            "personnelles, ou « non » à la décision. Rien n'a été enregistré."
        )
    version = "déclaration 1"
    if of is not None:
        number = re.search(r"\d+$", str(of.declaration["manifest"]["version"]))
        version = f"déclaration {int(number[0]) + 1 if number else 2}"
    try:
        return Manifest(
            id=of.system if of is not None else _free_name(territory, declaration.title),
            version=version,
            title=declaration.title.strip(),
            purpose=declaration.purpose.strip(),
            helps=declaration.helps.strip(),
            inputs=(),
            level=declaration.level,  # type: ignore[arg-type]
            supervisor_role=declaration.supervisor_role.strip(),
            baseline=declaration.baseline.strip(),
            measure=Measure(
                metric="declared",
                label=declaration.measure.strip(),
                unit=declaration.unit.strip(),
                better=declaration.better,  # type: ignore[arg-type]
                target=declaration.target,
            ),
            legal=LegalAnswers(
                risk="minimal",
                classed=False,
                risk_why="À établir par une personne, dans « Transparence » : la déclaration d'un fournisseur ne suffit pas.",
                legal_basis=declaration.legal_basis.strip(),
                personal_data=declaration.personal_data,
                individual_decision=declaration.individual_decision,
            ),
            limits=declaration.limits,
            contest=declaration.contest.strip(),
            hosting=declaration.hosting.strip(),
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise WorkshopError(
            f"La déclaration n'est pas complète (« {'.'.join(str(p) for p in first['loc'])} ») : relisez-la. "
            "Rien n'a été enregistré."
        ) from error


def _free_name(territory: Territory, title: str) -> str:
    """A name made of the title, that neither an installed system nor another declaration bears."""
    words = fold_name(title).replace(" ", "_") or "service"
    base = f"declare_{words}"[:50].rstrip("_")
    taken = {s.manifest.id for s in registry.all_systems()}
    taken |= set(SystemUse.objects.of(territory).values_list("system", flat=True))
    return unique_name(base, taken.__contains__, "_")
