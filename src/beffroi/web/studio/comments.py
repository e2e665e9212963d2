"""What members write under a board: added, and taken away by who wrote it or by who answers for the data.

In: a board and a text. Out: a comment, shown to those who read the board, never to the public.
"""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from beffroi.web.territories.guards import requires
from beffroi.web.territories.models import Person
from beffroi.web.territories.rights import may, require

from .answers import StudioError
from .models import Board, BoardComment

LONGEST = 2000


def comment(board: Board, person: Person, text: str) -> BoardComment:
    """Write under a board. Raises StudioError when there is nothing to keep, or too much."""
    require(person, "board.comment", board.territory)
    text = text.strip()
    if not text:
        raise StudioError("Écrivez votre commentaire avant de l'envoyer.")
    if len(text) > LONGEST:
        raise StudioError(
            f"Votre commentaire fait {len(text)} signes : {LONGEST} au plus. Raccourcissez-le, il n'est pas perdu."
        )
    made: BoardComment = BoardComment.objects.create(
        territory=board.territory, board=board, author=person, text=text
    )
    return made


def removable(found: BoardComment, person: Person) -> bool:
    """Whose it is, and those who answer for the data, may take a comment away."""
    if not may(person, "board.comment", found.territory):
        return False
    return found.author_id == person.pk or may(person, "dataset.publish", found.territory)


@require_POST
@requires("board.comment")
def board_comment(request: HttpRequest, board: str) -> HttpResponse:
    """Add a comment; one that cannot be kept comes back to be mended."""
    place = request.territory  # type: ignore[attr-defined]
    found = get_object_or_404(Board.objects.of(place), slug=board)
    try:
        comment(found, request.user, request.POST.get("text", ""))  # type: ignore[arg-type]
    except StudioError as error:
        from .views import board_page

        return board_page(request, found, {"unsaid": request.POST.get("text", ""), "refused": str(error)})
    messages.success(request, "Votre commentaire est ajouté. Les membres qui lisent ce tableau le voient.")
    return redirect("board", place.slug, found.slug)


@require_POST
@requires("board.comment")
def board_comment_remove(request: HttpRequest, board: str, comment: int) -> HttpResponse:
    """Take a comment away."""
    place = request.territory  # type: ignore[attr-defined]
    found = get_object_or_404(BoardComment.objects.of(place), board__slug=board, pk=comment)
    if not removable(found, request.user):  # type: ignore[arg-type]
        raise Http404
    found.delete()
    messages.success(request, "Le commentaire est retiré.")
    return redirect("board", place.slug, board)
