"""Plan of a hosting file: what differs between the file and the instance, territory by territory; nothing is written.

In: a file that was read. Out: a `Plan`. Raises HostingFileError when the file cannot be applied at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from django.db.models import Q
from django.utils import timezone

from beffroi.lake.reference import competences as law
from beffroi.lake.reference import find_place
from beffroi.lake.reference.errors import PlaceError as UnknownPlaceError
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.models import Source
from beffroi.web.platform import scope
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.tenancy import host_founding, hosting, places
from beffroi.web.tenancy.hosting import HostingContract, HostingError
from beffroi.web.tenancy.models import Competence, Host, Hosting
from beffroi.web.tenancy.services import NewTerritory

from .declared_people import compare_delegations, compare_members
from .declared_providers import compare_providers
from .declared_sources import SecretMissing, compare_sources
from .file_differences import Application, Change, Differences
from .form import CompetenceFields, ContractFields, Defaults, HostFields, HostingFile, TerritoryFields
from .reading import MAX_MESSAGES, HostingFileError, ReadFile


@dataclass
class TerritoryPlan:
    """What one territory needs: it is founded (`new`) or changed; `problem` says why it cannot be."""

    name: str
    code: str
    territory: Territory | None
    new: NewTerritory | None
    contract: HostingContract
    differences: Differences = field(default_factory=Differences)
    problem: str = ""

    @property
    def changes(self) -> list[Change]:
        return self.differences.changes

    @property
    def count(self) -> int:
        return len(self.changes) + (self.new is not None)

    @property
    def brings_people(self) -> bool:
        """Whether somebody may need a link."""
        return any(change.brings_people for change in self.changes)

    @property
    def lines(self) -> Iterator[tuple[str, str]]:
        """Each change: its sign, its words."""
        if self.new is not None:
            yield "+", "l'espace"
        yield from ((change.sign, change.text) for change in self.changes)


@dataclass
class Plan:
    """Everything that differs. `host`: the host's own fields, when they change."""

    sha256: str
    host: HostFields | None
    territories: list[TerritoryPlan]
    undeclared: list[str]

    @property
    def changed(self) -> list[TerritoryPlan]:
        return [each for each in self.territories if each.count and not each.problem]

    @property
    def problems(self) -> list[TerritoryPlan]:
        return [each for each in self.territories if each.problem]

    @property
    def count(self) -> int:
        return sum(each.count for each in self.changed) + (self.host is not None)

    @property
    def signs(self) -> list[str]:
        """The sign of each change."""
        found = ["~"] if self.host is not None else []
        return found + [sign for each in self.changed for sign, _ in each.lines]


def make_plan(file: ReadFile, *, prune: bool = False) -> Plan:
    """Compare the file with the instance. `prune`: for every territory, as if each one said so."""
    host, territories = hosting.the_host(), list(Territory.objects.all())
    wanted_host = file.form.host
    plans = _found_places(file, territories)
    running, contracts, sourced = of_all_territories()
    own_siren = (wanted_host.siren if wanted_host else None) or (host.siren if host else "")
    for rank, plan in enumerate(plans):
        own = file.form.territories[rank]
        entry = own.merged(_defaults_of(plan, own, file.form, own_siren))
        if plan.new is not None:
            plan.contract = _contract(entry.hosting, own_siren == plan.new.siren != "")
        try:
            _compare(
                plan,
                entry,
                running.get(plan.territory.pk, []) if plan.territory else [],
                contracts.get(plan.territory.pk) if plan.territory else None,
                has_sources=plan.territory is not None and plan.territory.pk in sourced,
                prune=prune or bool(entry.prune),
            )
        except SecretMissing as error:
            raise HostingFileError(
                f"Ligne {file.line('territories', rank)} ({plan.name}) : {error}"
            ) from None
        except CatalogueError as error:
            plan.problem = str(error)
    declared = {plan.territory.pk for plan in plans if plan.territory}
    others = [f"{each.name} ({each.code})" for each in territories if each.pk not in declared]
    return Plan(file.sha256, _host_change(wanted_host, host), plans, others)


