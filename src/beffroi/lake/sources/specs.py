"""Specs of sources: one closed model a kind, without any secret. Titles and descriptions are French: forms display them.

In: a form or stored JSON. Out: a `Spec`, discriminated by `kind`. Secrets are separate, in a `Secret` that never prints itself.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

Name = Annotated[str, Field(max_length=255)]
Host = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\s/@?#\\]+$")]
Port = Annotated[int, Field(ge=1, le=65535)]


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("l'adresse doit être complète (https://…)")
    if parts.username or parts.password:
        raise ValueError("l'adresse ne doit contenir ni nom ni mot de passe")
    return text


Url = Annotated[str, Field(max_length=2000), AfterValidator(_url)]


@dataclass(frozen=True)
class Secret:
    """Credentials of a source. `key` is a private key (PEM) or an S3 secret key; `token` goes in the Authorization header."""

    user: str = ""
    password: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Database(Model):
    table: Name = Field("", title="Table", description="La table ou la vue à reprendre.")
    cursor: Name = Field(
        "",
        title="Colonne qui grandit",
        description="Un numéro qui augmente, ou une date de modification : seules les lignes nouvelles ou modifiées "
        "sont reprises ensuite. Vide : la table entière à chaque fois.",
    )
    columns: tuple[Name, ...] = Field((), title="Colonnes", description="Vide : toutes les colonnes.")


class _Server(_Database):
    host: Host = Field(
        title="Serveur", description="Le nom du serveur de la base, par exemple base.ville.fr."
    )
    database: Name = Field(min_length=1, title="Base", description="Le nom de la base de données.")
    tls: Literal["verify", "require", "none"] = Field(
        "verify",
        title="Chiffrement",
        description="verify : chiffré et le certificat est vérifié ; require : chiffré sans vérification ; "
        "none : en clair. Ces deux derniers, pour la même machine ou un serveur que l'exploitant a accepté.",
    )


class PostgreSQL(_Server):
    """PostgreSQL, with PostGIS where it is installed."""

    kind: Literal["postgresql"] = "postgresql"
    port: Port = Field(5432, title="Port")
    db_schema: Name = Field("public", title="Schéma")


class MariaDB(_Server):
    """MariaDB and MySQL."""

    kind: Literal["mariadb"] = "mariadb"
    port: Port = Field(3306, title="Port")


class Oracle(_Server):
    """Untested: no server is available. `database` is the service's name."""

    kind: Literal["oracle"] = "oracle"
    port: Port = Field(1521, title="Port")
    db_schema: Name = Field("", title="Schéma")


class SQLServer(_Server):
    """Untested: no server is available."""

    kind: Literal["sqlserver"] = "sqlserver"
    port: Port = Field(1433, title="Port")
    db_schema: Name = Field("dbo", title="Schéma")


class SQLite(_Database):
    """SQLite file inside a folder allowed by the operator."""

    kind: Literal["sqlite"] = "sqlite"
    path: str = Field(
        min_length=1, max_length=1000, title="Fichier", description="Le chemin du fichier SQLite."
    )


class _Web(Model):
    header: str = Field(
        "",
        max_length=100,
        pattern=r"^[A-Za-z0-9-]*$",
        title="En-tête du jeton",
        description="Par exemple X-Api-Key. Vide : le jeton est envoyé dans Authorization: Bearer.",
    )


class HttpFile(_Web):
    """Single file at one URL."""

    kind: Literal["http_file"] = "http_file"
    url: Url = Field(title="Adresse", description="L'adresse du fichier (https://…).")


class HttpJson(_Web):
    """Rows of paged JSON documents."""

    kind: Literal["http_json"] = "http_json"
    url: Url = Field(title="Adresse", description="L'adresse de la première page (https://…).")
    rows: Name = Field(
        "",
        title="Où sont les lignes",
        description="Le chemin dans le document, par exemple data.items. Vide : trouvé tout seul.",
    )
    pages: Literal["auto", "none", "link", "page", "offset", "cursor"] = Field(
        "auto",
        title="Pages",
        description="link : le document donne l'adresse de la suite ; page : un numéro ; offset : un décalage ; "
        "cursor : un repère à renvoyer ; auto : reconnu d'après la première réponse.",
    )
    next: Name = Field(
        "",
        title="Suite",
        description="Où le document donne la suite (adresse ou repère), par exemple links.next.",
    )
    parameter: Name = Field(
        "", title="Paramètre de page", description="Par exemple page, offset, start ou cursor."
    )
    size_parameter: Name = Field(
        "", title="Paramètre de taille", description="Par exemple limit ou per_page."
    )
    size: int = Field(100, ge=1, le=100_000, title="Lignes par page")
    first: int = Field(1, ge=0, le=1, title="Numéro de la première page")
    total: Name = Field("", title="Total annoncé", description="Où le document dit combien de lignes il y a.")
    cursor: Name = Field(
        "", title="Champ qui grandit", description="Pour ne reprendre que les lignes nouvelles ou modifiées."
    )
    since_parameter: Name = Field(
        "", title="Paramètre « depuis »", description="Le paramètre que le service attend, par exemple since."
    )


