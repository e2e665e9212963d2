"""A folder of a WebDAV server (RFC 4918): PUT, MKCOL, MOVE, DELETE, over HTTPS through the egress. PROPFIND is not needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

from beffroi.lake.sources.errors import NotThere
from beffroi.lake.sources.http import Client
from beffroi.lake.sources.network import Egress
from beffroi.lake.sources.specs import Secret

from .place import FULL, LARGEST_READ, CopyError, make_folders

# 403 is the business of the client: it says what to check.
_REFUSALS = (405, 409, 411, 412, 413, 415, 423, 501, 507)


@contextmanager
def opened(url: str, folder: str, secret: Secret, egress: Egress) -> Iterator["WebDavPlace"]:
    client = Client(egress, secret, url)
    root = url.rstrip("/")
    inside = make_folders(WebDavPlace(client, root), folder)
    yield WebDavPlace(client, f"{root}/{quote(inside)}" if inside else root)


class WebDavPlace:
    """A `Place` by WebDAV."""

    def __init__(self, client: Client, root: str) -> None:
        self._client, self._root = client, root
        self._host = urlsplit(root).hostname or root

    def write(self, path: str, content: bytes) -> None:
        self._ask("PUT", self._url(path), path, body=content)

    def size(self, path: str) -> int | None:
        try:
            # Compressed, its length would be another one.
            with self._client.request(
                self._url(path), method="HEAD", headers={"Accept-Encoding": "identity"}
            ) as answer:
                length = answer.headers.get("Content-Length")
        except NotThere:
            return None
        return int(length) if length and length.isdecimal() else len(self.read(path))

    def read(self, path: str) -> bytes:
        pieces: list[bytes] = []
        with self._client.request(self._url(path), headers={"Cache-Control": "no-cache"}) as answer:
            for piece in answer.pieces():
                pieces.append(piece)
                if sum(map(len, pieces)) > LARGEST_READ:
                    raise CopyError(f"« {path} » est plus grand que ce qui y avait été écrit.")
        return b"".join(pieces)

    def move(self, path: str, target: str) -> None:
        # A folder is named with its last « / » on both sides.
        last = "/" if self.has_folder(path) else ""
        headers = {"Destination": self._url(target) + last, "Overwrite": "T"}
        self._ask("MOVE", self._url(path) + last, target, headers=headers)

    def make_folder(self, path: str) -> None:
        if not self.has_folder(path):
            self._ask("MKCOL", f"{self._url(path)}/", path)

    def has_folder(self, path: str) -> bool:
        return self._status(f"{self._url(path)}/") not in (404, 409, 410)

    def remove(self, path: str) -> None:
        self._ask("DELETE", self._url(path), path, missing=True)

    def remove_folder(self, path: str) -> None:
        if self.has_folder(path):
            self._ask("DELETE", f"{self._url(path)}/", path, missing=True, headers={"Depth": "infinity"})

    def _url(self, path: str) -> str:
        return f"{self._root}/{quote(path)}"

    def _status(self, url: str) -> int:
        """State that the server answers for a folder: 403 is one that it does not list."""
        with self._client.request(url, method="HEAD", expected=(403, 404, 405, 409, 410)) as answer:
            return answer.status

    def _ask(
        self,
        method: str,
        url: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        missing: bool = False,
    ) -> None:
        expected = (*_REFUSALS, *((404, 410) if missing else ()))
        with self._client.request(
            url, method=method, body=body, headers=headers, expected=expected
        ) as answer:
            status = answer.status
        if status < 300 or (missing and status in (404, 410)):
            return
        if status in (413, 507):
            raise CopyError(
                f"Le service {self._host} a refusé l'écriture : {FULL}, ou un fichier y dépasse la taille permise."
            )
        if status == 423:
            raise CopyError(f"Sur {self._host}, « {path} » est verrouillé par quelqu'un d'autre.")
        raise CopyError(
            f"Le service {self._host} n'a pas laissé écrire « {path} » (réponse {status}) : ce n'est peut-être pas une adresse WebDAV."
        )