def _host_change(wanted: HostFields | None, host: Host | None) -> HostFields | None:
    if wanted is None or (
        host is not None
        and (host.name, host.siren, host.contact)
        == (wanted.name, wanted.siren or host.siren, wanted.contact or host.contact)
    ):
        return None
    return wanted.model_copy(
        update={
            "siren": wanted.siren or (host.siren if host else None),
            "contact": wanted.contact or (host.contact if host else ""),
        }
    )


def _found_places(file: ReadFile, territories: list[Territory]) -> list[TerritoryPlan]:
    """The territory of the instance, or the one to found, of each entry. Raises HostingFileError: every one that is wrong."""
    known = {key: each for each in territories for key in (each.code, each.siren, each.slug) if key}
    plans: list[TerritoryPlan] = []
    wrong: list[str] = []
    first_line: dict[str, int] = {}
    for rank, entry in enumerate(file.form.territories):
        line = file.line("territories", rank)
        try:
            plan = _place_of(entry, known)
        except UnknownPlaceError as error:
            wrong.append(f"Ligne {line} : {_unknown_place(error)}")
            continue
        except HostingError as error:
            wrong.append(f"Ligne {line} : {error}")
            continue
        if plan.code in first_line:
            wrong.append(
                f"Ligne {line} : {plan.name} ({plan.code}) est déjà à la ligne {first_line[plan.code]}. Gardez l'un des deux."
            )
        first_line.setdefault(plan.code, line)
        if plan.new is not None and not _has_administrator(entry.merged(file.form.defaults)):
            wrong.append(
                f"Ligne {line} : personne n'administre {plan.name}. Donnez « as: tout », ou le rôle administrator, à un membre."
            )
        plans.append(plan)
    if wrong:
        more = (
            [f"{len(wrong) - MAX_MESSAGES} autres territoires sont à revoir."]
            if len(wrong) > MAX_MESSAGES
            else []
        )
        raise HostingFileError("\n".join(wrong[:MAX_MESSAGES] + more))
    return plans


def _unknown_place(error: UnknownPlaceError) -> str:
    """What is wrong with the name or the code of a place, and the codes to write instead."""
    message = str(error).partition(" Rien n'a été modifié.")[0]
    if not error.choices:
        return f"{message} Pour un syndicat ou un établissement, donnez « name », « kind » et « siren »."
    near = ", ".join(f"{place.code} ({place.name})" for place in error.choices[:5])
    return f"{message} Écrivez le code : {near}."


def _place_of(entry: TerritoryFields, known: dict[str, Territory]) -> TerritoryPlan:
    contract = HostingContract("processor")
    typed = entry.siren if entry.place is None else entry.place.replace(" ", "")
    territory = known.get(typed or "")
    if territory is None and entry.place is not None:
        place = find_place(entry.place)
        territory = known.get(place.code) or known.get(place.siren or place.code)
        if territory is None:
            new = replace(host_founding.new_from_place(place, contact=entry.contact), seat=entry.seat)
            return TerritoryPlan(new.name, new.code, None, new, contract)
    if territory is not None:
        return TerritoryPlan(territory.name, territory.code, territory, None, contract)
    new = host_founding.new_by_hand(
        name=entry.name or "",
        kind=entry.kind or "",
        siren=entry.siren or "",
        seat=entry.seat,
        members="\n".join(entry.communes),
        contact=entry.contact,
    )
    if entry.population is not None:
        new = replace(new, population=entry.population)
    return TerritoryPlan(new.name, new.code, None, new, contract)


def _has_administrator(entry: TerritoryFields) -> bool:
    today = timezone.localdate()
    return any(
        grant.role == "administrator"
        and (grant.since is None or grant.since <= today)
        and (grant.until is None or grant.until >= today)
        for member in entry.members
        for grant in member.grants()
    )


def of_all_territories() -> tuple[dict[int, list[Membership]], dict[int, Hosting], set[int]]:
    """Of every territory at once: the running roles that people have in their own name, the contract, whether it has sources."""
    running: dict[int, list[Membership]] = {}
    contracts: dict[int, Hosting] = {}
    with scope.host():
        rows = Membership.objects.filter(
            Q(until=None) | Q(until__gt=timezone.now()),
            delegation=None,
            replaces=None,
            person__kind=Person.Kind.HUMAN,
        ).select_related("person")
        for row in rows:
            if not row.over:
                running.setdefault(row.territory_id, []).append(row)
        for contract in Hosting.objects.all():
            contracts.setdefault(contract.territory_id, contract)
        sourced = set(Source.objects.values_list("territory", flat=True))
    return running, contracts, sourced


