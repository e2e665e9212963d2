"""Home folder of an instance: the paths of everything that it must not lose, and its identity.

In: a folder. Out: a `Home` with its paths. A home carries its format version: an older one is upgraded in place; a newer one,
or one of a test version before 0.1.0, is refused.
"""

import json
import os
import pwd
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beffroi.hashing import text_sha256

FORMAT = 2
FIRST_FORMAT = 2
"""That of 0.1.0. Format 1 is that of the test versions before it, whose databases have steps that exist no more."""
TEST_VERSION = "une version d'essai de Beffroi, antérieure à la 0.1.0"
EXPORT_ADVICE = (
    "Avec cette version d'essai, exportez ses territoires (« beffroi territory export »), puis importez-les dans une "
    "instance neuve de cette version-ci (« beffroi territory import »)."
)
IDENTITY = "beffroi.json"
VARIABLE = "BEFFROI_HOME"


class HomeError(Exception):
    """The home prevents going on; the message is French and gives the next step."""


def refused_by_rights(path: Path, error: OSError) -> HomeError:
    """What is said of a file of the home that this account may not open: nothing of it is lost."""
    account = pwd.getpwuid(os.geteuid()).pw_name
    return HomeError(
        f"Le fichier {path} ne peut pas être ouvert par « {account} » ({error.strerror}). Rien n'a été modifié, rien n'est à remplacer : "
        f"tapez, en root, « chown -R {account}: {path.parent} », puis recommencez."
    )


