"""Form of a hosting file: the host, the defaults, the territories with their people, competences and sources.

In: data of YAML. Out: a `HostingFile`, or pydantic's errors, in French. Titles and descriptions make `docs/hosting.md`.
"""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Final, Literal, Self

from django.utils import timezone
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    model_validator,
)

from beffroi.lake.reference.competences import load_competences
from beffroi.lake.reference.kinds import KINDS
from beffroi.web.platform.errors import PeopleError
from beffroi.web.platform.rights import BOUND, DATED, ROLES, find_bundle
from beffroi.web.tenancy.membership import LegalAct, check_compatible

from .connection_forms import ProviderForm, ScheduleFields, SecretFields, SourceFields
from .value_types import (
    BundleName,
    Email,
    Form,
    Line,
    RoleName,
    Siren,
    Word,
    as_list,
    as_text,
    known_word,
    unique,
)

MOST_TERRITORIES: Final = 2_000


class HostFields(Form):
    """Who runs the instance."""

    name: Word = Field(description="Nom de l'hébergeur.")
    siren: Siren | None = Field(None, description="Ses neuf chiffres.")
    contact: Annotated[str, Field(max_length=300)] = Field("", description="À qui s'adresser.")


class ContractFields(Form):
    """The relation of the host with a territory, and its legal act."""

    role: Literal["processor", "joint", "own"] = Field(
        "processor",
        description="Rôle de l'hébergeur : `processor` (RGPD, article 28), `joint` (article 26), `own` (lui-même).",
    )
    reference: Annotated[str, Field(max_length=120), BeforeValidator(as_text)] = Field(
        "", description="Référence de l'acte. Sans acte, l'espace reste en préparation."
    )
    signed_on: date | None = Field(None, description="Date de l'acte.")
    signatory: Line = Field("", description="Signataire.")
    purpose: Annotated[str, Field(max_length=300)] = Field("", description="Objet.")
    until: date | None = Field(None, description="Fin prévue.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.reference) != (self.signed_on is not None):
            raise ValueError("un acte a une référence (reference) et une date (signed_on) : donnez les deux")
        _in_order(self.signed_on, self.until)
        return self


class _Dated(Form):
    since: date | None = Field(None, description="Premier jour ; par défaut, aujourd'hui.")
    until: date | None = Field(None, description="Dernier jour, compris.")
    legal_act: Annotated[str, Field(max_length=200), BeforeValidator(as_text)] = Field(
        "", description="Pour décider : référence de l'acte d'élection."
    )
    legal_act_date: date | None = Field(None, description="Date de cet acte.")

    @model_validator(mode="after")
    def _dates(self) -> Self:
        _in_order(self.since, self.until)
        if bool(self.legal_act) != (self.legal_act_date is not None):
            raise ValueError(
                "un acte a une référence (legal_act) et une date (legal_act_date) : donnez les deux"
            )
        if self.legal_act_date is not None and self.legal_act_date > timezone.localdate():
            raise ValueError("la date de l'acte est à venir")
        return self


def _in_order(since: date | None, until: date | None) -> None:
    if since is not None and until is not None and until < since:
        raise ValueError("la fin est avant le début")


class RoleFields(_Dated):
    """One role with its own dates or resources, where those of the member do not suit."""

    role: RoleName = Field(description="Le rôle.")
    limited_to: Annotated[tuple[Word, ...], BeforeValidator(as_list)] = Field(
        (), description="Objets auxquels il est limité, comme `dataset:12`."
    )


class RoleGrant(Form):
    """One role of a member as it must be in the instance."""

    role: str
    resource: str = ""
    since: date | None = None
    until: date | None = None
    reference: str = ""
    signed_on: date | None = None

    @property
    def mandate(self) -> LegalAct | None:
        return LegalAct(self.reference, self.signed_on) if self.reference and self.signed_on else None


def _role_fields(value: Any) -> Any:
    return (
        [{"role": each} if isinstance(each, str) else each for each in value]
        if isinstance(value, list)
        else value
    )


class MemberFields(_Dated):
    """A person of the territory."""

    email: Email = Field(description="Son adresse électronique.")
    name: Annotated[str, Field(max_length=120)] = Field("", description="Son nom, pour un nouveau compte.")
    bundles: Annotated[tuple[BundleName, ...], BeforeValidator(as_list)] = Field(
        (), alias="as", description="Ce qu'elle fait : `tout`, `données`, `décider`, `lire`."
    )
    roles: Annotated[tuple[RoleFields, ...], BeforeValidator(_role_fields), BeforeValidator(as_list)] = Field(
        (), description="En détail : des rôles, chacun avec ses dates s'il le faut."
    )
    limited_to: Annotated[tuple[Word, ...], BeforeValidator(as_list)] = Field(
        (), description="Objets auxquels ses rôles sont limités."
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        grants = self.grants()
        if not grants:
            raise ValueError(f"dites ce que fait {self.email}, par « as » ou « roles »")
        keys = [(grant.role, grant.resource) for grant in grants]
        if twice := next((role for role, _ in keys if keys.count((role, _)) > 1), None):
            raise ValueError(f"{self.email} a deux fois le rôle « {ROLES[twice]} »")
        for grant in grants:
            if grant.role == "decider" and grant.mandate is None:
                raise ValueError(
                    f"{self.email} ne peut pas décider sans acte d'élection : donnez legal_act et legal_act_date"
                )
            if grant.role in DATED and grant.until is None:
                raise ValueError(f"le rôle « {ROLES[grant.role]} » a toujours une fin : donnez until")
            bound = BOUND.get(grant.role)
            if bound and bound.must and not grant.resource:
                raise ValueError(f"le rôle « {ROLES[grant.role]} » porte sur des objets : donnez limited_to")
        try:
            check_compatible({grant.role for grant in grants})
        except PeopleError as error:
            raise ValueError(str(error).removesuffix(" Rien n'a été enregistré.")) from None
        return self

    def grants(self) -> list[RoleGrant]:
        """Each role of this member, its dates, its legal act and the resource that it is limited to."""
        bundled = dict.fromkeys(
            role
            for key in self.bundles
            if (bundle := find_bundle(key)) is not None
            for role in bundle.roles_for(mandate=bool(self.legal_act))
        )
        detailed = [
            *(RoleFields(role=role) for role in bundled if role not in {each.role for each in self.roles}),
            *self.roles,
        ]
        return [grant for each in detailed for grant in self._grants_of(each)]

    def _grants_of(self, fields: RoleFields) -> list[RoleGrant]:
        bound = BOUND.get(fields.role)
        limited_to = fields.limited_to or self.limited_to
        named = [key for key in limited_to if bound and key.startswith(f"{bound.noun}:")] or [""]
        own = fields if fields.legal_act else self
        mandate = (own.legal_act, own.legal_act_date) if fields.role == "decider" else ("", None)
        return [
            RoleGrant(
                role=fields.role,
                resource=resource,
                since=fields.since or self.since,
                until=fields.until or self.until,
                reference=mandate[0],
                signed_on=mandate[1],
            )
            for resource in named
        ]


class CompetenceFields(Form):
    """A competence that a legal act entrusts to the territory; those of the law are there already."""

    key: Annotated[
        str,
        AfterValidator(known_word("la compétence", sorted(load_competences().competences))),
        Field(json_schema_extra={"enum": sorted(load_competences().competences)}),
    ] = Field(description="La compétence.")
    since: date = Field(description="Depuis quand.")
    legal_act: Word = Field(description="L'acte : délibération, arrêté, statuts, convention.")


class DelegationFields(Form):
    """An elected person lets a member decide."""

    delegator: Email = Field(alias="from", description="L'élu qui délègue.")
    delegate: Email = Field(alias="to", description="Qui décidera.")
    subject: Annotated[str, Field(max_length=300)] = Field("", description="Objet.")
    legal_act: Word = Field(description="Référence de l'arrêté.")
    legal_act_date: date = Field(description="Date de l'arrêté.")
    since: date | None = Field(None, description="Premier jour ; par défaut, aujourd'hui.")
    until: date | None = Field(None, description="Dernier jour, compris.")

    @model_validator(mode="after")
    def _dates(self) -> Self:
        _in_order(self.since, self.until)
        if self.legal_act_date > timezone.localdate():
            raise ValueError("la date de l'acte est à venir")
        return self


Members = Annotated[tuple[MemberFields, ...], AfterValidator(unique("le membre", lambda each: each.email))]
Competences = Annotated[
    tuple[CompetenceFields, ...], AfterValidator(unique("la compétence", lambda each: each.key))
]
Sources = Annotated[tuple[SourceFields, ...], AfterValidator(unique("la source", lambda each: each.title))]
Quota = Annotated[int, Field(ge=0, le=1_000_000)]


class Defaults(Form):
    """What every territory has, unless it says otherwise."""

    hosting: ContractFields | None = Field(None, description="Relation avec l'hébergeur, et son acte.")
    quota: Quota | None = Field(None, description="Place réservée, en Go ; `0` : sans limite propre.")
    prune: bool = Field(
        False,
        description="`true` : retirer les rôles qui ne sont pas dans le fichier. Sinon ils sont listés.",
    )
    members: Members = Field((), description="Les personnes.")
    competences: Competences = Field((), description="Compétences confiées par un acte.")
    sources: Sources = Field((), description="Sources relevées d'elles-mêmes.")


class TerritoryFields(Defaults):
    """A territory: of the packaged list by its code, or by hand."""

    place: Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(as_text)] | None = Field(
        None,
        description="Code INSEE, SIREN ou nom exact d'une commune, d'un EPCI, d'un département, d'une région.",
    )
    name: Word | None = Field(None, description="À la main : nom du syndicat ou de l'établissement.")
    kind: (
        Annotated[
            str,
            AfterValidator(known_word("la nature", list(KINDS))),
            Field(json_schema_extra={"enum": [kind.key for kind in KINDS.values()]}),
        ]
        | None
    ) = Field(None, description="À la main : sa nature (SIVU, SIVOM, SMF, SMO, PETR, CCAS, SDIS…).")
    siren: Siren | None = Field(None, description="À la main : ses neuf chiffres.")
    population: int | None = Field(
        None, ge=0, le=100_000_000, description="À la main : sa population ; par défaut, celle des communes."
    )
    communes: tuple[Word, ...] = Field((), description="À la main : codes ou noms des communes membres.")
    seat: Line = Field("", description="Siège.")
    contact: Annotated[str, Field(max_length=300)] = Field("", description="À qui s'adresser.")
    prune: bool | None = Field(  # type: ignore[assignment]
        None, description="`true` : retirer les rôles qui ne sont pas dans le fichier. Sinon ils sont listés."
    )
    delegations: tuple[DelegationFields, ...] = Field((), description="Délégations d'élus, par arrêté.")
    providers: Annotated[
        tuple[ProviderForm, ...], AfterValidator(unique("la connexion", lambda each: each.issuer))
    ] = Field((), description="Fournisseurs d'identité (OpenID Connect), appelés pour vérifier.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.place is None) == (self.name is None):
            raise ValueError(
                "donnez soit « place » (code ou nom), soit « name », « kind » et « siren » pour un syndicat"
            )
        if self.name is not None and (self.kind is None or self.siren is None):
            raise ValueError(f"pour « {self.name} », donnez aussi « kind » et « siren »")
        return self

    @property
    def label(self) -> str:
        return self.name or self.place or ""

    def merged(self, defaults: Defaults) -> "TerritoryFields":
        """This territory with the defaults; what it says itself of a member, a source or a competence comes first."""

        def both[T](own: tuple[T, ...], shared: tuple[T, ...], key: Callable[[T], str]) -> tuple[T, ...]:
            named = {key(each).casefold() for each in own}
            return (*own, *(each for each in shared if key(each).casefold() not in named))

        return self.model_copy(
            update={
                "hosting": self.hosting or defaults.hosting,
                "quota": self.quota if self.quota is not None else defaults.quota,
                "prune": self.prune if self.prune is not None else defaults.prune,
                "members": both(self.members, defaults.members, lambda each: each.email),
                "competences": both(self.competences, defaults.competences, lambda each: each.key),
                "sources": both(self.sources, defaults.sources, lambda each: each.title),
            }
        )


class HostingFile(Form):
    """Everything that one host declares."""

    version: Literal[1] = Field(description="`1`.")
    host: HostFields | None = Field(None, description="Qui héberge.")
    defaults: Defaults = Field(Defaults(), description="Ce que tous ont, sauf mention contraire.")
    territories: Annotated[
        tuple[TerritoryFields, ...],
        Field(max_length=MOST_TERRITORIES),
        AfterValidator(unique("le territoire", lambda each: each.siren or each.label)),
    ] = Field((), description="Les territoires.")


PARTS: dict[str, type[BaseModel]] = {
    "Le fichier": HostingFile,
    "`host`": HostFields,
    "`defaults`": Defaults,
    "`territories`": TerritoryFields,
    "`hosting`": ContractFields,
    "`members`": MemberFields,
    "`roles` d'un membre": RoleFields,
    "`competences`": CompetenceFields,
    "`delegations`": DelegationFields,
    "`sources`": SourceFields,
    "`providers`": ProviderForm,
    "`schedule` d'une source": ScheduleFields,
    "`secret` d'une source": SecretFields,
}
"""The parts of the file, by their French titles."""


def schema() -> dict[str, Any]:
    """JSON Schema of hosting files, for editors and other programs."""
    made = HostingFile.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "Fichier d'hébergement de Beffroi",
    }
