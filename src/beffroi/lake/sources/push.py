"""Publication of a file to an open data portal: CKAN (action API) or data.gouv.fr (udata, API v1).

In: the portal, its token, the dataset's metadata, the file. Out: its location there. Idempotent: a dataset is
recognised by a key stored among its extras. A dataset of someone else is never modified.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from beffroi.lake.sources import documents
from beffroi.lake.sources.errors import SourceError
from beffroi.lake.sources.http import Client
from beffroi.lake.sources.multipart import Form
from beffroi.lake.sources.network import Egress, Network
from beffroi.lake.sources.specs import Model, Name, Secret, Url

# The name of our key among a dataset's extras.
EXTRA_KEY = "beffroi_id"


class Ckan(Model):
    """CKAN portal; `organization` by its name there."""

    kind: Literal["ckan"] = "ckan"
    url: Url = Field(title="Adresse", description="L'adresse du portail (https://…).")
    organization: Name = Field("", title="Organisation")


class DataGouv(Model):
    """data.gouv.fr, or another udata; `organization` by its identifier there, empty for the account itself."""

    kind: Literal["datagouv"] = "datagouv"
    url: Url = Field("https://www.data.gouv.fr", title="Adresse")
    organization: Name = Field("", title="Organisation")


Portal = Ckan | DataGouv
_ADAPTER: TypeAdapter[Portal] = TypeAdapter(Annotated[Portal, Field(discriminator="kind")])


def parse(data: dict[str, Any]) -> Portal:
    """Portal described by `data` (with its `kind`). Raises pydantic.ValidationError."""
    return _ADAPTER.validate_python(data)


@dataclass(frozen=True)
class Publication:
    """Metadata of a publication. `key` identifies it and never changes; `name` is the last component of the URL (CKAN).

    `licence` is the portal's own identifier: « lov2 » on data.gouv.fr, « etalab-2.0 » or another on CKAN.
    """

    key: str
    name: str
    title: str
    description: str
    licence: str = ""
    tags: tuple[str, ...] = ()
    frequency: str = "unknown"


@dataclass(frozen=True)
class Pushed:
    """Location of the publication. `unchanged`: the portal already had this very file."""

    url: str
    dataset: str
    resource: str
    created: bool
    unchanged: bool


def push(
    portal: Portal, secret: Secret, network: Network, what: Publication, file: Path, *, title: str = ""
) -> Pushed:
    """Create or update the dataset and the resource of the file (`title`: its name there). Raises SourceError."""
    if not secret.token:
        raise SourceError(
            "Ce portail demande un jeton d'accès. Créez-en un dans votre compte du portail, puis collez-le ici."
        )
    with network.egress() as egress:
        if isinstance(portal, Ckan):
            return _ckan(portal, secret, egress, what, file, title or file.name)
        return _datagouv(portal, secret, egress, what, file, title or file.name)


def _ckan(portal: Ckan, secret: Secret, egress: Egress, what: Publication, file: Path, title: str) -> Pushed:
    client = Client(egress, secret, portal.url, header="Authorization")
    base = portal.url.rstrip("/")
    metadata: dict[str, Any] = {
        "title": what.title,
        "notes": what.description,
        "license_id": what.licence or "notspecified",
        "tags": [{"name": tag} for tag in what.tags],
    }
    dataset = _action(client, base, "package_show", {"id": what.name}, missing=True)
    created = dataset is None
    if dataset is None:
        metadata |= {"name": what.name, "extras": [{"key": EXTRA_KEY, "value": what.key}]}
        if portal.organization:
            metadata["owner_org"] = portal.organization
        dataset = _action(client, base, "package_create", metadata)
    else:
        extras = {extra.get("key"): extra.get("value") for extra in dataset.get("extras", [])}
        if extras.get(EXTRA_KEY) != what.key:
            raise _taken(what.name)
        _action(client, base, "package_patch", {"id": dataset["id"], **metadata})
    digest = _digest(file, "sha256")
    resource = next((one for one in dataset.get("resources", []) if one.get("name") == title), None)
    unchanged = resource is not None and resource.get("hash") == digest
    if not unchanged:
        fields = {"name": title, "format": _format(file), "hash": digest}
        fields |= {"id": str(resource["id"])} if resource else {"package_id": str(dataset["id"])}
        form = Form(fields, file, name="upload", as_=file.name)
        verb = "resource_patch" if resource else "resource_create"
        sent = _send(client, f"{base}/api/3/action/{verb}", form)
        resource = _result(sent, verb)
    return Pushed(
        f"{base}/dataset/{what.name}", str(dataset["id"]), str((resource or {})["id"]), created, unchanged
    )


def _action(client: Client, base: str, verb: str, data: dict[str, Any], *, missing: bool = False) -> Any:
    with client.request(
        f"{base}/api/3/action/{verb}",
        method="POST",
        headers={"Content-Type": "application/json"},
        body=json.dumps(data).encode(),
        expected=(404,) if missing else (),
    ) as answer:
        if answer.status == 404:
            return None
        return _result(answer.json(), verb)


def _result(document: Any, verb: str) -> Any:
    if not isinstance(document, dict) or document.get("success") is not True:
        raise SourceError(
            f"Le portail n'a pas accepté l'opération « {verb} ». Rien n'est perdu. Recommencez plus tard."
        )
    return document["result"]


def _datagouv(
    portal: DataGouv, secret: Secret, egress: Egress, what: Publication, file: Path, title: str
) -> Pushed:
    client = Client(egress, secret, portal.url, header="X-API-KEY")
    api = f"{portal.url.rstrip('/')}/api/1"
    dataset = _find_dataset(portal, client, api, what.key)
    metadata: dict[str, Any] = {
        "title": what.title,
        "description": what.description,
        "license": what.licence or "lov2",
        "tags": list(what.tags),
        "frequency": what.frequency,
        "extras": {**(dataset or {}).get("extras", {}), EXTRA_KEY: what.key},
    }
    created = dataset is None
    if dataset is None:
        if portal.organization:
            metadata["organization"] = portal.organization
        dataset = _call(client, "POST", f"{api}/datasets/", metadata)
    else:
        dataset = _call(client, "PUT", f"{api}/datasets/{dataset['id']}/", metadata)
    dataset_url = f"{api}/datasets/{dataset['id']}"
    digest = _digest(file, "sha1")
    resource = next((one for one in dataset.get("resources", []) if one.get("title") == title), None)
    unchanged = resource is not None and (resource.get("checksum") or {}).get("value") == digest
    if not unchanged:
        form = Form({}, file, name="file", as_=file.name)
        where = f"{dataset_url}/resources/{resource['id']}/upload/" if resource else f"{dataset_url}/upload/"
        resource = _send(client, where, form)
        _call(
            client,
            "PUT",
            f"{dataset_url}/resources/{resource['id']}/",
            {"title": title, "format": _format(file)},
        )
    page = dataset.get("page") or f"{portal.url.rstrip('/')}/datasets/{dataset.get('slug') or dataset['id']}/"
    return Pushed(str(page), str(dataset["id"]), str((resource or {})["id"]), created, unchanged)


def _find_dataset(portal: DataGouv, client: Client, api: str, key: str) -> dict[str, Any] | None:
    """Dataset with our key, among those of the organization or of the account."""
    if portal.organization:
        start = f"{api}/organizations/{portal.organization}/datasets/?page_size=100"
    else:
        start = f"{api}/datasets/?owner={client.json(f'{api}/me/')['id']}&page_size=100"
    for dataset in _all(client, start):
        if (dataset.get("extras") or {}).get(EXTRA_KEY) == key and not dataset.get("deleted"):
            return dataset
    return None


def _all(client: Client, start: str) -> Iterator[dict[str, Any]]:
    url: str | None = start
    visited = set()
    while url and url not in visited:
        visited.add(url)
        page = client.json(url)
        yield from documents.rows_of(page, "data")
        url = documents.next_of(page, "next_page", None, url)


def _call(client: Client, method: str, url: str, data: dict[str, Any]) -> dict[str, Any]:
    with client.request(
        url, method=method, headers={"Content-Type": "application/json"}, body=json.dumps(data).encode()
    ) as answer:
        return _object(answer.json())


def _send(client: Client, url: str, form: Form) -> dict[str, Any]:
    with client.request(url, method="POST", headers=form.headers, body=form.pieces()) as answer:
        return _object(answer.json())


def _object(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise SourceError("Le portail n'a pas répondu comme prévu. Rien n'est perdu. Recommencez plus tard.")
    return document


def _digest(file: Path, kind: str) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, kind).hexdigest()


def _format(file: Path) -> str:
    return file.suffix.removeprefix(".").lower() or "data"


def _taken(name: str) -> SourceError:
    return SourceError(
        f"Ce portail a déjà un jeu « {name} » qui ne vient pas d'ici : il n'a pas été touché. Choisissez un autre nom."
    )
