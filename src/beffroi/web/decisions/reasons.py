"""The usual reasons, offered to whoever decides; an unfavourable decision needs more than one of them."""

REASONS = {
    "Pour accepter": (
        "Cohérent avec ce que nous savons",
        "Vérifié auprès du service concerné",
    ),
    "Pour modifier": (
        "Une information récente n'est pas dans les données",
        "Marge de sécurité voulue",
    ),
    "Pour refuser": (
        "Données erronées ou incomplètes",
        "Nous nous organisons autrement ce jour-là",
    ),
}
USUAL = tuple(words for group in REASONS.values() for words in group)
