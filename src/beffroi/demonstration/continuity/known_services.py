"""Services of the invented seat and commune, and the consequences of their outage: invented, plausible, the same at each making.

In: nothing. Out: rows of the register, grids of answers. Pure.
"""

from dataclasses import dataclass
from typing import Any, Final

from beffroi.web.continuity.essential_services.impact import DURATIONS, FAMILIES, HOURS, UNBEARABLE

from ..life import EXAMPLE

NEVER: Final = len(DURATIONS)


@dataclass(frozen=True)
class KnownService:
    """One service. `leads`: families that become unbearable first, at the duration of rank `tips`; `hours`: bearable outage."""

    name: str
    what: str
    tips: int
    hours: float
    leads: str
    critical: str = ""
    serves: str = "residents"
    cost: tuple[int, int] | None = None

    @property
    def row(self) -> dict[str, Any]:
        row = {"name": self.name, "what": f"{self.what} (exemple inventé)", "serves": self.serves}
        return row | ({"critical_days": self.critical} if self.critical else {})

    @property
    def answers(self) -> dict[str, Any]:
        """Every cell, then the bearable outage and what a week costs."""
        leads = self.leads.split()
        found: dict[str, Any] = {}
        for rank, family in enumerate(FAMILIES):
            behind = 0 if family in leads else 1 + (rank + len(self.name)) % 2
            for at, duration in enumerate(DURATIONS):
                level = UNBEARABLE - max(0, self.tips - at) - (behind if at <= self.tips else behind - 1)
                found[f"{family}_{duration.key}"] = str(max(0, min(UNBEARABLE, level)))
        found[HOURS] = self.hours
        if self.cost is not None:
            found |= {
                "cost_low": self.cost[0],
                "cost_high": self.cost[1],
                "cost_source": f"{EXAMPLE} : estimation inventée",
            }
        return found


