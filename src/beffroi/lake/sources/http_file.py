"""Single file at one URL. In: its URL and the last cursor. Out: the file, or nothing new."""

import json
from pathlib import Path

from beffroi.hashing import file_sha256
from beffroi.lake.sources import names
from beffroi.lake.sources.http import Client, Response, format_last_modified
from beffroi.lake.sources.network import Egress, format_size
from beffroi.lake.sources.offers import Fetched, Offer, ProgressCallback
from beffroi.lake.sources.specs import HttpFile, Secret


def check(spec: HttpFile, secret: Secret, egress: Egress) -> str:
    offer = list_offers(spec, secret, egress)[0]
    size_note = f" ({format_size(offer.size)})" if offer.size else ""
    return f"Le fichier « {offer.name} »{size_note} répond."


def list_offers(spec: HttpFile, secret: Secret, egress: Egress) -> list[Offer]:
    # Some servers know no HEAD: the answer is opened and its body left.
    with Client(egress, secret, spec.url, header=spec.header).request(spec.url) as answer:
        length = answer.headers.get("Content-Length", "")
        return [Offer(_name(answer), "file", size=int(length) if length.isdigit() else None)]


def fetch(
    spec: HttpFile,
    secret: Secret,
    egress: Egress,
    into: Path,
    since: str | None,
    on_progress: ProgressCallback,
) -> Fetched:
    seen = _seen(since)
    validators = {}
    if seen.get("etag"):
        validators["If-None-Match"] = seen["etag"]
    if seen.get("modified"):
        validators["If-Modified-Since"] = seen["modified"]
    with Client(egress, secret, spec.url, header=spec.header).request(
        spec.url, headers=validators, expected=(304,)
    ) as answer:
        if answer.status == 304:
            return Fetched((), since, unchanged=True, notes=("Le fichier n'a pas changé.",))
        on_progress("Le fichier arrive.")
        path = into / _name(answer)
        answer.save(path)
        digest = file_sha256(path)
        modified = answer.headers.get("Last-Modified", "")
        cursor = json.dumps({"etag": answer.headers.get("ETag", ""), "modified": modified, "sha256": digest})
        if digest == seen.get("sha256"):
            return Fetched((), cursor, unchanged=True, notes=("Le fichier n'a pas changé.",))
        notes = (
            (f"Fichier daté du {format_last_modified(modified)} par son serveur.",)
            if format_last_modified(modified)
            else ()
        )
        return Fetched((path,), cursor, notes=notes)


def _name(answer: Response) -> str:
    return names.file_name_of_url(answer.url, answer.headers.get("Content-Disposition"))


def _seen(since: str | None) -> dict[str, str]:
    try:
        cursor = json.loads(since) if since else {}
    except ValueError:
        return {}
    return {key: str(value) for key, value in cursor.items()} if isinstance(cursor, dict) else {}
