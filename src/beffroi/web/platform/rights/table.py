"""Permission table: acts, roles, the roles that each act is granted to, and the limits and incompatibilities of roles.

An act that is not granted here is refused. `docs/rights.md` and the page « Qui peut faire quoi » show this table; a test keeps
them in step.
"""

from dataclasses import dataclass

ACTS: dict[str, str] = {
    "territory.enter": "entrer dans l'espace du territoire",
    "dataset.read": "consulter le catalogue et les données ordinaires",
    "dataset.read_personal": "consulter les données personnelles, pour une finalité inscrite au registre",
    "dataset.deposit": "déposer un fichier, annuler sa propre livraison",
    "dataset.manage": "corriger la fiche d'un jeu, annuler une livraison",
    "dataset.publish": "publier un jeu en données ouvertes, demander la publication d'un jeu de données personnelles",
    "publication.advise": "donner l'avis du délégué sur la publication de données personnelles",
    "publication.decide": "décider de la publication de données personnelles, au nom du responsable de traitement",
    "source.read": "consulter les sources, leur fraîcheur et les livraisons en retard",
    "source.manage": "ajouter, régler, relever et supprimer une source",
    "processing.read": "consulter le registre des traitements",
    "board.read": "consulter les tableaux de bord",
    "board.comment": "commenter un tableau de bord",
    "recipe.edit": "écrire des analyses",
    "recipe.validate": "valider la définition d'une analyse qu'une autre personne a écrite",
    "system.read": "consulter les services d'IA",
    "system.bind": "relier un service d'IA aux données et l'exécuter",
    "proposal.read": "consulter les propositions",
    "draft.write": "choisir et réécrire un brouillon de réponse",
    "system.decide": "décider qu'un service d'IA entre en essai ou en production, et de la suite",
    "system.stop": "arrêter un service d'IA",
    "legal.answer": "répondre aux questions de droit sur un service d'IA",
    "committee.manage": "composer le comité d'éthique, tenir ses séances, publier ses avis",
    "opinion.record": "rendre un avis, qui n'engage pas la décision",
    "recommendation.manage": "inscrire les recommandations des citoyens et y répondre",
    "report.publish": "publier le rapport annuel sur l'IA",
    "guide.read": "consulter les questionnaires, les registres et les plans",
    "guide.answer": "répondre à un questionnaire, tenir un registre, suivre un plan",
    "guide.accept": "accepter une étape d'un plan, arbitrer ses actions",
    "cyber.read": "consulter la sécurité informatique : parcours, inventaire, incidents",
    "cyber.answer": "suivre le parcours de sécurité, tenir l'inventaire, conduire un incident",
    "cyber.accept": "accepter une étape de sécurité, arbitrer la feuille de route, accepter un risque",
    "continuity.read": "consulter la continuité : services essentiels, fiches, crise",
    "continuity.answer": "préparer le mode dégradé, tenir le journal de crise, ressaisir",
    "continuity.approve": "approuver la fiche d'un service en mode dégradé",
    "continuity.publish": "publier la page des habitants, comme porte-parole",
    "continuity.bill": "préparer et contrôler les états de facturation",
    "continuity.accept": "valider les conséquences et signer les plans de reprise et de continuité",
    "decision.record": "décider : accepter, modifier, refuser une proposition",
    "decision.second_read": "relire une décision défavorable qu'une autre personne a préparée",
    "contestation.read": "consulter les contestations des personnes concernées",
    "contestation.answer": "répondre à une contestation, corriger le cas et le système",
    "usage.read": "consulter l'usage des propositions, en chiffres d'ensemble",
    "usage.manage": "inscrire l'information et la consultation du personnel sur ces chiffres",
    "offence.read": "consulter les données d'infractions",
    "offence.confirm": "confirmer ou écarter une infraction signalée par un système",
    "ledger.read": "consulter et vérifier le registre des actes",
    "ledger.erase_detail": "effacer le détail d'une ligne du registre (RGPD)",
    "member.read": "consulter les personnes, leurs rôles et leurs délégations",
    "member.invite": "inviter, changer les rôles, remplacer, faire partir",
    "delegation.manage": "inscrire et révoquer une délégation",
    "person.suspend": "suspendre et rétablir les accès d'une personne",
    "session.read": "consulter les connexions et leurs échecs",
    "session.end": "fermer les sessions d'un membre",
    "provider.manage": "régler la connexion : fournisseurs d'identité",
    "evidence.export": "emporter le dossier de preuves",
    "territory.export": "sauvegarder et exporter",
    "territory.settings": "régler la collectivité : coordonnées, compétences, salles et services ouverts",
}

# Acts of the host, held apart: they open the host's pages, never the data of a territory.
HOST_ACTS: dict[str, str] = {
    "host.enter": "voir les territoires hébergés",
    "host.found": "ajouter un territoire",
    "host.settings": "régler l'hébergement : actes, salles, suspension",
    "host.backup": "télécharger une sauvegarde",
    "host.propose": "proposer un questionnaire, un registre, un rappel ou un courrier à des collectivités",
}

ROLES: dict[str, str] = {
    "administrator": "administrateur",
    "agent": "agent",
    "steward": "référent de jeux de données",
    "data_officer": "gestionnaire des données",
    "dpo": "délégué à la protection des données",
    "security_officer": "responsable de la sécurité (RSSI)",
    "supervisor": "superviseur de services d'IA",
    "authorised_agent": "agent habilité (infractions)",
    "decider": "décideur (élu ou délégué)",
    "committee_member": "membre du comité",
    "auditor": "auditeur",
    "host_operator": "exploitant de l'hébergement",
    "partner": "partenaire",
    "citizen": "citoyen, sans compte",
    "service": "compte de service",
}

