"""Files of an SFTP server. In: its host, a path, its pinned key. Out: the new files.

The host key is pinned at first use (`pin_host_key`) and checked each time: another one is refused. Links are ignored.
"""

import base64
import hashlib
import io
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import paramiko

from beffroi.lake.sources import file_cursor
from beffroi.lake.sources.errors import AccessRefused, NotThere, SourceDown, SourceError
from beffroi.lake.sources.file_cursor import RemoteFile
from beffroi.lake.sources.names import file_name
from beffroi.lake.sources.network import SILENCE, Egress
from beffroi.lake.sources.offers import Fetched, Offer, ProgressCallback
from beffroi.lake.sources.specs import Secret, Sftp

DEEPEST = 8
# What a server may list in all, its other files included.
MAX_LISTED = 10 * file_cursor.MAX_FILES
PIECE = 1 << 15
_KEYS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


def check(spec: Sftp, secret: Secret, egress: Egress) -> str:
    found = len(list_offers(spec, secret, egress))
    return f"Le serveur répond : {found} fichier{'s' if found > 1 else ''} à reprendre."


def list_offers(spec: Sftp, secret: Secret, egress: Egress) -> list[Offer]:
    with opened(spec, secret, egress) as client:
        root, files = _there(spec, client)
    return [
        Offer(file.path, "file", {"path": str(root / file.path), "pattern": "*"}, size=file.size)
        for file in files
    ]


def pin_host_key(spec: Sftp, secret: Secret, egress: Egress) -> Sftp:
    """Spec with the host key of its server, when it has none yet."""
    if spec.host_key:
        return spec
    with _transport(spec, egress) as transport:
        return spec.model_copy(update={"host_key": _fingerprint(transport)})


def fetch(
    spec: Sftp, secret: Secret, egress: Egress, into: Path, since: str | None, on_progress: ProgressCallback
) -> Fetched:
    downloaded: list[Path] = []
    growing: set[str] = set()
    with opened(spec, secret, egress) as client:
        root, there = _there(spec, client)
        for file in file_cursor.new_files(there, since):
            on_progress(f"{file.path} arrive.")
            target = into.joinpath(*map(file_name, PurePosixPath(file.path).parts))
            target.parent.mkdir(parents=True, exist_ok=True)
            if _download(client, str(root / file.path), file, target, egress):
                downloaded.append(target)
            else:
                growing.add(file.path)
                target.unlink()
    notes = tuple(
        f"« {path} » s'écrit peut-être encore : il sera repris la prochaine fois." for path in sorted(growing)
    )
    stable = [file for file in there if file.path not in growing]
    return Fetched(tuple(downloaded), file_cursor.make_cursor(stable), notes=notes, unchanged=not downloaded)


@contextmanager
def _transport(spec: Sftp, egress: Egress) -> Iterator[Any]:
    """Encrypted transport, before authentication; errors inside are translated into French."""
    made = egress.connect(spec.host, spec.port, usual=22)
    transport = None
    try:
        transport = paramiko.Transport(made)
        transport.banner_timeout = transport.auth_timeout = transport.handshake_timeout = SILENCE
        if spec.host_key:
            options = transport.get_security_options()
            kind = spec.host_key.partition(" ")[0]
            options.key_types = [name for name in options.key_types if _family(name) == kind]
        transport.start_client(timeout=SILENCE)
        yield transport
    except SourceError:
        raise
    except paramiko.BadHostKeyException:
        raise _other_key(spec) from None
    except paramiko.AuthenticationException:
        raise AccessRefused(
            f"Le serveur {spec.host} refuse ce nom, ce mot de passe ou cette clé. Ce que vous avez déjà est gardé. "
            "Vérifiez-les."
        ) from None
    except PermissionError:
        raise AccessRefused(
            f"Ce compte n'a pas le droit de lire « {spec.path or 'son dossier'} » sur {spec.host}. Demandez le droit de lecture."
        ) from None
    except FileNotFoundError:
        raise NotThere(
            f"« {spec.path} » n'existe pas ou plus sur {spec.host}. Ce que vous avez déjà est gardé. Vérifiez le chemin."
        ) from None
    except (paramiko.SSHException, EOFError, OSError) as error:
        egress.check_time()
        if spec.host_key and "key" in str(error).lower() and "incompatible" in type(error).__name__.lower():
            raise _other_key(spec) from None
        raise SourceDown(
            f"Le serveur {spec.host} ne répond pas comme un serveur SFTP, ou a coupé la connexion. Rien n'en a été repris. "
            "Recommencez plus tard."
        ) from None
    finally:
        if transport is not None:
            transport.close()
        made.close()


