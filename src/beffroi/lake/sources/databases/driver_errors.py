"""Translation of database driver errors into French messages with a next step. The driver's own message is never repeated."""

import re
import sqlite3

from beffroi.lake.sources.errors import AccessRefused, NotThere, SourceDown, SourceError, TooMuch
from beffroi.lake.sources.specs import Database

_DATA_UNCHANGED = "Ce que vous avez déjà est gardé."

# By SQLSTATE (PostgreSQL) or by number (MariaDB, SQL Server, Oracle): the kind of fault.
_CODES = {
    "28P01": "password", "28000": "password", "1045": "password", "1698": "password", "18456": "password", "1017": "password",
    "3D000": "database", "1049": "database", "4060": "database", "12514": "database", "1044": "right",
    "42501": "right", "1142": "right", "1143": "right", "229": "right", "1031": "right",
    "42P01": "table", "1146": "table", "208": "table", "942": "table", "3F000": "table",
    "42703": "column", "1054": "column", "207": "column", "904": "column",
    "42883": "changed", "42804": "changed", "22P02": "changed", "22007": "changed",
    "57014": "slow", "55P03": "slow", "1969": "slow", "3024": "slow", "1205": "slow", "25P03": "slow",
    "53300": "busy", "1040": "busy", "57P03": "busy", "57P01": "cut",
    "2006": "cut", "2013": "cut", "2014": "cut", "2026": "certificate",
}  # fmt: skip

# Before a session stands, PostgreSQL only gives words, in the language of its server.
_WORDS = (
    (r"password authentication|authentification par mot de passe|no password supplied|role .* (does not|is not)", "password"),
    (r"pg_hba\.conf", "hba"),
    (r"database .* does not exist|base de données .* n'existe pas", "database"),
    (r"certificate|SSL|TLS", "certificate"),
    (r"too many (clients|connections)|starting up|shutting down", "busy"),
    (r"no such table", "table"),
    (r"no such column", "column"),
    (r"interrupted|timeout expired|timed out", "slow"),
    (r"refused|unreachable|could not connect|can't connect", "down"),
    (r"closed the connection|connection is lost|lost connection|server closed|EOF|broken|reset|is closed", "cut"),
    (r"database is locked", "slow"),
    (r"unable to open", "closed"),
    (r"is encrypted|not a database|malformed|disk image", "damaged"),
)  # fmt: skip


def explain_driver_error(spec: Database, error: BaseException) -> SourceError:
    """French error for an error of the driver, unwrapped from SQLAlchemy's."""
    origin = getattr(error, "orig", None) or error
    kind = _CODES.get(_code(origin), "") or _by_words(str(origin)) or _by_class(origin)
    where = getattr(spec, "host", "") or getattr(spec, "path", "")
    if kind == "password":
        return AccessRefused(
            f"La base de {where} refuse ce nom ou ce mot de passe. {_DATA_UNCHANGED} Vérifiez-les auprès de qui tient la base."
        )
    if kind == "hba":
        return AccessRefused(
            f"Le serveur {where} n'accepte pas ce compte depuis cette machine, ou pas sans chiffrement. {_DATA_UNCHANGED} "
            "Demandez à qui tient la base de l'ouvrir à l'adresse de Beffroi."
        )
    if kind == "right":
        return AccessRefused(
            f"Ce compte n'a pas le droit de lire « {spec.table} ». {_DATA_UNCHANGED} Demandez à qui tient la base le droit de lecture "
            "(SELECT) sur cette table ; rien d'autre n'est nécessaire."
        )
    if kind == "database":
        return NotThere(
            f"La base « {getattr(spec, 'database', '')} » n'existe pas sur {where}. {_DATA_UNCHANGED} Vérifiez son nom."
        )
    if kind == "table":
        return NotThere(
            f"La table « {spec.table} » n'existe pas ou plus. {_DATA_UNCHANGED} Vérifiez son nom, ou si elle a été renommée."
        )
    if kind == "column":
        return NotThere(
            f"Une colonne demandée n'est plus dans « {spec.table} ». {_DATA_UNCHANGED} Revoyez les colonnes de cette source."
        )
    if kind == "changed":
        return SourceError(
            f"Une colonne de « {spec.table} » a changé de nature. {_DATA_UNCHANGED} Refaites une reprise entière de cette source."
        )
    if kind == "slow":
        return TooMuch(
            f"La base n'a pas fini dans le temps permis, ou une autre opération la retient. {_DATA_UNCHANGED} Recommencez à une heure "
            "calme, ou demandez moins de lignes."
        )
    if kind == "busy":
        return SourceDown(
            f"Le serveur {where} est occupé ou redémarre. {_DATA_UNCHANGED} Recommencez plus tard."
        )
    if kind == "certificate":
        return SourceDown(
            f"La connexion chiffrée avec {where} n'a pas pu être établie : son certificat n'est pas reconnu, ou le serveur ne "
            f"chiffre pas. {_DATA_UNCHANGED} Voyez avec qui tient la base, ou changez le réglage « Chiffrement »."
        )
    if kind == "closed":
        return AccessRefused(
            f"La base « {where} » ne s'ouvre pas. {_DATA_UNCHANGED} Donnez au compte de Beffroi le droit de lire ce fichier et ceux qui "
            "l'accompagnent (-wal, -shm)."
        )
    if kind == "damaged":
        return SourceError(
            f"La base « {where} » est abîmée ou chiffrée : elle ne se lit pas. {_DATA_UNCHANGED}"
        )
    if kind in ("cut", "down"):
        what = "a coupé la connexion avant la fin" if kind == "cut" else "ne répond pas"
        return SourceDown(f"Le serveur {where} {what}. {_DATA_UNCHANGED} Recommencez plus tard.")
    return SourceError(
        f"La base {where} n'a pas pu donner ce qui était demandé ({type(origin).__name__}). {_DATA_UNCHANGED} "
        "Vérifiez les réglages de cette source, ou prévenez qui tient la base."
    )


def _code(error: BaseException) -> str:
    first = error.args[0] if error.args else ""
    if isinstance(first, int):
        return str(first)
    state = getattr(error, "sqlstate", None)
    if state:
        return str(state)
    # Oracle gives an object with its number, pymssql a pair.
    number = getattr(first, "code", None)
    return str(number) if isinstance(number, int) else ""


def _by_words(text: str) -> str:
    return next((kind for words, kind in _WORDS if re.search(words, text, re.IGNORECASE)), "")


def _by_class(error: BaseException) -> str:
    if isinstance(error, sqlite3.DatabaseError):
        return "damaged"
    return "cut" if type(error).__name__ == "InterfaceError" or isinstance(error, OSError) else ""
