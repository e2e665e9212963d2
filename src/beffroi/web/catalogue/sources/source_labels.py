"""French labels of the sources: kinds, states, schedules, the credentials of each kind."""

from typing import Final

from ..models import Fetch, Source
from .models import EXPECTED

# In the order of the wizard: what asks for nothing technical first.
KINDS: Final = {
    EXPECTED: "Quelqu'un nous remet un fichier : un délégataire, un partenaire, un collègue",
    "folder": "Un dossier partagé de cette machine, où un logiciel dépose ses exports",
    "http_file": "Un fichier à une adresse web, toujours la même",
    "postgresql": "La base d'un logiciel métier : PostgreSQL",
    "mariadb": "La base d'un logiciel métier : MariaDB ou MySQL",
    "sqlserver": "La base d'un logiciel métier : SQL Server (jamais essayé ici)",
    "oracle": "La base d'un logiciel métier : Oracle (jamais essayé ici)",
    "sqlite": "Un fichier de base SQLite de cette machine",
    "http_json": "Un service en ligne qui répond en JSON (API)",
    "ogc_features": "Un service de cartes : OGC API Features",
    "wfs": "Un service de cartes : WFS",
    "sftp": "Un serveur de fichiers SFTP",
    "s3": "Un stockage d'objets compatible S3",
}
SHORT: Final = {
    EXPECTED: "dépôt attendu",
    "folder": "dossier partagé",
    "http_file": "fichier en ligne",
    "postgresql": "base PostgreSQL",
    "mariadb": "base MariaDB",
    "sqlserver": "base SQL Server",
    "oracle": "base Oracle",
    "sqlite": "base SQLite",
    "http_json": "service JSON",
    "ogc_features": "couche OGC API",
    "wfs": "couche WFS",
    "sftp": "serveur SFTP",
    "s3": "stockage S3",
}
DATABASES: Final = frozenset({"postgresql", "mariadb", "sqlserver", "oracle", "sqlite"})
MANY_FILES: Final = frozenset({"folder", "sftp", "s3"})
HERE: Final = frozenset({"folder", "sqlite"})
"""Kinds that read this machine's own files: no secret, and only in the folders that the operator opened."""

SECRETS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("postgresql", "mariadb", "sqlserver", "oracle"), ("user", "password")),
    **dict.fromkeys(("http_file", "http_json", "ogc_features", "wfs"), ("token", "user", "password")),
    "sftp": ("user", "password", "key"),
    "s3": ("user", "key"),
}
"""What each kind may be opened with."""

BADGES: Final = {
    Fetch.State.RUNNING: "info",
    Fetch.State.UNCHANGED: "plain",
    Fetch.State.WAITING: "accent",
    Fetch.State.POURED: "good",
    Fetch.State.REFUSED: "danger",
    Fetch.State.FAILED: "danger",
    Fetch.State.CANCELLED: "plain",
    Fetch.State.UNDONE: "warn",
}
RHYTHMS: Final = (
    ("never", "À la demande seulement"),
    ("minute-5", "Toutes les 5 minutes"),
    ("minute-15", "Toutes les 15 minutes"),
    ("minute-30", "Toutes les 30 minutes"),
    ("hour-1", "Toutes les heures"),
    ("hour-2", "Toutes les 2 heures"),
    ("hour-6", "Toutes les 6 heures"),
    ("hour-12", "Toutes les 12 heures"),
    ("day", "Chaque jour"),
    ("week", "Chaque semaine"),
    ("month", "Chaque mois"),
)
PROMISES: Final = (
    ("", "Aucune promesse : rien ne sera signalé en retard"),
    ("day-1", "Chaque jour"),
    ("week-1", "Chaque semaine"),
    ("week-2", "Toutes les 2 semaines"),
    ("month-1", "Chaque mois"),
    ("month-2", "Tous les 2 mois"),
    ("quarter-1", "Chaque trimestre"),
    ("month-6", "Chaque semestre"),
    ("year-1", "Chaque année"),
)


def freshness_of(source: Source) -> tuple[str, str]:
    """« à jour », « en retard de 3 jours »…, and the kind of badge."""
    days = source.days_late()
    if days:
        return f"en retard de {days} jour{'s' if days > 1 else ''}", "danger"
    if source.arrived_at is None:
        return "rien reçu encore", "plain"
    return ("à jour", "good") if source.promised else ("sans promesse", "plain")


def state_of(source: Source) -> tuple[str, str]:
    """Whether it works, in a word, and the kind of badge."""
    if source.state == Source.State.PAUSED:
        return "en pause", "warn"
    if source.failures:
        return f"{source.failures} échec{'s' if source.failures > 1 else ''} de suite", "danger"
    return "en service", "good"


def place_of(source: Source) -> str:
    """Where it is, without any secret, in one line."""
    spec = source.spec
    if source.expected:
        return source.debtor or "remis par une personne"
    for name in ("url", "path", "host"):
        if spec.get(name):
            rest = [
                str(spec[more]) for more in ("database", "table", "collection", "layer") if spec.get(more)
            ]
            return " · ".join([str(spec[name]), *rest])
    return SHORT.get(source.kind, source.kind)
