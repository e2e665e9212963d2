"""Objects of a bucket on S3-compatible storage. In: the service, the bucket, a prefix. Out: the new objects.

The client signs requests; its connections go through the egress.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import ParseError

import urllib3
from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error

from beffroi.lake.sources import file_cursor
from beffroi.lake.sources.errors import AccessRefused, NotThere, SourceDown, SourceError
from beffroi.lake.sources.file_cursor import RemoteFile
from beffroi.lake.sources.http import LARGEST_DOCUMENT, PIECE, connection_pool
from beffroi.lake.sources.names import file_name
from beffroi.lake.sources.network import SILENCE, Egress
from beffroi.lake.sources.offers import Fetched, Offer, ProgressCallback
from beffroi.lake.sources.specs import S3, Secret

_REFUSED = {
    "AccessDenied",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "AllAccessDisabled",
}
_MISSING = {"NoSuchBucket": "Le compartiment", "NoSuchKey": "L'objet"}


def check(spec: S3, secret: Secret, egress: Egress) -> str:
    found = len(list_offers(spec, secret, egress))
    return f"Le stockage répond : {found} fichier{'s' if found > 1 else ''} à reprendre."


def list_offers(spec: S3, secret: Secret, egress: Egress) -> list[Offer]:
    with _translated_errors(spec, egress):
        files = _there(spec, _client(spec, secret, egress))
    return [Offer(file.path, "file", {"path": file.path, "pattern": "*"}, size=file.size) for file in files]


def fetch(
    spec: S3, secret: Secret, egress: Egress, into: Path, since: str | None, on_progress: ProgressCallback
) -> Fetched:
    downloaded = []
    with _translated_errors(spec, egress):
        client = _client(spec, secret, egress)
        there = _there(spec, client)
        for file in file_cursor.new_files(there, since):
            on_progress(f"{file.path} arrive.")
            target = into.joinpath(*map(file_name, _parts(file.path)))
            target.parent.mkdir(parents=True, exist_ok=True)
            _download(spec, client, file, target, egress)
            downloaded.append(target)
    return Fetched(tuple(downloaded), file_cursor.make_cursor(there), unchanged=not downloaded)


def _client(spec: S3, secret: Secret, egress: Egress) -> Minio:
    parts = urlsplit(spec.url)
    return Minio(
        parts.netloc,
        access_key=secret.user or None,
        secret_key=(secret.key or secret.password) or None,
        session_token=secret.token or None,
        secure=parts.scheme == "https",
        region=spec.region or "us-east-1",
        http_client=_counted(egress),
    )


def _counted(egress: Egress) -> urllib3.PoolManager:
    """Connection pool whose short responses, which the client reads by itself, are counted and limited too."""

    class Counted(urllib3.PoolManager):
        def urlopen(  # type: ignore[override]
            self, method: str, url: str, redirect: bool = False, **words: Any
        ) -> urllib3.BaseHTTPResponse:
            whole = words.pop("preload_content", True)
            answer = super().urlopen(method, url, False, preload_content=False, **words)
            if whole:
                body = b"".join(_pieces(answer, egress))
                answer.release_conn()
                return urllib3.HTTPResponse(
                    io.BytesIO(body),
                    answer.headers,
                    answer.status,
                    request_method=method,
                    preload_content=True,
                )
            return answer

    made = Counted(num_pools=4, retries=False, timeout=urllib3.Timeout(SILENCE))
    made.pool_classes_by_scheme = connection_pool(egress).pool_classes_by_scheme
    return made


def _pieces(answer: urllib3.BaseHTTPResponse, egress: Egress) -> Iterator[bytes]:
    read = 0
    while piece := answer.read(PIECE, decode_content=False):
        read += len(piece)
        egress.count_received(len(piece))
        if read > LARGEST_DOCUMENT:
            raise file_cursor.too_many_files_error()
        yield piece


def _there(spec: S3, client: Minio) -> list[RemoteFile]:
    found = []
    for entry in client.list_objects(spec.bucket, prefix=spec.path or None, recursive=True):
        name = entry.object_name or ""
        # The client refuses object names that traverse folders.
        climbs = bool({".", ".."} & set(name.split("/")))
        if entry.is_dir or name.endswith("/") or climbs or not file_cursor.matches(name, spec.pattern):
            continue
        found.append(RemoteFile(name, entry.size or 0, f"{entry.etag} {entry.size}"))
        if len(found) > file_cursor.MAX_FILES:
            break
    return found


def _download(spec: S3, client: Minio, file: RemoteFile, target: Path, egress: Egress) -> None:
    answer: Any = client.get_object(spec.bucket, file.path)
    try:
        with target.open("wb") as out:
            # As stored: an object's « gzip » is the business of the readers.
            while piece := answer.read(PIECE, decode_content=False):
                egress.count_received(len(piece))
                out.write(piece)
    finally:
        answer.close()
        answer.release_conn()
    if target.stat().st_size != file.size:
        raise SourceDown(
            f"« {file.path} » n'est pas venu entier. Rien n'en a été repris. Recommencez plus tard."
        )


def _parts(path: str) -> list[str]:
    return [part for part in PurePosixPath(path).parts if part != "/"]


@contextmanager
def _translated_errors(spec: S3, egress: Egress) -> Iterator[None]:
    """Translate errors of the storage into French, without any secret."""
    host = urlsplit(spec.url).hostname
    try:
        yield
    except S3Error as error:
        if error.code in _REFUSED:
            raise AccessRefused(
                f"Le stockage {host} refuse l'accès à « {spec.bucket} ». Ce que vous avez déjà est gardé. Vérifiez la clé, "
                "son secret et ses droits de lecture."
            ) from None
        if error.code in _MISSING:
            raise NotThere(
                f"{_MISSING[error.code]} demandé n'existe pas ou plus dans « {spec.bucket} ». Ce que vous avez déjà est gardé. "
                "Vérifiez son nom."
            ) from None
        raise SourceError(
            f"Le stockage {host} n'a pas accepté la demande ({error.code}). Vérifiez les réglages."
        ) from None
    except (MinioException, InvalidResponseError, ParseError, urllib3.exceptions.HTTPError, OSError):
        egress.check_time()
        raise SourceDown(
            f"Le stockage {host} ne répond pas, ou a coupé la connexion. Rien n'en a été repris. Recommencez plus tard."
        ) from None
    except ValueError:
        raise SourceError(
            "Les réglages de ce stockage ne sont pas valables. Vérifiez l'adresse et le compartiment."
        ) from None
