"""The sandbox and the review: a trial with dates and volunteers, then a look at real use at fixed dates."""

from datetime import date, timedelta

from django.utils import timezone

from .model import YES_NO, Answers, Fault, Part, Question, Sheet

LONGEST_DAYS = 366  # a trial of more than twelve months is no longer a trial
USUAL_DAYS = 180  # six months: shorter ones say why
LONGEST_BETWEEN_REVIEWS = 366


def _sandbox(answers: Answers) -> list[Fault]:
    start, end = date.fromisoformat(answers["starts_on"]), date.fromisoformat(answers["ends_on"])
    days = (end - start).days
    if end > timezone.localdate() + timedelta(days=LONGEST_DAYS):
        return [
            Fault(
                "ends_on",
                "Le bac à sable s'ouvre le jour de la décision et dure douze mois au plus : choisissez un dernier jour "
                "plus proche, ou répondez plus tard.",
            )
        ]
    if days <= 0:
        return [Fault("ends_on", "L'essai finit avant de commencer : corrigez une des deux dates.")]
    if days > LONGEST_DAYS:
        return [
            Fault(
                "ends_on",
                "Un essai dure douze mois au plus. Il pourra être prolongé, par une nouvelle décision.",
            )
        ]
    if days < USUAL_DAYS and not answers.get("short_why"):
        return [
            Fault(
                "short_why",
                f"L'essai dure {days} jours, moins que les six mois habituels : dites pourquoi cela suffit.",
            )
        ]
    return []


SANDBOX = Sheet(
    kind="sandbox",
    title="Le bac à sable",
    lead="Un essai à petite échelle, avec des volontaires et une date de fin. À la fin, il s'arrête tout seul : une personne "
    "décide ensuite de continuer ou non.",
    source="Rapport « Tendances 2024 » de l'Observatoire Data Publica : bac à sable de six à douze mois avec des volontaires",
    parts=(
        Part(
            "Quand et avec qui",
            (
                Question("starts_on", "Premier jour", "Le jour où les volontaires commencent.", "date"),
                Question("ends_on", "Dernier jour", "De six à douze mois après, en général.", "date"),
                Question(
                    "short_why",
                    "Si l'essai dure moins de six mois, pourquoi cela suffit",
                    "Exemple : « la saison de chauffe dure quatre mois ».",
                    required=False,
                    least=10,
                ),
                Question(
                    "volunteers",
                    "Volontaires",
                    "Un service ou un site par ligne, avec le jour de son accord. Exemple : « Cantine Jean-Moulin, "
                    "accord du 12/10/2026 ». Des fonctions, pas des noms.",
                    "lines",
                    least=1,
                ),
                Question(
                    "informed",
                    "Comment les personnes concernées sont-elles informées ?",
                    "Affiche, courrier, réunion, et le jour.",
                    least=10,
                ),
            ),
        ),
        Part(
            "Comment on saura",
            (
                Question(
                    "criterion",
                    "À quoi verrez-vous que l'essai réussit ?",
                    "Le chiffre écrit dans le besoin, et le seuil. Exemple : « moins de 6 % de repas jetés, sans manque ».",
                    least=15,
                ),
                Question(
                    "stop_when",
                    "Qu'est-ce qui vous ferait arrêter avant la fin ?",
                    "Exemple : « trois jours de repas manquants dans la même école ».",
                    least=15,
                ),
                Question(
                    "fallback",
                    "Comment travaille-t-on si le système est arrêté demain ?",
                    "La façon de faire d'avant, et qui la connaît encore.",
                    least=10,
                ),
            ),
        ),
    ),
    also=_sandbox,
)

GO_ON, STOP = "go_on", "stop"

