"""Questionnaires on a supplier: what it must answer before a purchase, what a territory must know of what it depends on.

Whatever is answered is kept, « le fournisseur ne répond pas » too; `refusals` says which answers keep the gate shut.
"""

from django.utils import timezone

from .model import YES_NO, YES_NO_UNKNOWN, Answers, Fault, Part, Question, Sheet

# What an answer « le fournisseur ne répond pas » or « non » closes: without these one does not keep the upper hand.
MUST_BE_YES = {
    "verifiable": "vérifier le système par vous-même",
    "stoppable": "l'arrêter à tout moment",
    "exportable": "reprendre vos données",
}


def refusals(answers: Answers) -> list[str]:
    """Why these answers do not let the system in, in French."""
    found = [
        f"Vous ne pouvez pas {what} : ce service ne laisse pas la main à la collectivité. "
        "Demandez-le au fournisseur par écrit, ou choisissez un autre service."
        for key, what in MUST_BE_YES.items()
        if answers[key] != "yes"
    ]
    if answers["reuse"] != "no" and not answers.get("reuse_accepted"):
        found.append(
            "Vos données servent, ou pourraient servir, à entraîner les modèles du fournisseur : écrivez l'accord du "
            "délégué à la protection des données, ou faites-le exclure par le contrat."
        )
    return found


def _supplier(answers: Answers) -> list[Fault]:
    if answers["answered_on"] > timezone.localdate().isoformat():
        return [Fault("answered_on", "La réponse du fournisseur ne peut pas dater d'un jour à venir.")]
    return []


SUPPLIER = Sheet(
    kind="supplier",
    title="Questions au fournisseur",
    lead="À poser avant l'achat. Chaque réponse est gardée et marquée « déclaré par le fournisseur, non mesuré ».",
    source="Rapport « Tendances 2024 » de l'Observatoire Data Publica : savoir comment, par qui et avec quelles données",
    parts=(
        Part(
            "Comment et par qui",
            (
                Question(
                    "how",
                    "Comment fonctionne le système ?",
                    "Demandez des mots simples : ce qu'il reçoit, ce qu'il calcule, ce qu'il rend.",
                    least=30,
                ),
                Question(
                    "who",
                    "Qui l'a fait, et dans quels pays ?",
                    "L'entreprise, ses sous-traitants, l'origine du modèle.",
                    least=10,
                ),
                Question(
                    "labour",
                    "Dans quelles conditions les données ont-elles été étiquetées ?",
                    "Qui a fait ce travail, où, payé comment. « Ne répond pas » est une réponse à écrire.",
                    least=10,
                ),
            ),
        ),
        Part(
            "Avec quelles données",
            (
                Question(
                    "training",
                    "Quelles données ont servi à l'apprentissage ?",
                    "Origine, pays, langue, années, droits sur les œuvres et sur les données personnelles.",
                    least=20,
                ),
                Question(
                    "reuse",
                    "Vos données servent-elles à entraîner ses modèles ?",
                    "Si oui, c'est une autre finalité : votre délégué à la protection des données doit l'accepter.",
                    "choice",
                    YES_NO_UNKNOWN,
                ),
                Question(
                    "reuse_accepted",
                    "Si oui ou sans réponse, l'accord du délégué à la protection des données",
                    "Le jour et la référence de son avis écrit.",
                    required=False,
                    least=10,
                ),
                Question(
                    "bias",
                    "Quels écarts entre groupes ont été mesurés ?",
                    "Groupes comparés, résultat, ou pourquoi la mesure est impossible.",
                    least=10,
                ),
                Question(
                    "error",
                    "Quelle erreur annonce-t-il ?",
                    "Le chiffre, son unité, le nombre de cas, et comment il a été obtenu.",
                    least=10,
                ),
            ),
        ),
        Part(
            "Garder la main",
            (
                Question(
                    "verifiable",
                    "Pouvez-vous le vérifier vous-même, sur vos cas ?",
                    "Essai sur vos données, accès pour un auditeur, journaux lisibles.",
                    "choice",
                    YES_NO_UNKNOWN,
                ),
                Question(
                    "retrainable",
                    "Une erreur peut-elle être corrigée dans le système lui-même ?",
                    "Qui corrige, en combien de temps, à quel prix.",
                    least=10,
                ),
                Question(
                    "stoppable",
                    "Pouvez-vous l'arrêter à tout moment, sans son fournisseur ?",
                    "Un bouton, un contrat sans pénalité.",
                    "choice",
                    YES_NO_UNKNOWN,
                ),
                Question(
                    "exportable",
                    "Pouvez-vous reprendre vos données et vos réglages dans un format ouvert ?",
                    "Format, délai, coût.",
                    "choice",
                    YES_NO_UNKNOWN,
                ),
                Question(
                    "explained",
                    "Chaque résultat est-il expliqué en français ?",
                    "Ce que la personne concernée pourra comprendre et contester.",
                    least=10,
                ),
                Question(
                    "energy",
                    "Quelle énergie, quelle eau et quel carbone pour un an d'usage ?",
                    "Le chiffre et sa méthode. « Ne répond pas » est une réponse à écrire : l'empreinte sera « inconnue ».",
                    least=5,
                ),
                Question(
                    "certificate",
                    "Quel certificat ou quelle déclaration de conformité présente-t-il ?",
                    "Organisme, référence, date ; « aucun » sinon.",
                    "line",
                    least=5,
                ),
                Question(
                    "answered_by",
                    "Qui a répondu, chez le fournisseur ?",
                    "Nom ou fonction, et moyen.",
                    "line",
                    least=3,
                ),
                Question("answered_on", "Quand ?", "Le jour de la réponse écrite.", "date"),
            ),
        ),
    ),
    also=_supplier,
)


