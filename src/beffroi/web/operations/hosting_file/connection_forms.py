"""Form of what connects a territory to the outside: sources with their schedule and secret, identity providers.

In: data of YAML. Out: models, or pydantic's errors, in French. Titles and descriptions make `docs/hosting.md`.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from beffroi.lake.sources import Spec
from beffroi.lake.sources.specs import Sftp, Url
from beffroi.text import WEEKDAYS
from beffroi.web.catalogue.sources.fetch_schedules import Schedule

from .value_types import Email, FileName, Form, Line, RoleName, Variable, Word, as_list, known_word


class SecretFields(Form):
    """Where the secret of a source is read: a file or a variable of the environment, never the secret itself."""

    user: Line = Field("", description="Nom d'utilisateur.")
    password_file: FileName | None = Field(None, description="Fichier qui contient le mot de passe.")
    password_env: Variable | None = Field(None, description="Variable qui contient le mot de passe.")
    token_file: FileName | None = Field(None, description="Fichier qui contient le jeton.")
    token_env: Variable | None = Field(None, description="Variable qui contient le jeton.")
    key_file: FileName | None = Field(
        None, description="Fichier qui contient la clé (PEM, ou clé secrète S3)."
    )
    key_env: Variable | None = Field(None, description="Variable qui contient la clé.")

    @model_validator(mode="after")
    def _one_each(self) -> Self:
        for name in ("password", "token", "key"):
            if getattr(self, f"{name}_file") and getattr(self, f"{name}_env"):
                raise ValueError(f"gardez {name}_file ou {name}_env, pas les deux")
        return self


class ScheduleFields(Form):
    """When a source is read."""

    unit: Literal["never", "minute", "hour", "day", "week", "month"] = Field(
        "day", description="`minute`, `hour`, `day`, `week`, `month`, ou `never` : à la demande."
    )
    every: int = Field(1, ge=1, le=30, description="Toutes les combien de minutes ou d'heures.")
    at: str = Field("06:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="Heure, à Paris.")
    weekday: Annotated[
        str,
        AfterValidator(known_word("le jour", list(WEEKDAYS))),
        Field(json_schema_extra={"enum": list(WEEKDAYS)}),
    ] = Field("lundi", description="Jour de la semaine.")
    day: int = Field(1, ge=1, le=31, description="Jour du mois.")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        try:
            self.schedule()
        except ValueError:
            raise ValueError(
                "toutes les 5, 10, 15 ou 30 minutes, ou toutes les 1, 2, 3, 4, 6, 8 ou 12 heures"
            ) from None
        return self

    def schedule(self) -> Schedule:
        return Schedule(self.unit, self.every, self.at, WEEKDAYS.index(self.weekday), self.day)


class SourceFields(Form):
    """What fills a dataset by itself."""

    title: Word = Field(description="Nom de la source : c'est à lui qu'elle est reconnue.")
    connection: Annotated[Spec, Field(discriminator="kind")] = Field(
        description="Où sont les données : `kind` et ce que ce genre demande ([sources](sources.md))."
    )
    secret: SecretFields | None = Field(None, description="Où lire le secret.")
    dataset: Word = Field(description="Jeu à remplir, ou titre de celui à ouvrir à la première arrivée.")
    mode: Literal["replace", "append", "upsert"] = Field(
        "replace", description="`replace`, `append`, ou `upsert` avec `key`."
    )
    key: Annotated[tuple[Word, ...], BeforeValidator(as_list)] = Field((), description="Colonnes de la clé.")
    schedule: ScheduleFields = Field(ScheduleFields(), description="Quand la lire.")
    owner: Email | None = Field(
        None, description="Responsable ; par défaut, le premier membre qui peut déposer."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.mode == "upsert" and not self.key:
            raise ValueError(
                "pour mettre à jour ligne par ligne (upsert), donnez les colonnes de la clé (key)"
            )
        if isinstance(self.connection, Sftp) and not self.connection.host_key:
            raise ValueError(
                "donnez host_key, l'empreinte du serveur SFTP : personne n'est là pour la vérifier"
            )
        return self


class ProviderForm(Form):
    """An OpenID Connect provider in which the territory trusts."""

    name: Annotated[str, Field(min_length=1, max_length=40)] = Field(description="Nom affiché.")
    issuer: Annotated[Url, Field(max_length=300)] = Field(
        description="Émetteur : c'est à lui que la connexion est reconnue."
    )
    client_id: Annotated[str, Field(min_length=1, max_length=191)] = Field(description="Identifiant client.")
    client_secret_file: FileName | None = Field(None, description="Fichier qui contient le secret client.")
    client_secret_env: Variable | None = Field(None, description="Variable qui contient le secret client.")
    scopes: Annotated[str, Field(max_length=300)] = Field(
        "openid email", description="Informations demandées."
    )
    sirets: Annotated[tuple[Word, ...], BeforeValidator(as_list)] = Field((), description="SIRET acceptés.")
    email_domains: Annotated[
        tuple[Annotated[Word, StringConstraints(to_lower=True)], ...], BeforeValidator(as_list)
    ] = Field((), description="Domaines de messagerie.")
    role_claim: Annotated[str, Field(max_length=100)] = Field("", description="Attribut qui porte les rôles.")
    role_map: dict[str, RoleName] = Field({}, description="Valeur de l'attribut → rôle.")
    sensitive_by_claims: bool = Field(False, description="Donner aussi des rôles sensibles.")
    requested_acr: Annotated[str, Field(max_length=300)] = Field(
        "", description="Niveau demandé (acr_values)."
    )
    strong_acr: Annotated[tuple[Word, ...], BeforeValidator(as_list)] = Field(
        (), description="Niveaux (acr) qui valent second facteur."
    )
    strong_amr: Annotated[tuple[Word, ...], BeforeValidator(as_list)] = Field(
        (), description="Moyens (amr) qui valent second facteur."
    )
    enabled: bool = Field(True, description="En service.")

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if self.client_secret_file and self.client_secret_env:
            raise ValueError("gardez client_secret_file ou client_secret_env, pas les deux")
        return self
