"""Losses that a person accepts: nothing stops for them any more, what is left is set aside, and they read what it takes with it.

In: a home and its findings. Out: those that cannot be accepted; French sentences that say what is lost and what is to be done.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from beffroi.home import Home
from beffroi.lake import catalogues, inventory
from beffroi.ledger.roots import ensure_key
from beffroi.web.platform.ledger import marks
from beffroi.web.platform.models import Territory
from beffroi.web.platform.postgresql.lakes import KINDS

from . import findings, integrity
from .finding import Finding
from .keys import unreadable_secrets


def accept(home: Home, found: Iterable[Finding]) -> list[Finding]:
    """Take these losses as known, for a person: nothing stops for them any more.

    When one of them cannot be, those are returned and nothing is done: an empty database would be made to be asked. A chain
    is marked anew where it stands; what it loses later is another finding, by its key.

    Nothing is deleted: a lake without its catalogue, or the files that an older one does not know, are set aside.
    """
    found = list(found)
    if refused := [
        each for each in found if each.key in ("database", "migrations") or each.is_of_the_machine
    ]:
        return refused
    taken = {each.key for each in found}
    _archive_marks(taken)
    identity = home.identity()
    keys = {name: due for name, due in identity.get("keys", {}).items() if f"key:{name}" not in taken}
    home.declare(**{integrity.ACCEPTED: sorted({*home.accepted_losses, *taken}), "keys": keys})
    home.ensure_secret()
    ensure_key(home.ledger_key)
    for folder in sorted(home.path.glob("territories/*/*")):
        name = folder.relative_to(home.path).as_posix()
        if folder.name not in KINDS or not any(f"{name}/" in key for key in taken):
            continue
        archived = folder.with_name(f"{folder.name}-{datetime.now(UTC):%Y%m%dT%H%M%S}")
        if not catalogues.has_catalogue(folder):
            folder.rename(archived)
        else:
            inventory.accept_current_files(folder, archived)
    integrity.record(home)
    # What its new mark finds in order is watched again; what the chain still lacks stays accepted.
    repaired = {key for key in taken if key.startswith("ledger:")} - {
        each.key for each in findings.of_chains(full=True)
    }
    home.declare(**{integrity.ACCEPTED: sorted(home.accepted_losses - repaired)})
    return []


def _archive_marks(taken: Collection[str]) -> None:
    """Put aside the marks of the chains among these findings: `record` marks them again."""
    for territory in (None, *Territory.objects.order_by("pk")):
        key = findings.key_of_chain(marks.chain_name(territory))
        if not any(each.startswith(key) for each in taken):
            continue
        for kind in (marks.CHAIN, marks.ROOTS):
            mark = marks.file_of(territory, kind)
            if mark.is_file():
                mark.rename(mark.with_name(f"{mark.name}-{datetime.now(UTC):%Y%m%dT%H%M%S}"))


def forget_repaired(home: Home, found: Iterable[Finding]) -> None:
    """What was accepted and is whole again is watched again."""
    known, there = home.accepted_losses, {each.key for each in found}
    if known - there:
        home.declare(**{integrity.ACCEPTED: sorted(known & there)})


def consequences(home: Home, accepted: Collection[Finding]) -> list[str]:
    """One sentence or more for each kind of thing that was accepted as lost."""
    keys = {each.key for each in accepted}
    messages = []
    if f"key:{home.secret_key.name}" in keys:
        messages += _of_secret_key(home)
    if f"key:{home.ledger_key.name}" in keys:
        messages.append(
            f"{home.ledger_key.name} : une autre clé signe désormais les empreintes du registre, et rien ne la relie à celle "
            "d'avant. Donnez son empreinte (« beffroi key list ») à qui garde des empreintes, par un autre chemin que le site. "
            "Celles d'avant ne se vérifient plus qu'avec l'ancienne clé publique."
        )
    if any(key.startswith("ledger:") for key in keys):
        messages.append(
            "Registre : il est désormais surveillé tel qu'il est, et ce qui a été changé le reste. Prévenez votre responsable de "
            "la sécurité, et gardez la dernière sauvegarde d'avant : elle montre ce qui a été changé."
        )
    if any(key.startswith(("file:", "table:", "rows:")) for key in keys):
        messages.append(
            "Données : les pages et les calculs qui ont besoin de ces fichiers échouent, en le disant. Déposez à nouveau ce qui "
            "peut l'être ; l'entretien continue sans eux."
        )
    if any(key.startswith("catalogue:") for key in keys):
        messages.append(
            "Données : ce qui reste de ces dossiers est mis de côté, à côté d'eux, avec la date. Déposez à nouveau les jeux, ou "
            "reprenez-les dans une sauvegarde restaurée ailleurs."
        )
    return messages


def _of_secret_key(home: Home) -> list[str]:
    lost = unreadable_secrets(home)
    messages = [f"{home.secret_key.name} : chacun se reconnecte."]
    if lost.holders:
        messages.append(f"Secrets à saisir à nouveau : {' ; '.join(lost.holders)}.")
    if lost.of_people:
        messages.append(
            f"Seconds facteurs perdus : {', '.join(lost.of_people)}. Rendez à chacun son compte, une fois reconnu : « beffroi "
            'signin ADRESSE --anew --recognised "…" ».'
        )
    if not (lost.holders or lost.of_people):
        messages.append(
            "Elle ne scellait ni secret de source, ni secret de connexion, ni second facteur : rien n'est à refaire."
        )
    return messages
