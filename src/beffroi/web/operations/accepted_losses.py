"""What a loss that a person accepted takes with it, and what is to be done: told once, when it is accepted.

In: the findings that were accepted, in a home where `integrity.accept` did its work. Out: French sentences.
"""

from collections.abc import Collection

from beffroi.home import Home

from .integrity import Finding
from .keys import unreadable_secrets


def consequences(home: Home, accepted: Collection[Finding]) -> list[str]:
    """One sentence or more for each kind of thing that was accepted as lost."""
    keys = {each.key for each in accepted}
    told = []
    if f"key:{home.secret_key.name}" in keys:
        told += _of_secret_key(home)
    if f"key:{home.ledger_key.name}" in keys:
        told.append(
            f"{home.ledger_key.name} : une autre clé signe désormais les empreintes du registre, et rien ne la relie à celle "
            "d'avant. Donnez son empreinte (« beffroi key list ») à qui garde des empreintes, par un autre chemin que le site. "
            "Celles d'avant ne se vérifient plus qu'avec l'ancienne clé publique."
        )
    if any(key.startswith("ledger:") for key in keys):
        told.append(
            "Registre : il est désormais surveillé tel qu'il est, et ce qui a été changé le reste. Prévenez votre responsable de "
            "la sécurité, et gardez la dernière sauvegarde d'avant : elle montre ce qui a été changé."
        )
    if any(key.startswith(("file:", "table:")) for key in keys):
        told.append(
            "Données : les pages et les calculs qui ont besoin de ces fichiers échouent, en le disant. Déposez à nouveau ce qui "
            "peut l'être ; l'entretien continue sans eux."
        )
    if any(key.startswith("catalogue:") for key in keys):
        told.append(
            "Données : ce qui reste de ces dossiers est mis de côté, à côté d'eux, avec la date. Déposez à nouveau les jeux, ou "
            "reprenez-les dans une sauvegarde restaurée ailleurs."
        )
    return told


def _of_secret_key(home: Home) -> list[str]:
    lost = unreadable_secrets(home)
    told = [f"{home.secret_key.name} : chacun se reconnecte."]
    if lost.of_things:
        told.append(f"Secrets à saisir à nouveau : {' ; '.join(lost.of_things)}.")
    if lost.of_people:
        told.append(
            f"Seconds facteurs perdus : {', '.join(lost.of_people)}. Rendez à chacun son compte, une fois reconnu : « beffroi "
            'signin ADRESSE --anew --recognised "…" ».'
        )
    if not (lost.of_things or lost.of_people):
        told.append(
            "Elle ne scellait ni secret de source, ni secret de connexion, ni second facteur : rien n'est à refaire."
        )
    return told