def _defaults_of(plan: TerritoryPlan, entry: TerritoryFields, file: HostingFile, own_siren: str) -> Defaults:
    """The defaults of a territory: the host has no contract with itself, unless the file writes it there."""
    siren = plan.territory.siren if plan.territory else plan.new.siren if plan.new else ""
    if siren and siren == own_siren and entry.hosting is None:
        return file.defaults.model_copy(update={"hosting": None})
    return file.defaults


def _contract(fields: ContractFields | None, is_host: bool) -> HostingContract:
    if fields is None:
        return HostingContract("own" if is_host else "processor")
    names = ("role", "reference", "signed_on", "signatory", "purpose", "until")
    return HostingContract(**{name: getattr(fields, name) for name in names})


def _compare(
    plan: TerritoryPlan,
    entry: TerritoryFields,
    rows: list[Membership],
    contract: Hosting | None,
    *,
    has_sources: bool,
    prune: bool,
) -> None:
    territory, found = plan.territory, plan.differences
    if territory is not None:
        _compare_contract(territory, entry.hosting, contract, found)
        _compare_contact(territory, entry, found)
    _compare_quota(territory, entry, found)
    for row in rows:
        row.territory = territory  # known: asking for it costs no query
    with scope.inside(territory) if territory else scope.host():
        compare_members(entry, rows, found, prune=prune)
        _compare_competences(plan, entry, found)
        compare_delegations(territory, entry, found)
        compare_providers(territory, entry, found)
        if entry.sources or has_sources:
            compare_sources(territory, entry, found)


def _compare_contract(
    territory: Territory, fields: ContractFields | None, current: Hosting | None, found: Differences
) -> None:
    if fields is None:
        return
    wanted = _contract(fields, is_host=False)
    names = ("role", "reference", "signed_on", "signatory", "purpose", "until")
    if current is not None and all(getattr(current, name) == getattr(wanted, name) for name in names):
        return
    text = f"acte d'hébergement {wanted.reference}".rstrip()
    wanted = replace(wanted, file_name=current.file_name) if current else wanted
    found.add("~", text, lambda to: hosting.record_contract(to.territory, wanted, by=None))


def _compare_contact(territory: Territory, entry: TerritoryFields, found: Differences) -> None:
    contact, seat = entry.contact or territory.contact, entry.seat or territory.seat
    if (contact, seat) != (territory.contact, territory.seat):

        def make(to: Application) -> None:
            with to.inside():
                places.set_contact(to.territory, None, contact=contact, seat=seat)

        found.add("~", "coordonnées", make)


def _compare_quota(territory: Territory | None, entry: TerritoryFields, found: Differences) -> None:
    current = territory.quota if territory else None
    if entry.quota is None:
        return
    wanted = entry.quota << 30 or None
    if wanted == current:
        return
    before = f"{current / (1 << 30):g} Go → " if current else ""
    after = "sans limite propre" if wanted is None else f"{entry.quota} Go"
    found.add(
        "~" if current else "+",
        f"place réservée : {before}{after}",
        lambda to: hosting.set_quota(to.territory, wanted, by=None),
    )


def _compare_competences(plan: TerritoryPlan, entry: TerritoryFields, found: Differences) -> None:
    if not entry.competences:
        return
    if plan.territory is not None:
        there = set(Competence.objects.of(plan.territory).filter(until=None).values_list("key", flat=True))
    else:
        kind = plan.new.kind if plan.new else ""
        there = {competence.key for competence, _ in law.founding_competences(kind)}
    for each in entry.competences:
        if each.key not in there:
            found.add("+", f"compétence : {law.title(each.key)}", partial(_add_competence, each))


def _add_competence(fields: CompetenceFields, to: Application) -> None:
    with to.inside():
        places.add_competence(to.territory, None, fields.key, since=fields.since, legal_act=fields.legal_act)
