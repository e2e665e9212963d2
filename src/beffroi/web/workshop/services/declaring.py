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


def declare(territory: Territory, person: Person, said: Declaration) -> SystemUse:
    """Write the declaration down, as an idea. Raises `PermissionDenied`, WorkshopError."""
    require(person, "system.bind", territory)
    origin = _origin(said.origin)
    manifest = _manifest(territory, said)
    with transaction.atomic():
        use: SystemUse = SystemUse.objects.create(
            territory=territory,
            system=manifest.id,
            origin=origin,
            declaration=_kept(manifest, said),
            processing=own_processing(territory, manifest),
        )
        ledger.append(
            territory,
            "system.declare",
            person,
            f"system:{use.system}",
            {"origin": origin, "supplier": said.supplier, "product": said.product},
        )
    return use


def correct(use: SystemUse, person: Person, said: Declaration) -> SystemUse:
    """Correct a declaration while it is still an idea: later, what the gates judged must not change under them."""
    require(person, "system.bind", use)
    if not use.declared:
        raise WorkshopError(
            "Ce service est installé ici : sa fiche vient de son auteur et ne se corrige pas à la main."
        )
    if _origin(said.origin) != use.origin:
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
        manifest = _manifest(use.territory, said, of=use)
        amend(use.processing, person, **purpose_of(manifest))
        use.declaration = _kept(manifest, said)
        use.save(update_fields=["declaration"])
        ledger.append(
            use.territory,
            "system.declare",
            person,
            f"system:{use.system}",
            {"origin": use.origin, "supplier": said.supplier, "product": said.product, "corrected": True},
        )
    return use


def _origin(given: str) -> Origin:
    if given not in (Origin.BOUGHT, Origin.HOSTED):
        raise WorkshopError(
            "Dites si ce service est acheté et installé chez vous, ou loué et hébergé ailleurs."
        )
    return Origin(given)


def _kept(manifest: Manifest, said: Declaration) -> dict[str, object]:
    return {
        "manifest": manifest.model_dump(mode="json"),
        "supplier": said.supplier,
        "product": said.product,
        "data": list(said.data),
    }


def _manifest(territory: Territory, said: Declaration, of: SystemUse | None = None) -> Manifest:
    told = {name: value for name, value in vars(said).items() if isinstance(value, str)}
    if empty := [name for name, value in told.items() if not value.strip()]:
        raise WorkshopError(f"Il manque des réponses ({', '.join(empty)}). Rien n'a été enregistré.")
    if said.individual_decision and not said.personal_data:
        raise WorkshopError(
            "Une décision sur une personne se prépare avec des données sur elle : répondez « oui » aux données "
            "personnelles, ou « non » à la décision. Rien n'a été enregistré."
        )
    version = "déclaration 1"
    if of is not None:
        held = re.search(r"\d+$", str(of.declaration["manifest"]["version"]))
        version = f"déclaration {int(held[0]) + 1 if held else 2}"
    try:
        return Manifest(
            id=of.system if of is not None else _free_name(territory, said.title),
            version=version,
            title=said.title.strip(),
            purpose=said.purpose.strip(),
            helps=said.helps.strip(),
            inputs=(),
            level=said.level,  # type: ignore[arg-type]
            supervisor_role=said.supervisor_role.strip(),
            baseline=said.baseline.strip(),
            measure=Measure(
                metric="declared",
                label=said.measure.strip(),
                unit=said.unit.strip(),
                better=said.better,  # type: ignore[arg-type]
                target=said.target,
            ),
            legal=LegalAnswers(
                risk="minimal",
                classed=False,
                risk_why="À établir par une personne, dans « Transparence » : la déclaration d'un fournisseur ne suffit pas.",
                legal_basis=said.legal_basis.strip(),
                personal_data=said.personal_data,
                individual_decision=said.individual_decision,
            ),
            limits=said.limits,
            contest=said.contest.strip(),
            hosting=said.hosting.strip(),
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