# Each act, and every role to which it is given: what is not written here is refused.
_GRANTED_ROLES: dict[str, str] = {
    "territory.enter": "administrator agent steward data_officer dpo security_officer supervisor authorised_agent "
    "decider committee_member auditor partner service",
    "dataset.read": "administrator agent steward data_officer dpo supervisor decider committee_member auditor service",
    "dataset.read_personal": "steward data_officer",
    "dataset.deposit": "administrator agent steward data_officer service",
    "dataset.manage": "administrator steward data_officer",
    "dataset.publish": "steward data_officer",
    "publication.advise": "dpo",
    # The controller is the authority: its elected head, or who holds their delegation, decides.
    "publication.decide": "decider",
    "source.read": "administrator agent steward data_officer dpo auditor service",
    # What a source reads enters without anyone at hand: whoever adds one answers for the whole catalogue.
    "source.manage": "administrator data_officer",
    "processing.read": "administrator steward data_officer dpo auditor",
    "board.read": "administrator agent steward data_officer dpo supervisor decider committee_member auditor service",
    "board.comment": "administrator agent steward data_officer dpo supervisor decider committee_member",
    "recipe.edit": "administrator agent steward data_officer supervisor",
    "recipe.validate": "administrator steward data_officer supervisor",
    "system.read": "administrator agent steward data_officer dpo supervisor decider committee_member auditor service",
    "system.bind": "administrator data_officer supervisor",
    # Who prepares does not open the gate: the elected person, or who holds their delegation, does.
    "system.decide": "decider",
    "system.stop": "administrator data_officer security_officer supervisor decider",
    "legal.answer": "administrator data_officer dpo",
    "committee.manage": "administrator data_officer",
    "recommendation.manage": "administrator data_officer decider",
    "report.publish": "administrator data_officer",
    "guide.read": "administrator agent steward data_officer dpo security_officer supervisor decider auditor",
    "guide.answer": "administrator agent steward data_officer dpo security_officer",
    "guide.accept": "decider",
    # What is weak in a town is for those who mend it, decide on it or check it.
    "cyber.read": "administrator security_officer dpo decider auditor",
    # The elected person may be alone when it happens: an incident is opened without waiting for anybody.
    "cyber.answer": "administrator security_officer decider",
    "cyber.accept": "decider",
    # Whoever serves residents serves them on paper too: every agent reads the sheets and fills them in.
    "continuity.read": "administrator agent steward data_officer dpo security_officer supervisor decider auditor",
    "continuity.answer": "administrator agent steward data_officer security_officer decider",
    "continuity.approve": "administrator security_officer decider",
    "continuity.publish": "administrator decider",
    # Names, addresses, quotients: for who invoices, and who checks.
    "continuity.bill": "administrator data_officer decider",
    "continuity.accept": "decider",
    "proposal.read": "administrator agent steward data_officer dpo supervisor decider committee_member auditor",
    "draft.write": "agent data_officer supervisor decider",
    "opinion.record": "dpo committee_member",
    # Deciding is a person's trade, never the administrator's nor a service's.
    "decision.record": "decider",
    "decision.second_read": "decider supervisor",
    "contestation.read": "administrator data_officer dpo supervisor decider auditor",
    "contestation.answer": "administrator data_officer supervisor decider",
    "usage.read": "administrator data_officer dpo supervisor decider committee_member auditor",
    "usage.manage": "administrator",
    "offence.read": "authorised_agent",
    "offence.confirm": "authorised_agent",
    "ledger.read": "administrator agent steward data_officer dpo security_officer supervisor decider "
    "committee_member auditor",
    "ledger.erase_detail": "data_officer",
    "member.read": "administrator dpo security_officer auditor",
    "member.invite": "administrator",
    "delegation.manage": "administrator",
    "person.suspend": "administrator security_officer",
    "session.read": "administrator security_officer",
    "session.end": "administrator security_officer",
    "provider.manage": "administrator",
    "evidence.export": "administrator auditor",
    "territory.export": "administrator",
    "territory.settings": "administrator",
}

RIGHTS: dict[str, frozenset[str]] = {
    role: frozenset(act for act, roles in _GRANTED_ROLES.items() if role in roles.split()) for role in ROLES
}


@dataclass(frozen=True)
class Bound:
    """A role whose named acts hold for named things only; `must` when it cannot be given without naming one."""

    noun: str
    acts: frozenset[str]
    must: bool


BOUND: dict[str, Bound] = {
    "steward": Bound(
        "dataset", frozenset({"dataset.manage", "dataset.publish", "dataset.read_personal"}), True
    ),
    "supervisor": Bound("system", frozenset({"system.bind", "system.stop"}), False),
}

# Roles that nobody is given in a territory: the host's own (its acts are `host.*`), and those who have no account.
NOT_ASSIGNABLE = frozenset({"host_operator", "citizen"})
# Roles that end: no one keeps them without a date.
DATED = frozenset({"partner"})
# Who advises or controls does not decide; a service account is nobody's second hat.
INCOMPATIBLE: tuple[tuple[str, str], ...] = (
    ("dpo", "decider"),
    ("dpo", "data_officer"),
    ("auditor", "decider"),
)