def _sovereignty(answers: Answers) -> list[Fault]:
    short = [
        line for line in answers["dependencies"] if len(line.split("|")) < 2 or not line.split("|")[1].strip()
    ]
    if short:
        return [
            Fault(
                "dependencies",
                f"« {short[0]} » n'a pas de solution de rechange. Écrivez « composant | rechange », "
                "même si la rechange est de revenir à la main.",
            )
        ]
    return []


SOVEREIGNTY = Sheet(
    kind="sovereignty",
    title="De quoi dépend-on ?",
    lead="Savoir avant d'acheter ce qui se passe si le modèle ferme, si son prix monte ou si le service s'arrête.",
    source="Rapport « Tendances 2024 » de l'Observatoire Data Publica : souveraineté des modèles et des données",
    parts=(
        Part(
            "Où",
            (
                Question(
                    "hosting",
                    "Où tourne le système, chez qui ?",
                    "Pays, hébergeur, qualification (SecNumCloud, HDS) s'il y en a une.",
                    least=5,
                ),
                Question(
                    "foreign_law",
                    "Une loi d'un pays hors de l'Union européenne peut-elle s'appliquer à vos données ?",
                    "Regardez la maison mère de l'hébergeur et de l'éditeur.",
                    "choice",
                    (*YES_NO, ("unknown", "on ne sait pas")),
                ),
                Question(
                    "offline",
                    "Que devient le service sans internet ?",
                    "Il continue, il s'arrête, on revient à la main.",
                    least=5,
                ),
            ),
        ),
        Part(
            "Et si",
            (
                Question(
                    "dependencies",
                    "Composants dont il dépend, et leur rechange",
                    "Une ligne chacun, sous la forme « composant | rechange ». Exemple : « modèle X | modèle libre Y, même format ».",
                    "lines",
                    least=1,
                ),
                Question(
                    "closes",
                    "Que faites-vous si le modèle ferme ou change de licence ?",
                    "Exemple : « la version de mars est gardée chez nous, avec une copie de sa licence ».",
                    least=15,
                ),
                Question(
                    "dearer",
                    "Que faites-vous si son prix double ?",
                    "Le prix d'aujourd'hui, ce que vous pouvez payer, et la sortie.",
                    least=15,
                ),
                Question(
                    "replace_days",
                    "Combien de jours pour le remplacer ?",
                    "Une estimation : données reprises, agents formés.",
                    "number",
                    low=0,
                    high=3650,
                ),
                Question(
                    "licence_copy",
                    "Où est la copie de la licence ou du contrat ?",
                    "Le dossier où un collègue la trouvera.",
                    "line",
                    least=5,
                ),
            ),
        ),
    ),
    also=_sovereignty,
)
