"""The usual reasons, offered to whoever decides, by what is decided; an unfavourable decision needs more than one of them.

They are those of the system's manifest: what is said of a canteen is not what is said of a leak.
"""

from beffroi.systems.manifest import UsualReasons

type Choices = list[tuple[str, str]]


def groups(reasons: UsualReasons) -> list[tuple[str, Choices]]:
    """The choices of a list, under the title of what they explain."""
    by_title = {
        "Pour accepter": reasons.accept,
        "Pour modifier": reasons.change,
        "Pour refuser": reasons.refuse,
    }
    return [(title, choices(texts)) for title, texts in by_title.items() if texts]


def choices(texts: tuple[str, ...]) -> Choices:
    return [(text, text) for text in texts]
