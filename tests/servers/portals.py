"""CKAN (action API 3) and udata (API 1) as far as publishing needs them: they keep what they receive and check the protocol."""

import hashlib
import itertools
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from servers.web import Asked, Reply

TOKEN = "jeton-du-portail"


def form_of(asked: Asked) -> tuple[dict[str, str], dict[str, tuple[str, bytes]]]:
    """The fields and the files of a multipart form."""
    head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
    fields, files = {}, {}
    for part in BytesParser(policy=HTTP).parsebytes(head + asked.body).iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if part.get_filename():
            files[name] = (part.get_filename(), content)
        else:
            fields[name] = content.decode()
    return fields, files


@dataclass
class Ckan:
    packages: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    uploads: int = 0
    fails: bool = False
    _count: Any = field(default_factory=lambda: itertools.count(1))

    def __call__(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != TOKEN:
            return Reply({"success": False, "error": {"__type": "Authorization Error"}}, 403)
        verb = asked.path.removeprefix("/api/3/action/")
        assert asked.method == "POST"
        if verb.startswith("resource"):
            return self._resource(verb, asked)
        data = asked.json()
        if verb == "package_show":
            found = self.packages.get(data["id"])
            return self._ok(found) if found else Reply({"success": False}, 404)
        if verb == "package_create":
            if data["name"] in self.packages:
                return Reply({"success": False, "error": {"name": ["exists"]}}, 409)
            self.packages[data["name"]] = data | {"id": f"p{next(self._count)}", "resources": []}
            return self._ok(self.packages[data["name"]])
        assert verb == "package_patch"
        found = next(one for one in self.packages.values() if one["id"] == data["id"])
        found.update(data)
        return self._ok(found)

    def _resource(self, verb: str, asked: Asked) -> Reply:
        if self.fails:
            return Reply({"success": False}, 503)
        fields, files = form_of(asked)
        self.uploads += 1
        resources = [one for package in self.packages.values() for one in package["resources"]]
        if verb == "resource_create":
            package = next(one for one in self.packages.values() if one["id"] == fields["package_id"])
            resource = fields | {"id": f"r{next(self._count)}"}
            package["resources"].append(resource)
        else:
            resource = next(one for one in resources if one["id"] == fields["id"])
            resource.update(fields)
        self.files[resource["id"]] = files["upload"][1]
        return self._ok(resource)

    def _ok(self, result: Any) -> Reply:
        return Reply({"success": True, "result": result})


@dataclass
class Udata:
    datasets: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    uploads: int = 0
    page: int = 2
    _count: Any = field(default_factory=lambda: itertools.count(1))

    def __call__(self, asked: Asked) -> Reply:
        if asked.headers.get("x-api-key") != TOKEN:
            return Reply({"message": "Unauthorized"}, 401)
        parts = asked.path.strip("/").split("/")[2:]
        match asked.method, parts:
            case "GET", ["me"]:
                return Reply({"id": "u1"})
            case "GET", ["datasets"]:
                return self._page(asked, [one for one in self.datasets.values() if "organization" not in one])
            case "GET", ["organizations", org, "datasets"]:
                return self._page(
                    asked, [one for one in self.datasets.values() if one.get("organization") == org]
                )
            case "POST", ["datasets"]:
                made = asked.json() | {"id": f"d{next(self._count)}", "resources": []}
                made["page"] = f"https://portail.fr/datasets/{made['id']}/"
                self.datasets[made["id"]] = made
                return Reply(made, 201)
            case "PUT", ["datasets", known]:
                self.datasets[known].update(asked.json())
                return Reply(self.datasets[known])
            case "POST", ["datasets", known, "upload"]:
                resource: dict[str, Any] = {"id": f"r{next(self._count)}"}
                self.datasets[known]["resources"].append(resource)
                return self._upload(resource, asked, 201)
            case "POST", ["datasets", known, "resources", one, "upload"]:
                return self._upload(self._resource(known, one), asked, 200)
            case "PUT", ["datasets", known, "resources", one]:
                self._resource(known, one).update(asked.json())
                return Reply(self._resource(known, one))
        return Reply({"message": "Not found"}, 404)

    def _resource(self, dataset: str, resource: str) -> dict[str, Any]:
        return next(one for one in self.datasets[dataset]["resources"] if one["id"] == resource)

    def _upload(self, resource: dict[str, Any], asked: Asked, status: int) -> Reply:
        name, content = form_of(asked)[1]["file"]
        self.uploads += 1
        self.files[resource["id"]] = content
        resource["title"] = resource.get("title", name)
        resource["checksum"] = {"type": "sha1", "value": hashlib.sha1(content).hexdigest()}
        return Reply(resource | {"success": True}, status)

    def _page(self, asked: Asked, found: list[dict[str, Any]]) -> Reply:
        number = int(asked.query.get("page", 1))
        shown = found[(number - 1) * self.page : number * self.page]
        more = number * self.page < len(found)
        following = f"http://{asked.headers['host']}{asked.path}?page={number + 1}" if more else None
        return Reply({"data": shown, "next_page": following, "total": len(found)})
