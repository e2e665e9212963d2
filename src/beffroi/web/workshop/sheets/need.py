"""The first question of any project: is an AI needed at all? Asked before anything is bought or switched on."""

from .model import Answers, Fault, Part, Question, Sheet

NEEDED, NOT_NEEDED = "ai", "without"


def _also(answers: Answers) -> list[Fault]:
    faults = []
    if answers["indicator_target"] == answers["indicator_today"]:
        faults.append(
            Fault("indicator_target", "L'objectif est égal à la valeur d'aujourd'hui : rien ne serait mieux.")
        )
    return faults


NEED = Sheet(
    kind="need",
    title="A-t-on vraiment besoin d'une IA ?",
    lead="Ces réponses viennent avant le reste. Si une solution sans IA suffit, c'est une bonne nouvelle : on s'arrête là.",
    source="Référentiel général pour l'IA frugale (Afnor Spec 2314, 2024) et rapport « Tendances 2024 » de l'Observatoire Data Publica",
    parts=(
        Part(
            "Le service rendu",
            (
                Question(
                    "problem",
                    "Quel problème voulez-vous résoudre, et pour qui ?",
                    "Parlez du service, pas de l'outil. Exemple : « 8 % des repas préparés sont jetés chaque jour ».",
                    least=20,
                ),
                Question(
                    "benefit",
                    "Qu'est-ce qui ira mieux pour les habitants ou les agents ?",
                    "Le service rendu d'abord. Exemple : « aucun enfant sans repas, et moins de restes à jeter ».",
                    least=20,
                ),
                Question(
                    "savings",
                    "Quelles économies, s'il y en a ?",
                    "Facultatif : une économie seule n'est pas une raison suffisante.",
                    required=False,
                ),
                Question(
                    "losers",
                    "Qui pourrait y perdre, et comment l'éviter ?",
                    "Pensez aux agents, aux personnes sans internet, aux quartiers peu représentés dans les données.",
                    least=10,
                ),
            ),
        ),
        Part(
            "L'objectif, écrit avant de commencer",
            (
                Question(
                    "indicator",
                    "Quel chiffre dira si le service va mieux ?",
                    "Un seul, que vous savez déjà compter. Exemple : « part des repas jetés ».",
                    "line",
                    least=5,
                ),
                Question("indicator_unit", "En quelle unité ?", "Exemple : « % des repas ».", "line"),
                Question(
                    "indicator_today",
                    "Sa valeur aujourd'hui",
                    "Comptée chez vous, avant tout essai.",
                    "number",
                ),
                Question(
                    "indicator_source",
                    "D'où vient cette valeur ?",
                    "Base, période et source. Exemple : « 14 écoles, année 2025-2026, relevé des cuisines ».",
                    "line",
                    least=10,
                ),
                Question("indicator_target", "Valeur visée", "Une valeur prudente.", "number"),
                Question("indicator_by", "Pour quand ?", "Le jour où vous comparerez.", "date"),
            ),
        ),
        Part(
            "Avec ou sans IA",
            (
                Question(
                    "without",
                    "Que peut-on faire sans IA ?",
                    "Une règle, un tableur, une autre organisation, une formation. Une façon par ligne.",
                    "lines",
                    least=1,
                ),
                Question(
                    "without_limit",
                    "Pourquoi cela suffit-il, ou ne suffit-il pas ?",
                    "Appuyez-vous sur un résultat compté, pas sur une impression.",
                    least=20,
                ),
                Question(
                    "smaller",
                    "Quels modèles plus petits ont été envisagés ?",
                    "Un petit modèle suffit souvent. Si vous en prenez un grand, dites pourquoi.",
                    least=10,
                ),
                Question(
                    "worth",
                    "Pourquoi ces données valent-elles la peine d'être recueillies ?",
                    "Pas de donnée à tout prix : dites ce que chacune apporte.",
                    least=20,
                ),
                Question(
                    "conclusion",
                    "Votre conclusion",
                    "Si vous hésitez, choisissez la solution sans IA : vous pourrez reprendre plus tard.",
                    "choice",
                    ((NEEDED, "une IA est nécessaire"), (NOT_NEEDED, "une solution sans IA suffit")),
                ),
            ),
        ),
    ),
    also=_also,
)
