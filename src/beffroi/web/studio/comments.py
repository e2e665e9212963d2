"""Comments of members on a board; their author, or who answers for the data, may remove them.

In: a board and a text. Out: a comment, visible to the readers of the board, never to the public.
"""

from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import may, require

from .answers import StudioError
from .models import Board, BoardComment

MAX_LENGTH = 2000


def add_comment(board: Board, person: Person, text: str) -> BoardComment:
    """Add a comment to a board. Raises StudioError when it is empty or too long."""
    require(person, "board.comment", board.territory)
    text = text.strip()
    if not text:
        raise StudioError("Écrivez votre commentaire avant de l'envoyer.")
    if len(text) > MAX_LENGTH:
        raise StudioError(
            f"Votre commentaire fait {len(text)} signes : {MAX_LENGTH} au plus. Raccourcissez-le, il n'est pas perdu."
        )
    made: BoardComment = BoardComment.objects.create(
        territory=board.territory, board=board, author=person, text=text
    )
    return made


def may_remove_comment(found: BoardComment, person: Person) -> bool:
    """Whose it is, and those who answer for the data, may take a comment away."""
    if not may(person, "board.comment", found.territory):
        return False
    return found.author_id == person.pk or may(person, "dataset.publish", found.territory)
