"""The software bill of materials: every package pinned by hash, of Python and of the browser, as CycloneDX 1.6 JSON.

In: `requirements/dev.txt`, `frontend/package-lock.json`, the metadata of the installed packages (their licences). Out: one file.
By hand: `make sbom`. What only builds, checks and tests has the scope `excluded`.
"""

import base64
import json
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PINS, LOCK = ROOT / "requirements/dev.txt", ROOT / "frontend/package-lock.json"
EXTRAS = ("", "distributed", "mariadb", "postgresql")
# Pinned for other machines than those that we serve: not installed here, where their metadata could be read.
ELSEWHERE = {"brotlicffi": "MIT", "colorama": "BSD-3-Clause", "httpx2-jsfetch": "BSD-3-Clause"}
_ALGORITHMS = {
    "sha256": HashAlgorithm.SHA_256,
    "sha384": HashAlgorithm.SHA_384,
    "sha512": HashAlgorithm.SHA_512,
}
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
_licences = LicenseFactory()


def bill() -> Bom:
    """The instance and what it is made of."""
    bom = Bom()
    root = Component(
        name="beffroi",
        version=metadata.version("beffroi"),
        type=ComponentType.APPLICATION,
        licenses=[_licences.make_from_string("EUPL-1.2")],
    )
    components = [*python(), *browser()]
    bom.metadata.component = root
    bom.components.update(components)
    direct = _direct()
    bom.register_dependency(root, [one for one in components if one.name in direct])
    return bom


def python() -> Iterator[Component]:
    """A component a pin. A package has one file a platform: all their hashes are properties, as the pins list them."""
    served = _served()
    for name, version, rest in _PIN.findall(PINS.read_text("utf-8")):
        yield Component(
            name=name,
            version=version,
            type=ComponentType.LIBRARY,
            purl=PackageURL("pypi", None, name, version),
            bom_ref=f"pypi:{name}@{version}",
            scope=ComponentScope.REQUIRED if name in served else ComponentScope.EXCLUDED,
            licenses=[_licences.make_from_string(licence_of(name))],
            properties=[
                Property(name="beffroi:sha256", value=value)
                for value in sorted(re.findall(r"--hash=sha256:([0-9a-f]{64})", rest))
            ],
        )


def browser() -> Iterator[Component]:
    """A component a package of the lock, with the hash of its archive."""
    lock = json.loads(LOCK.read_text("utf-8"))
    for path, about in lock["packages"].items():
        if not path:
            continue
        name = path.rpartition("node_modules/")[2]
        scope, _, short = name.rpartition("/")
        algorithm, _, digest = about["integrity"].partition("-")
        yield Component(
            name=name,
            version=about["version"],
            type=ComponentType.LIBRARY,
            purl=PackageURL("npm", scope or None, short, about["version"]),
            bom_ref=f"npm:{path}@{about['version']}",
            scope=ComponentScope.EXCLUDED if about.get("dev") else ComponentScope.REQUIRED,
            licenses=[_licences.make_from_string(about["license"])],
            hashes=[HashType(alg=_ALGORITHMS[algorithm], content=base64.b64decode(digest).hex())],
        )


def licence_of(name: str) -> str:
    """What a package says of its licence: an SPDX expression where it gives one, otherwise its own words. Raises LookupError."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ELSEWHERE[name]
    if expression := about.get("License-Expression"):
        return str(expression)
    classifiers = [c for c in about.get_all("Classifier", []) if c.startswith("License :: ")]
    first = str(about.get("License") or "").strip().partition("\n")[0].strip(" =")
    named = [c.rpartition(" :: ")[2] for c in classifiers if not c.endswith("approved")]
    if found := " / ".join(named) or first:
        return found
    raise LookupError(f"{name} says nothing of its licence")


def _direct() -> set[str]:
    """The packages that the instance itself asks for."""
    asked = map(Requirement, metadata.requires("beffroi") or [])
    lock = json.loads(LOCK.read_text("utf-8"))
    return {canonicalize_name(one.name) for one in asked} | set(lock["packages"][""]["dependencies"])


def _served() -> set[str]:
    """The packages that an instance needs, with the extras that are pinned."""
    found: set[tuple[str, str]] = set()
    waiting = [("beffroi", extra) for extra in EXTRAS]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in found:
            continue
        found.add((name, extra))
        try:
            asked = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        for requirement in map(Requirement, asked):
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                waiting += [(canonicalize_name(requirement.name), e) for e in ("", *requirement.extras)]
    return {name for name, _ in found}


def main(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    outputter = make_outputter(bill(), OutputFormat.JSON, SchemaVersion.V1_6)
    outputter.output_to_file(str(path), allow_overwrite=True, indent=1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
