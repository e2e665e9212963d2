"""Applications of the invented seat: two contradictions in their restart order, a service that waits too long and a circle."""

from typing import Any, Final

from ..life import EXAMPLE

_PROVIDER: Final = "Infogérance inventée"
_APPLICATIONS: Final = (
    # name, kind, services, needs, hours, bearable loss in hours
    ("Électricité et onduleurs", "other", "", "", 0.5, None),
    ("Réseau et pare-feu", "network", "Standard téléphonique", "Électricité et onduleurs", 1, None),
    ("Accès à internet", "outside", "", "Réseau et pare-feu", 0.5, None),
    ("Serveurs de calcul", "server", "", "Réseau et pare-feu", 1, None),
    ("Annuaire et comptes", "application", "", "Serveurs de calcul ; Console de sauvegarde", 0.5, 24),
    ("Console de sauvegarde", "application", "", "Serveurs de calcul ; Annuaire et comptes", 0.5, 24),
    ("Serveur de fichiers", "server", "Archives ; Marchés publics ; Conseil communautaire", "Annuaire et comptes", 6, 24),
    ("Messagerie", "outside", "Courrier et messagerie", "Accès à internet ; Annuaire et comptes", 2, 4),
    ("Alerte téléphonique", "outside", "Astreinte et alerte de la population", "", 0.5, None),
    ("Télégestion de l'eau", "application", "Eau potable ; Assainissement", "Réseau et pare-feu", 1.5, 24),
    ("Capteurs de crue", "application", "Gestion des crues", "Accès à internet", 0, 24),
    ("Logiciel de l'enfance", "application", "Cantine ; Petite enfance ; Accueil périscolaire et de loisirs", "Base de données ; Annuaire et comptes", 2.5, 24),
    ("Base de données", "database", "", "Serveurs de calcul", 1.5, 12),
    ("Logiciel de paie", "application", "Paie des agents ; Ressources humaines", "Base de données ; Annuaire et comptes", 3, 24),
    ("Logiciel financier", "application", "Mandats et titres", "Base de données ; Annuaire et comptes", 4, 24),
    ("Facturation de l'eau (logiciel)", "application", "Facturation de l'eau", "Base de données", 6, 24),
    ("Cartographie", "application", "Cadastre et cartographie ; Urbanisme", "Base de données ; Serveur de fichiers", 5, 48),
    ("Portail des démarches", "outside", "Site internet et démarches", "Accès à internet", 2, 24),
)  # fmt: skip


def rows() -> list[dict[str, Any]]:
    """The rows of the register; people are functions, invented."""
    found = []
    for name, kind, services, needs, hours, loss in _APPLICATIONS:
        row: dict[str, Any] = {
            "name": name, "kind": kind, "services": services, "needs": needs, "restore_hours": hours,
            "place": "chez le fournisseur inventé" if kind == "outside" else "salle des serveurs (inventée)",
            "provider": _PROVIDER, "knows": "Administrateur systèmes (inventé)", "knows_too": _PROVIDER,
            "has_data": "yes" if loss is not None else "no",
            "how": f"{EXAMPLE} : suivre la fiche du classeur rouge, page {len(found) + 1}.",
            "access_paper": "enveloppe fermée, coffre du siège",
        }  # fmt: skip
        if loss is not None:
            row |= {"loss_hours": loss, "backup": "sauvegarde de nuit (inventée)"}
        found.append({key: value for key, value in row.items() if value != ""})
    return found