SEAT: Final = (
    KnownService("Astreinte et alerte de la population", "Alerter, mobiliser l'astreinte", 0, 1, "people services", "Chaque nuit", "both"),
    KnownService("Eau potable", "Produire, distribuer, surveiller la qualité", 1, 4, "people services", "Une pollution, une coupure", cost=(18000, 40000)),
    KnownService("Assainissement", "Postes de relevage, stations", 1, 8, "people legal", "Un orage", cost=(6000, 15000)),
    KnownService("Standard téléphonique", "Répondre et orienter", 1, 4, "services", "Les jours ouvrés", "both"),
    KnownService("Cantine", "Repas des écoles de l'agglomération", 1, 4, "people services", "Chaque midi d'école", cost=(9000, 14000)),
    KnownService("Portage de repas", "Repas à domicile des personnes âgées", 1, 8, "people", "Chaque matin"),
    KnownService("Petite enfance", "Quatre crèches et le relais", 1, 8, "people services", "Chaque jour d'ouverture"),
    KnownService("Accueil périscolaire et de loisirs", "Matin, soir et mercredi", 1, 12, "people", "Chaque jour d'école"),
    KnownService("Collecte des déchets", "Tournées, plannings, incidents", 2, 48, "people image", "Les jours de tournée", cost=(12000, 20000)),
    KnownService("Déchèteries", "Accueil, contrôle d'accès", 3, 168, "services", cost=(1500, 3000)),
    KnownService("Transport scolaire", "Circuits, ayants droit", 1, 12, "people services", "La rentrée"),
    KnownService("Transports urbains", "Réseau de bus, information des voyageurs", 2, 24, "services image"),
    KnownService("Voirie et viabilité hivernale", "Interventions, déneigement", 1, 8, "people legal", "Neige et verglas"),
    KnownService("Éclairage public", "Pannes et horaires", 3, 168, "people image"),
    KnownService("Gestion des crues", "Capteurs, vannes, bulletins", 0, 2, "people legal", "Vigilance orange", "both"),
    KnownService("Piscine", "Accueil, caisse, qualité de l'eau", 2, 72, "services money", cost=(4000, 7000)),
    KnownService("Médiathèques", "Prêts, accès publics", 4, 720, "services"),
    KnownService("Conservatoire", "Inscriptions, cours", 4, 720, "services"),
    KnownService("Aide sociale et CCAS", "Aides d'urgence, suivi des personnes isolées", 2, 24, "people legal", "Grand froid"),
    KnownService("Logement d'urgence", "Places et orientations", 1, 8, "people"),
    KnownService("Urbanisme", "Instruction des permis des communes", 3, 168, "legal", "La fin d'un délai"),
    KnownService("Cadastre et cartographie", "Plans, réseaux enterrés, DT-DICT", 3, 120, "data legal"),
    KnownService("Développement économique", "Zones d'activité, aides", 4, 720, "image"),
    KnownService("Tourisme", "Taxe de séjour, office", 4, 720, "money image"),
    KnownService("Paie des agents", "Paie, indemnités, déclarations", 2, 72, "internal legal", "Du 10 au 20 du mois", "staff", (2000, 6000)),
    KnownService("Ressources humaines", "Contrats, congés, carrières", 3, 168, "internal", serves="staff"),
    KnownService("Mandats et titres", "Payer les fournisseurs, émettre les titres", 3, 168, "money legal", "La clôture", "both", (3000, 9000)),
    KnownService("Facturation de l'eau", "Relevés, factures, encaissements", 4, 720, "money", "La relève", cost=(20000, 55000)),
    KnownService("Marchés publics", "Consultations, offres reçues", 2, 48, "legal", "L'heure limite des offres", "both"),
    KnownService("Actes et préfecture", "Actes transmis au contrôle de légalité", 3, 168, "legal", serves="both"),
    KnownService("Conseil communautaire", "Convocations, délibérations", 3, 120, "legal", "Cinq jours francs avant la séance", "both"),
    KnownService("Courrier et messagerie", "Courrier, messages, agendas", 2, 24, "internal services", serves="both"),
    KnownService("Site internet et démarches", "Informer, recevoir les demandes", 2, 48, "services image"),
    KnownService("Parc automobile", "Véhicules, carburant", 3, 168, "internal", serves="staff"),
    KnownService("Bâtiments et énergie", "Chauffage, contrôles d'accès", 2, 48, "people", "Grand froid", "both"),
    KnownService("Informatique des communes", "Postes et logiciels de douze mairies", 2, 24, "services data", serves="staff"),
    KnownService("Protection des données", "Registre, demandes des personnes", 3, 168, "legal data", serves="both"),
    KnownService("Archives", "Dossiers communicables", 4, 720, "data", serves="both"),
    KnownService("Accueil des gens du voyage", "Aires, séjours", 3, 168, "people services"),
    KnownService("Crématorium et cimetière", "Réservations, concessions", 2, 48, "people image", "Chaque jour ouvré"),
)  # fmt: skip

COMMUNE: Final = {
    "Accueil": (2, 24, "services"),
    "État civil": (1, 8, "legal services"),
    "Cimetière": (2, 48, "people"),
    "Élections": (3, 168, "legal"),
    "Cantine": (1, 4, "people services"),
    "Périscolaire": (1, 8, "people"),
    "Petite enfance": (2, 24, "people"),
    "Action sociale": (2, 48, "people"),
    "Urbanisme": (3, 168, "legal"),
    "Eau": (1, 8, "people services"),
    "Police municipale": (2, 48, "people"),
    "Conseil municipal": (3, 120, "legal"),
    "Paie": (3, 168, "internal legal"),
    "Mandats et factures": (3, 168, "money"),
    "Courrier et messagerie": (2, 24, "internal services"),
    "Site internet": (3, 168, "image"),
}
"""By name of a service that Beffroi proposes: rank of the duration that tips, bearable hours, families that lead."""