class OgcFeatures(_Web):
    """An OGC API Features service."""

    kind: Literal["ogc_features"] = "ogc_features"
    url: Url = Field(title="Adresse", description="La page d'accueil du service (https://…).")
    collection: Name = Field("", title="Couche")
    size: int = Field(1000, ge=1, le=100_000, title="Objets par page")


class Wfs(_Web):
    """A WFS 2.0 service."""

    kind: Literal["wfs"] = "wfs"
    url: Url = Field(title="Adresse", description="L'adresse du service WFS (https://…).")
    layer: Name = Field("", title="Couche")
    size: int = Field(1000, ge=1, le=100_000, title="Objets par page")


class Sftp(Model):
    """Files of a folder on an SFTP server, whose host key is pinned at first use (`sources.pin_host_key`)."""

    kind: Literal["sftp"] = "sftp"
    host: Host = Field(title="Serveur")
    port: Port = Field(22, title="Port")
    path: str = Field(
        "",
        max_length=1000,
        title="Dossier ou fichier",
        description="Le chemin sur le serveur. Vide : le dossier d'arrivée.",
    )
    pattern: Name = Field("*", title="Noms de fichiers", description="Par exemple *.csv.")
    host_key: Name = Field(
        "",
        title="Empreinte du serveur",
        description="Retenue à la première connexion, vérifiée à chaque suivante.",
    )


class Folder(Model):
    """Watched folder of this machine, inside a folder allowed by the operator."""

    kind: Literal["folder"] = "folder"
    path: str = Field(min_length=1, max_length=1000, title="Dossier ou fichier")
    pattern: Name = Field("*", title="Noms de fichiers", description="Par exemple *.csv.")
    quiet: int = Field(
        60,
        ge=0,
        le=86_400,
        title="Repos (secondes)",
        description="Un fichier modifié depuis moins longtemps est laissé : il s'écrit peut-être encore.",
    )


class S3(Model):
    """Objects of a bucket on any S3-compatible storage."""

    kind: Literal["s3"] = "s3"
    url: Url = Field(
        title="Adresse", description="L'adresse du service, par exemple https://s3.hebergeur.fr."
    )
    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")] = Field(title="Compartiment")
    path: str = Field("", max_length=1000, title="Préfixe ou objet")
    pattern: Name = Field("*", title="Noms de fichiers", description="Par exemple *.csv.")
    region: Name = Field(
        "", title="Région", description="Celle de l'hébergeur, par exemple fr-par ou gra. Vide : us-east-1."
    )


Database = PostgreSQL | MariaDB | SQLite | Oracle | SQLServer
Spec = Database | HttpJson | HttpFile | OgcFeatures | Wfs | Sftp | Folder | S3
_ADAPTER: TypeAdapter[Spec] = TypeAdapter(Annotated[Spec, Field(discriminator="kind")])

KINDS: dict[str, type[Model]] = {
    "postgresql": PostgreSQL,
    "mariadb": MariaDB,
    "sqlite": SQLite,
    "oracle": Oracle,
    "sqlserver": SQLServer,
    "http_json": HttpJson,
    "http_file": HttpFile,
    "ogc_features": OgcFeatures,
    "wfs": Wfs,
    "sftp": Sftp,
    "folder": Folder,
    "s3": S3,
}
# Written with their drivers; no server of theirs could be run by our tests.
UNTESTED = frozenset({"oracle", "sqlserver"})


def parse(data: dict[str, Any]) -> Spec:
    """Spec described by `data` (with its `kind`). Raises pydantic.ValidationError."""
    return _ADAPTER.validate_python(data)


def dump(spec: Spec) -> dict[str, Any]:
    """Spec as JSON values, for `parse`."""
    return _ADAPTER.dump_python(spec, mode="json")
