"""Evidence pack for an auditor: one archive of what the territory can prove, built anew each time.

Rooms above add their papers by `register`. In: a territory. Out: a ZIP with people, roles, delegations, the ledger and its
verification, and the fingerprint of each file. Taking it is itself a line of the ledger, in the archive too.
"""

import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import IO

from django.utils import timezone

import beffroi
from beffroi.ledger import chain
from beffroi.web.ui.spreadsheets import Writer

from . import ledger, scope
from .ledger import proofs
from .models import Delegation, Membership, Person, Territory
from .rights import ROLES, require, resources


@dataclass(frozen=True)
class Paper:
    """One file of the pack, and what it is, in French."""

    name: str
    title: str
    content: bytes


type Maker = Callable[[Territory], Iterable[Paper]]
_makers: list[Maker] = []


def register(maker: Maker) -> None:
    if maker not in _makers:
        _makers.append(maker)


def table(name: str, title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Paper:
    """A list as a spreadsheet opens it in French; no cell is run as a formula."""
    out = io.StringIO()
    Writer(out).writerows([head, *rows])
    return Paper(name, title, ("\ufeff" + out.getvalue()).encode())


def pack(territory: Territory, person: Person) -> IO[bytes]:
    """The archive, open at its beginning. Writes its own line in the ledger first."""
    require(person, "evidence.export", territory)
    with scope.inside(territory):
        ledger.append(territory, "evidence.export", person, f"territory:{territory.pk}", {})
        target = tempfile.SpooledTemporaryFile(max_size=8 << 20)  # noqa: SIM115  the caller closes it
        index: list[tuple[str, str, str]] = []
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for paper in _papers(territory):
                archive.writestr(paper.name, paper.content)
                index.append((paper.name, hashlib.sha256(paper.content).hexdigest(), paper.title))
            archive.writestr("LISEZ-MOI.txt", _read_me(territory, person, index))
            archive.writestr("empreintes-sha256.txt", "".join(f"{sha}  {name}\n" for name, sha, _ in index))
    target.seek(0)
    return target


def _papers(territory: Territory) -> Iterator[Paper]:
    yield _roles(territory)
    yield _delegations(territory)
    lines = list(ledger.sealed_lines(territory))
    body = "".join(json.dumps(asdict(line), ensure_ascii=False) + "\n" for line in lines)
    yield Paper("registre-des-actes.jsonl", "Registre des actes, ligne à ligne", body.encode())
    yield _verification(lines)
    signed = proofs.signed_now(territory).as_json()
    yield Paper("empreinte-signee.json", "Où en est le registre, signé par la clé de l'instance", signed)
    for maker in _makers:
        yield from maker(territory)


def _day(moment: object) -> str:
    return timezone.localtime(moment).isoformat(timespec="minutes") if moment else ""  # type: ignore[arg-type]


def _roles(territory: Territory) -> Paper:
    named = resources.labels(territory)
    rows = (
        Membership.objects.of(territory)
        .select_related("person", "replaces")
        .order_by("person__name", "since")
    )
    return table(
        "roles.csv",
        "Qui a, ou a eu, quel rôle, de quand à quand",
        [
            "personne",
            "rôle",
            "limité à",
            "depuis",
            "jusqu'à",
            "suspendu le",
            "invité, pas encore accepté depuis le",
            "acte",
            "date de l'acte",
            "remplace",
        ],
        (
            [
                str(row.person),
                ROLES.get(row.role, row.role),
                named.get(row.resource, row.resource),
                _day(row.since),
                _day(row.until),
                _day(row.suspended_at),
                _day(row.waiting_since),
                row.legal_act_reference,
                row.legal_act_date.isoformat() if row.legal_act_date else "",
                str(row.replaces or ""),
            ]
            for row in rows
        ),
    )


def _delegations(territory: Territory) -> Paper:
    rows = Delegation.objects.of(territory).select_related("delegator", "delegate").order_by("since")
    return table(
        "delegations.csv",
        "Délégations données par les élus, avec leur acte",
        ["de", "à", "objet", "acte", "date de l'acte", "depuis", "jusqu'à", "révoquée le"],
        (
            [
                str(row.delegator),
                str(row.delegate),
                row.object,
                row.legal_act_reference,
                row.legal_act_date.isoformat(),
                _day(row.since),
                _day(row.until),
                _day(row.revoked_at),
            ]
            for row in rows
        ),
    )


def _verification(lines: list[chain.Line]) -> Paper:
    """What recomputing the chain gave, at the moment of the pack."""
    result = chain.verify(lines)
    report = {
        "lignes": result.size,
        "intact": result.ok,
        "première ligne changée": result.first_bad,
        "empreinte (arbre de Merkle, RFC 9162)": result.root,
        "dernière ligne": lines[-1].hash if lines else None,
        "vérifié le": timezone.localtime().isoformat(timespec="seconds"),
        "avec": f"Beffroi {beffroi.__version__}",
    }
    text = json.dumps(report, ensure_ascii=False, indent=1)
    return Paper("verification-du-registre.json", "Vérification du registre des actes", text.encode())


def _read_me(territory: Territory, person: Person, index: list[tuple[str, str, str]]) -> str:
    invented = "VILLE FICTIVE : données simulées.\n" if territory.is_fictional else ""
    files = "\n".join(f"- {name} : {title}." for name, _, title in index)
    return (
        f"Dossier de preuves de {territory.name}\n{invented}"
        f"Remis le {timezone.localtime():%d/%m/%Y à %H h %M} à {person}. Cette remise est inscrite au registre des actes.\n\n"
        f"{files}\n\n"
        "Vérifier le registre sans Beffroi en service : beffroi ledger verify registre-des-actes.jsonl\n"
        "Vérifier les fichiers : sha256sum -c empreintes-sha256.txt\n"
    )