@contextmanager
def opened(spec: Sftp, secret: Secret, egress: Egress) -> Iterator[Any]:
    """Client of the server whose pinned host key was checked; what goes wrong inside is translated into French."""
    if not spec.host_key:
        raise SourceError(
            f"La clé du serveur {spec.host} n'a pas encore été retenue. Enregistrez à nouveau cette source pour la retenir."
        )
    with _transport(spec, egress) as transport:
        if _fingerprint(transport) != spec.host_key:
            raise _other_key(spec)
        if secret.key:
            transport.auth_publickey(secret.user, _key(secret))
        else:
            transport.auth_password(secret.user, secret.password)
        client = paramiko.SFTPClient.from_transport(transport)
        if client is None:
            raise SourceDown(
                f"Le serveur {spec.host} n'ouvre pas SFTP à ce compte. Demandez-le à qui le tient."
            )
        client.get_channel().settimeout(SILENCE)
        yield client


def _other_key(spec: Sftp) -> SourceError:
    return AccessRefused(
        f"Le serveur {spec.host} ne présente plus la même clé : quelqu'un a peut-être pris sa place. Rien n'a été envoyé ni "
        "repris. Demandez à qui le tient si sa clé a changé ; si oui, effacez l'empreinte retenue et enregistrez à nouveau."
    )


def _family(name: str) -> str:
    """Key type of a signature algorithm: rsa-sha2-256 and rsa-sha2-512 sign with the same key."""
    return "ssh-rsa" if name.startswith(("rsa-sha2", "ssh-rsa")) else name


def _fingerprint(transport: Any) -> str:
    key = transport.get_remote_server_key()
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    return f"{_family(key.get_name())} SHA256:{digest}"


def _key(secret: Secret) -> Any:
    for kind in _KEYS:
        try:
            return kind.from_private_key(io.StringIO(secret.key), password=secret.password or None)
        except (paramiko.SSHException, ValueError, IndexError):
            continue
    raise AccessRefused(
        "La clé privée donnée ne se lit pas, ou son mot de passe est faux. Collez-la entière (Ed25519, ECDSA ou RSA)."
    )


def _there(spec: Sftp, client: Any) -> tuple[PurePosixPath, list[RemoteFile]]:
    """Folder, and its matching files, subfolders included."""
    root = PurePosixPath(spec.path or ".")
    found = client.stat(str(root))
    if stat.S_ISREG(found.st_mode or 0):
        return root.parent, [_file(root.name, found)]
    files: list[RemoteFile] = []
    waiting = [(PurePosixPath(), 0)]
    listed = 0
    while waiting:
        below, depth = waiting.pop()
        for entry in client.listdir_iter(str(root / below)):
            listed += 1
            if listed > MAX_LISTED:
                raise file_cursor.too_many_files_error()
            name, mode = str(entry.filename), entry.st_mode or 0
            if "/" in name or name.startswith("."):
                continue
            if stat.S_ISDIR(mode) and depth < DEEPEST:
                waiting.append((below / name, depth + 1))
            elif stat.S_ISREG(mode) and file_cursor.matches(name, spec.pattern):
                files.append(_file(str(below / name), entry))
    return root, sorted(files, key=lambda file: file.path)


def _file(path: str, found: Any) -> RemoteFile:
    return RemoteFile(path, found.st_size or 0, f"{found.st_mtime} {found.st_size}")


def _download(client: Any, path: str, file: RemoteFile, target: Path, egress: Egress) -> bool:
    """Download a file as it was listed; False when it changed meanwhile."""
    with client.open(path, "rb") as source, target.open("wb") as out:
        source.prefetch(file.size)
        while piece := source.read(PIECE):
            egress.count_received(len(piece))
            out.write(piece)
    # Asked by its name: old servers know no question on an open file.
    after = client.stat(path)
    return _file(file.path, after).mark == file.mark and target.stat().st_size == file.size