TRIAL = Sheet(
    kind="trial",
    title="Le bilan de l'essai",
    lead="L'essai avait un critère de réussite et des raisons de s'arrêter, écrits avant de commencer. Dites ce qu'il en est : la "
    "personne qui décide de la suite vous lira.",
    source="Rapport « Tendances 2024 » de l'Observatoire Data Publica : bac à sable, puis décision de continuer ou d'arrêter",
    parts=(
        Part(
            "Ce que l'essai a montré",
            (
                Question(
                    "found",
                    "Qu'avez-vous constaté, en chiffres ?",
                    "Le chiffre du critère, sur quelle période et combien de cas. Exemple : « 5,4 % de repas jetés, du "
                    "12 octobre au 4 avril, 3 écoles ».",
                    least=20,
                ),
                Question(
                    "reached",
                    "Le critère de réussite est-il atteint ?",
                    "Celui qui était écrit avant l'essai, rappelé à côté.",
                    "choice",
                    YES_NO,
                ),
                Question(
                    "stop_met",
                    "Ce qui devait faire arrêter s'est-il produit ?",
                    "Rappelé à côté.",
                    "choice",
                    YES_NO,
                ),
                Question(
                    "volunteers_say",
                    "Qu'en disent les volontaires ?",
                    "Ceux qui s'en sont servis, et ceux qui ne s'en servent plus.",
                    least=10,
                ),
            ),
        ),
        Part(
            "Conclusion",
            (
                Question(
                    "conclusion",
                    "Votre conclusion",
                    "Vous proposez ; la personne qui décide tranche.",
                    "choice",
                    ((GO_ON, "continuer"), (STOP, "arrêter")),
                ),
            ),
        ),
    ),
)


def _review(answers: Answers) -> list[Fault]:
    faults = []
    review_day = date.fromisoformat(answers["held_on"])
    gap = (date.fromisoformat(answers["next_on"]) - review_day).days
    if review_day > timezone.localdate():
        faults.append(
            Fault("held_on", "La revue se raconte une fois tenue : ce jour n'est pas encore passé.")
        )
    if not 0 < gap <= LONGEST_BETWEEN_REVIEWS:
        faults.append(Fault("next_on", "La prochaine revue a lieu dans les douze mois qui suivent celle-ci."))
    return faults


REVIEW = Sheet(
    kind="review",
    title="La revue de l'usage réel",
    lead="Les chiffres sont donnés par la page du service. Dites ce qu'ils veulent dire, et concluez.",
    source="Référentiel général pour l'IA frugale (Afnor Spec 2314, 2024) : évaluer l'usage réel",
    parts=(
        Part(
            "Ce que l'on constate",
            (
                Question("held_on", "Jour de la revue", "Le jour de la réunion.", "date"),
                Question("present", "Qui était là ?", "Des fonctions, une par ligne.", "lines", least=2),
                Question(
                    "use",
                    "Le système est-il vraiment utilisé ?",
                    "Par qui, combien de fois, et ce que les agents en disent.",
                    least=20,
                ),
                Question(
                    "indicator_now",
                    "Où en est le chiffre écrit dans le besoin ?",
                    "Sa valeur d'aujourd'hui, comptée de la même façon qu'au départ.",
                    "number",
                ),
                Question(
                    "overrides",
                    "Que disent les propositions changées ou refusées ?",
                    "Une erreur qui revient, une information qui manque au système…",
                    least=10,
                ),
                Question(
                    "complaints",
                    "Quelles contestations, quelles corrections ?",
                    "« Aucune » est une réponse.",
                    least=3,
                ),
                Question(
                    "footprint",
                    "L'empreinte reste-t-elle justifiée par le service rendu ?",
                    "Comparez ce que le service évite et ce qu'il consomme.",
                    least=10,
                ),
            ),
        ),
        Part(
            "Conclusion",
            (
                Question(
                    "worth_it",
                    "Le service rendu est-il démontré ?",
                    "Répondez « non » si le chiffre n'a pas bougé.",
                    "choice",
                    YES_NO,
                ),
                Question(
                    "conclusion",
                    "Votre conclusion",
                    "Un système sans bénéfice s'arrête.",
                    "choice",
                    ((GO_ON, "continuer"), (STOP, "arrêter")),
                ),
                Question("next_on", "Prochaine revue", "Dans les douze mois.", "date"),
            ),
        ),
    ),
    also=_review,
)
