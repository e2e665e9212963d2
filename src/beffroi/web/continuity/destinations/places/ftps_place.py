"""A folder of an FTPS server: TLS asked before the password, certificate checked, data encrypted too. FTP in clear is refused."""

import ftplib  # the encrypted half of it
import io
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from beffroi.lake.sources.errors import AccessRefused, SourceDown
from beffroi.lake.sources.network import SILENCE, Egress
from beffroi.lake.sources.specs import Secret

from .place import FULL, LARGEST_READ, CopyError, make_folders

USUAL_PORT: Final = 21
_FIRST_DATA_PORT: Final = 1024
# RFC 959: 452 and 552 say it; vsftpd says 426 or 451 when its disk is full.
_TOO_SMALL: Final = ("426", "451", "452", "552")


class _Encrypted(ftplib.FTP_TLS):
    """FTPS whose sockets come from the egress: data goes to the address that was judged, on the port that it says."""

    def __init__(self, egress: Egress, host: str, port: int) -> None:
        super().__init__(context=ssl.create_default_context(), timeout=SILENCE)
        self._egress = egress
        self.host, self.port = host, port
        # The list of hosts is asked; what is sent in clear before TLS is a greeting.
        self.sock = egress.connect(host, port, usual=USUAL_PORT)
        self.af = self.sock.family
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        _, port = self.makepasv()
        if port < _FIRST_DATA_PORT:
            raise CopyError(
                f"Le serveur {self.host} propose un port de données inattendu ({port}) : rien n'y a été envoyé."
            )
        control: Any = self.sock
        made = socket.create_connection((control.getpeername()[0], port), timeout=SILENCE)
        self._egress.watch(made)
        try:
            answer = self.sendcmd(cmd)
            if answer.startswith("2"):
                answer = self.getresp()
            if not answer.startswith("1"):
                raise CopyError(f"Le serveur {self.host} n'a pas ouvert de quoi recevoir les données.")
            # The session of the control connection: servers refuse data that somebody else would bring.
            return self.context.wrap_socket(made, server_hostname=self.host, session=control.session), None
        except BaseException:
            made.close()
            raise


@contextmanager
def opened(host: str, port: int, folder: str, secret: Secret, egress: Egress) -> Iterator["FtpsPlace"]:
    client: _Encrypted | None = None
    try:
        try:
            client = _Encrypted(egress, host, port)
            client.auth()
        except ssl.SSLError:
            raise SourceDown(
                f"Le certificat de {host} n'est pas valable, ou son chiffrement est trop ancien : rien n'a été envoyé."
            ) from None
        except ftplib.error_perm:
            raise AccessRefused(
                f"Le serveur {host} ne sait pas chiffrer (FTPS) : le FTP en clair est refusé, rien n'a été envoyé."
            ) from None
        except (ftplib.Error, EOFError, OSError):
            egress.check_time()
            raise SourceDown(f"Le serveur {host} ne répond pas comme un serveur FTPS.") from None
        try:
            client.login(secret.user, secret.password)
            client.prot_p()
        except ftplib.error_perm:
            raise AccessRefused(f"Le serveur {host} refuse ce nom ou ce mot de passe.") from None
        except (ftplib.Error, EOFError, OSError):
            egress.check_time()
            raise SourceDown(f"Le serveur {host} a coupé la connexion.") from None
        root = "/" if folder.startswith("/") else ""
        inside = make_folders(FtpsPlace(client, root, host, egress), folder)
        yield FtpsPlace(client, root + inside, host, egress)
    finally:
        if client is not None:
            client.close()


class FtpsPlace:
    """A `Place` by FTPS."""

    def __init__(self, client: _Encrypted, root: str, host: str, egress: Egress) -> None:
        self._client, self._root, self._host, self._egress = client, root, host, egress

    def write(self, path: str, content: bytes) -> None:
        with self._translated(path):
            try:
                self._client.storbinary(f"STOR {self._path(path)}", io.BytesIO(content))
            except OSError:
                # A server that can take no more shuts the data connection, then says why on the other one.
                self._client.voidresp()
                raise

    def size(self, path: str) -> int | None:
        with self._translated(path):
            self._client.voidcmd("TYPE I")
            try:
                return self._client.size(self._path(path))
            except ftplib.error_perm:
                return None

    def read(self, path: str) -> bytes:
        pieces: list[bytes] = []

        def receive(piece: bytes) -> None:
            self._egress.count_received(len(piece))
            pieces.append(piece)
            if sum(map(len, pieces)) > LARGEST_READ:
                raise CopyError(f"« {path} » est plus grand que ce qui y avait été écrit.")

        with self._translated(path):
            self._client.retrbinary(f"RETR {self._path(path)}", receive)
        return b"".join(pieces)

    def move(self, path: str, target: str) -> None:
        with self._translated(target):
            try:
                self._client.rename(self._path(path), self._path(target))
            except ftplib.error_perm:
                # Some servers rename over nothing that exists.
                if self.size(target) is None:
                    raise
                self._client.delete(self._path(target))
                self._client.rename(self._path(path), self._path(target))

    def make_folder(self, path: str) -> None:
        if not self.has_folder(path):
            with self._translated(path):
                self._client.mkd(self._path(path))

    def has_folder(self, path: str) -> bool:
        with self._translated(path):
            here = self._client.pwd()
            try:
                self._client.cwd(self._path(path))
            except ftplib.error_perm:
                return False
            self._client.cwd(here)
            return True

    def remove(self, path: str) -> None:
        with self._translated(path), suppress(ftplib.error_perm):
            self._client.delete(self._path(path))

    def remove_folder(self, path: str) -> None:
        if not self.has_folder(path):
            return
        with self._translated(path):
            names = []
            with suppress(ftplib.error_perm):  # an empty folder
                names = self._client.nlst("-a", self._path(path))
            for name in {each.rpartition("/")[2] for each in names} - {".", "..", ""}:
                inside = f"{path}/{name}"
                if self.has_folder(inside):
                    self.remove_folder(inside)
                else:
                    self.remove(inside)
            self._client.rmd(self._path(path))

    def _path(self, path: str) -> str:
        return f"{self._root.rstrip('/')}/{path}" if self._root else path

    @contextmanager
    def _translated(self, path: str) -> Iterator[None]:
        try:
            yield
        except ftplib.Error as error:
            self._egress.check_time()
            if str(error).startswith(_TOO_SMALL):
                raise CopyError(
                    f"Le serveur {self._host} a refusé l'écriture : le plus souvent, {FULL}."
                ) from None
            raise CopyError(
                f"Le serveur {self._host} n'a pas laissé écrire « {path} » à ce compte."
            ) from None
        except ssl.SSLCertVerificationError:
            raise CopyError(f"Le certificat de {self._host} n'est pas valable.") from None
        except (EOFError, OSError):
            self._egress.check_time()
            raise CopyError(f"Le serveur {self._host} a coupé la connexion avant la fin.") from None
