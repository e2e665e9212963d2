"""Page of a ready-made board: which dataset is which file, which column is what, then the board.

Thin: guesses come from `matching`, what is saved from `board_assembly`.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from beffroi.recipes.french import join_words
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import Territory

from ..analysis_builder import usable_columns
from ..answers import StudioError
from ..partners import last_snapshots
from ..presentation import typeset
from .board_assembly import ChosenFile, can_be_made, make_board
from .matching import fitting_columns, guess_columns, is_named, likeliest
from .models import NeededFile, ReadymadeBoard, readymade_boards


class ReadymadeForm(forms.Form):
    """A dataset for each file, then a column for each of its roles; filled in with what is recognised.

    `datasets`: those that were chosen, « aucun » included; the others are guessed.
    """

    def __init__(
        self,
        board: ReadymadeBoard,
        snapshots: dict[str, Snapshot],
        datasets: Mapping[str, str],
        data: Any = None,
    ) -> None:
        chosen: dict[str, str] = {}
        for file in board.files:
            slug = datasets.get(file.key)
            chosen[file.key] = likeliest(file, snapshots, chosen.values()) if slug is None else slug
        super().__init__(data)
        self.board, self.snapshots = board, snapshots
        offered = [("", "Choisir…"), *((slug, one.dataset.title) for slug, one in snapshots.items())]
        for file in board.files:
            choices = [("", "aucun"), *offered[1:]] if file.optional else offered
            self.fields[file.key] = forms.ChoiceField(
                label=file.label, choices=choices, required=not file.optional, initial=chosen[file.key]
            )
            if snapshot := snapshots.get(chosen[file.key]):
                self._add_roles(file, snapshot)

    def _add_roles(self, file: NeededFile, snapshot: Snapshot) -> None:
        columns = usable_columns(snapshot)
        guesses = guess_columns(file, columns)
        for role in file.roles:
            guess = guesses.get(role.key)
            choices = [(c.name, c.label) for c in fitting_columns(role, columns)]
            self.fields[f"{file.key}-{role.key}"] = forms.ChoiceField(
                label=role.label.capitalize(),
                choices=[("", "elle n'y est pas"), *choices],
                required=False,
                initial=guess.column if guess else "",
                help_text=""
                if guess and guess.sure
                else "À vérifier : plusieurs colonnes conviennent, ou aucune.",
            )

    @property
    def parts(self) -> list[tuple[forms.BoundField, list[forms.BoundField]]]:
        """The field of each file, and those of its columns."""
        return [
            (
                self[file.key],
                [self[f"{file.key}-{r.key}"] for r in file.roles if f"{file.key}-{r.key}" in self.fields],
            )
            for file in self.board.files
        ]

    @property
    def unsure(self) -> set[str]:
        """The files of which a column is to be checked by a person."""
        return {name.partition("-")[0] for name, field in self.fields.items() if field.help_text}

    @property
    def chosen_files(self) -> dict[str, ChosenFile]:
        """What is chosen, or guessed as long as nothing is."""
        found = {}
        for file in self.board.files:
            snapshot = self.snapshots.get(str(self[file.key].value() or ""))
            if snapshot is not None:
                names = {role.key: f"{file.key}-{role.key}" for role in file.roles}
                columns = {
                    key: str(self[name].value() or "") for key, name in names.items() if name in self.fields
                }
                found[file.key] = ChosenFile(snapshot.dataset, columns)
        return found

    @property
    def missing_figures(self) -> list[str]:
        return [one.title for one in self.board.figures if not can_be_made(one, self.chosen_files)]


@require_http_methods(["GET", "POST"])
@requires("recipe.edit")
def readymade(request: HttpRequest, model: str) -> HttpResponse:
    """The files and columns of a ready-made board; posted, the board."""
    place: Territory = request.territory  # type: ignore[attr-defined]
    board = next((one for one in readymade_boards() if one.key == model), None)
    if board is None:
        raise Http404
    snapshots = {one.dataset.slug: one for one in last_snapshots(place)}
    making = request.method == "POST" and request.POST.get("action") == "make"
    # Columns are guessed anew when a file is changed.
    form = ReadymadeForm(board, snapshots, request.POST.dict(), request.POST if making else None)
    if making and form.is_valid():
        try:
            made, absent = make_board(place, request.user, board, _with_datasets(place, form.chosen_files))  # type: ignore[arg-type]
        except StudioError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, typeset(f"Le tableau « {made.title} » est fait.{_absence(absent)}"))
            return redirect("board", place.slug, made.slug)
    context = {"model": board, "form": form, "making": making, "protected": _protected_titles(place, board)}
    return render(request, "studio/readymade.html", context)


def _protected_titles(place: Territory, board: ReadymadeBoard) -> list[str]:
    """The datasets that their title announces as one of the files, and that are not offered: they are about people."""
    personal = Dataset.objects.of(place).filter(sensitivity=Dataset.Sensitivity.PERSONAL)
    titles = personal.values_list("title", flat=True)
    return [title for title in titles if any(is_named(file, title) for file in board.files)]


def _with_datasets(place: Territory, files: dict[str, ChosenFile]) -> dict[str, ChosenFile]:
    """The same with whole datasets, read once."""
    slugs = [file.dataset.slug for file in files.values()]
    datasets = {one.slug: one for one in Dataset.objects.of(place).filter(slug__in=slugs)}
    return {key: ChosenFile(datasets[file.dataset.slug], file.columns) for key, file in files.items()}


def _absence(titles: list[str]) -> str:
    if not titles:
        return ""
    return (
        f" Il y manque {join_words(f'« {title} »' for title in titles)} : vos fichiers ne le permettent pas."
    )
