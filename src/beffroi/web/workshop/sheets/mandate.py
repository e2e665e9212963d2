"""What makes a system legitimate and what it costs: the act that allows it and its cost of a year, both printed on its public card."""

from .model import Part, Question, Sheet

MANDATE = Sheet(
    kind="mandate",
    title="La délibération et le coût",
    lead="Deux questions que tout habitant peut poser : qui a décidé de ce service, et combien coûte-t-il ? Les réponses paraissent "
    "sur la fiche publique et au registre.",
    source="code général des collectivités territoriales, article L2121-29 : le conseil règle par ses délibérations les affaires "
    "de la collectivité",
    parts=(
        Part(
            "Qui l'a décidé",
            (
                Question(
                    "act",
                    "Délibération ou décision qui autorise ce service",
                    "Sa référence. Exemple : « délibération n° 2026-041 du conseil municipal ».",
                    "line",
                    least=5,
                ),
                Question("act_on", "Date de cet acte", "Le jour du vote ou de la signature.", "date"),
            ),
        ),
        Part(
            "Ce qu'il coûte",
            (
                Question(
                    "cost",
                    "Coût d'une année, en euros",
                    "Tout compris : licence, hébergement, formation, temps des agents. 0 si rien n'est dépensé.",
                    "number",
                    low=0,
                    high=1e9,
                ),
                Question(
                    "cost_year", "Pour quelle année ?", "Exemple : 2026.", "number", low=2000, high=2100
                ),
                Question(
                    "cost_of",
                    "Ce que ce coût comprend",
                    "Exemple : « hébergement 300 €, deux jours de formation ».",
                    "line",
                    least=5,
                ),
            ),
        ),
    ),
)