def write_safely(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file atomically, even if the disk fills up."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@dataclass(frozen=True)
class Home:
    """Folder of one instance. Paths only: nothing is created before it is needed."""

    path: Path

    @classmethod
    def from_environment(cls) -> "Home":
        return cls(Path(os.environ.get(VARIABLE) or default_path()))

    @property
    def identity_file(self) -> Path:
        return self.path / IDENTITY

    @property
    def database(self) -> Path:
        return self.path / "db.sqlite3"

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def query_socket(self) -> Path:
        return self.run / "query.sock"

    @property
    def address_file(self) -> Path:
        """Address of the running site, for the links printed by other commands."""
        return self.run / "address"

    @property
    def secret_key(self) -> Path:
        """Key that signs cookies and forms, and encrypts secrets."""
        return self.path / "secret.key"

    @property
    def former_secret_key(self) -> Path:
        """Previous secret key, only while secrets are re-encrypted (`operations.keys`)."""
        return self.path / "secret.former.key"

    @property
    def ledger_key(self) -> Path:
        """Private key that signs the ledger's roots."""
        return self.path / "ledger.key"

    @property
    def next_ledger_key(self) -> Path:
        """Next ledger key, only during a key change (`operations.ledger_key`)."""
        return self.path / "ledger.next.key"

    @property
    def roots(self) -> Path:
        """Signed roots of each day, one append-only file a chain."""
        return self.path / "roots"

    @property
    def uploads(self) -> Path:
        """Uploads in progress: on the same disk as the stored files, so that they are renamed without a copy."""
        return self.path / "uploads"

    @property
    def marks(self) -> Path:
        """Last known position of each chain of the ledger: detects an older database put back."""
        return self.path / "marks"

    @property
    def reference(self) -> Path:
        return self.path / "reference"

    @property
    def backups(self) -> Path:
        return self.path / "backups"

    @property
    def guides(self) -> Path:
        """Guides that the operator adds to those of Beffroi."""
        return self.path / "guides"

    def territory(self, slug: str) -> Path:
        return self.path / "territories" / slug

    def lake(self, slug: str, kind: str) -> Path:
        """`kind` is `lasting` or `personal`: two lakes, because history expires lake by lake."""
        return self.territory(slug) / kind

    def incoming(self, slug: str) -> Path:
        return self.territory(slug) / "incoming"

    def evidence(self, slug: str) -> Path:
        """Files that people attached to what they answered, each under its SHA-256."""
        return self.territory(slug) / "evidence"

    def staging(self, slug: str) -> Path:
        return self.territory(slug) / "staging"

    def exists(self) -> bool:
        return self.identity_file.is_file()

    def identity(self) -> dict[str, Any]:
        try:
            identity = json.loads(self.identity_file.read_text("utf-8"))
        except FileNotFoundError:
            if self.database.exists() or (self.path / "territories").is_dir():
                raise HomeError(
                    f"Le fichier {self.identity_file} manque, dans un dossier qui tient pourtant une instance. Rien n'a été "
                    "modifié. Restaurez-le depuis une sauvegarde (« beffroi restore »)."
                ) from None
            raise HomeError(
                f"Le dossier {self.path} n'est pas une instance de Beffroi. "
                "Créez-en une avec « beffroi init --territory NOM » ou indiquez le bon dossier avec --home."
            ) from None
        except OSError as error:
            raise refused_by_rights(self.identity_file, error) from None
        except (ValueError, UnicodeDecodeError):
            raise HomeError(
                f"Le fichier {self.identity_file} est illisible. Rien n'a été modifié. "
                "Restaurez-le depuis une sauvegarde (« beffroi restore »)."
            ) from None
        return dict(identity)

    def check_format(self) -> int:
        """Format of this home. Raises HomeError when a newer Beffroi wrote it, or a test version before 0.1.0."""
        found = int(self.identity().get("format", 0))
        if found < FIRST_FORMAT:
            raise HomeError(
                f"Cette instance a été faite par {TEST_VERSION}. Rien n'a été modifié. {EXPORT_ADVICE}"
            )
        if found > FORMAT:
            raise HomeError(
                f"Cette instance a été écrite par une version plus récente de Beffroi (format {found}, "
                f"cette version lit jusqu'au format {FORMAT}). Rien n'a été modifié. "
                "Installez la version récente, ou restaurez une sauvegarde faite avec cette version."
            )
        return found

    @property
    def is_demo(self) -> bool:
        return bool(self.identity().get("demo", False))

    def declare(self, **facts: Any) -> None:
        """Add facts to the identity of the home."""
        identity = self.identity() | facts
        write_safely(self.identity_file, json.dumps(identity | {"seal": _seal(identity)}, indent=1).encode())

    @property
    def accepted_losses(self) -> frozenset[str]:
        """Losses accepted by a person, by the keys of findings (`operations.integrity`): they block nothing."""
        return frozenset(self.identity().get("accepted_losses", ()))

    @property
    def requires_marks(self) -> bool:
        """Whether each chain of the ledger with lines must have its mark: declared once all were marked."""
        return self.exists() and bool(self.identity().get("marks"))

    def remembers(self, key: str) -> bool:
        """Whether the home has had this key, by the name of its file."""
        return self.exists() and key in self.identity().get("keys", {})

    def is_altered(self) -> bool:
        """Whether the identity was changed by something else than Beffroi."""
        identity = self.identity()
        return identity.get("seal", _seal(identity)) != _seal(identity)

    def ensure_secret(self) -> None:
        """Create the key that signs sessions, once."""
        if not (self.path / "secret.key").is_file():
            write_safely(self.path / "secret.key", secrets.token_urlsafe(48).encode())

    def create(self, *, demo: bool) -> None:
        """Create an empty home. Raises HomeError for a folder that is not empty."""
        from beffroi.ledger.roots import ensure_key  # cryptography is long to load, and needed here only

        if self.exists():
            raise HomeError(
                f"Le dossier {self.path} contient déjà une instance de Beffroi. Rien n'a été modifié."
            )
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise HomeError(
                f"{self.path} existe déjà et n'est pas vide. Rien n'a été modifié. Choisissez un dossier vide avec --home."
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in (self.run, self.reference, self.backups, self.uploads, self.path / "territories"):
                folder.mkdir(mode=0o700, exist_ok=True)
            self.ensure_secret()
            ensure_key(self.ledger_key)
            identity = {"format": FORMAT, "demo": demo}
            write_safely(self.identity_file, json.dumps(identity, indent=1).encode())
        except OSError as error:
            raise HomeError(
                f"Impossible de créer l'instance dans {self.path} : {error.strerror}. "
                "Vérifiez la place libre et vos droits sur ce dossier, ou choisissez-en un autre avec --home."
            ) from error


def _seal(identity: dict[str, Any]) -> str:
    facts = {name: value for name, value in identity.items() if name != "seal"}
    return text_sha256(json.dumps(facts, sort_keys=True))


def default_path() -> Path:
    """Default folder of an instance: a service's folder for root, else the user's own."""
    if os.geteuid() == 0:
        return Path("/var/lib/beffroi")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "beffroi"
