"""Layout of the table in a grid of text cells: title rows, header row, width, first row of data.

In: the first rows of a file as lists of cells. Out: a frozen `Layout`. Shared by CSV and spreadsheets.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from beffroi.lake.readers.corrections import CORRECTED, Uncorrectable
from beffroi.lake.readers.headers import LONGEST_VALUE, NO_MERGED, Merged, find_stacked_header
from beffroi.lake.readers.proposals import is_missing
from beffroi.lake.tables import Guess

_NUMBER = re.compile(r"[+-]?\d[\d \u00a0\u202f.,]*(?:[eE][+-]?\d+)?\s*[€%]?")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\d{1,2}:\d{2}.*)?")
_YEAR = re.compile(r"(19|20)\d\d")
_DBF = re.compile(r"[^,]+,(?:[NF],\d+(?:,\d+)?|C,\d+|[DL](?:,\d+)?)")
_COLUMN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")
_SEVERAL_WORDS = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+|[a-z]+([A-Z][a-z]+)+")
_BOOLEANS = {"oui", "non", "vrai", "faux", "true", "false"}


@dataclass(frozen=True)
class Layout:
    """Indexes point into the sample; `labels` is empty when the file has no header row."""

    width: int
    labels: tuple[str, ...]
    titles: tuple[int, ...]
    header: int | None
    first: int
    guesses: tuple[Guess, ...]


def blank(cells: list[str]) -> bool:
    return not any(cell.strip() for cell in cells)


def find_layout(
    rows: list[list[str]], numbers: list[int], merged: Merged = NO_MERGED, *, header_line: int | None = None
) -> Layout:
    """Layout of the sample. `numbers`: line numbers of its rows; `merged`: the cells merged sideways.

    `header_line`: the line of the header chosen by a person, 0 when there is none.
    """
    full = [index for index, cells in enumerate(rows) if not blank(cells)]
    if not full:
        return Layout(max((len(cells) for cells in rows), default=0), (), (), None, len(rows), ())
    filled = [sum(bool(cell.strip()) for cell in rows[index]) for index in full]
    # Any row with most of its usual cells filled can be the first of the table; what stands above is a title.
    enough = 1 if max(filled) == 1 else max(2, 0.6 * median(filled))
    top = next((index for index, count in zip(full, filled, strict=True) if count >= enough), full[0])
    if header_line:
        top = _named(header_line, numbers, full)
    header: tuple[int, ...] = (top,)
    body = [rows[index] for index in full if index > top]
    candidate = _joined(rows[top], body)
    has_header, why, certain = (
        (bool(header_line), CORRECTED, True) if header_line is not None else _is_header(candidate, body)
    )
    stack = find_stacked_header(rows, full, top, merged) if header_line is None else None
    if stack and _is_header(list(stack.labels), below := [rows[i] for i in full if i > stack.rows[-1]])[0]:
        header, candidate, body, has_header, certain = stack.rows, list(stack.labels), below, True, stack.sure
        why = "Plusieurs lignes nomment les colonnes ensemble : leurs noms sont joints par « / »."
    above = [index for index in full if index < top]
    if not has_header and above and _names_the_first(rows[above[-1]], [rows[top], *body]):
        header, body, candidate, has_header, certain = (
            (above[-1],),
            [rows[top], *body],
            rows[above[-1]],
            True,
            True,
        )
        why = "Cette ligne nomme les premières colonnes ; les suivantes, répétées, restent sans nom."
    titles = tuple(index for index in full if index < header[0])
    lengths = Counter(len(cells) for cells in (body or [candidate]))
    usual = lengths.most_common(1)[0][0]
    guesses: list[Guess] = []
    if titles:
        guesses.append(
            Guess(
                "Lignes de titre",
                str(len(titles)),
                "Elles précèdent le tableau ; elles sont mises de côté, pas perdues.",
                certain,
            )
        )
    if not has_header:
        width = max(usual, _used(candidate))
        guesses.append(Guess("En-tête", "aucun", why, certain, about="header", chosen="0"))
        return Layout(width, (), titles, None, top, tuple(guesses))
    labels = [" ".join(cell.split()) for cell in candidate]
    while labels and not labels[-1]:
        labels.pop()
    if len(labels) == usual - 1 and body and _counts_rows(body):
        labels.insert(0, "")
    width = max(usual, len(labels))
    labels += [""] * (width - len(labels))
    first, last = numbers[header[0]], numbers[header[-1]]
    at = f"ligne {first}" if first == last else f"lignes {first} à {last}"
    guesses.append(Guess("En-tête", at, why, certain, about="header", chosen=str(last)))
    return Layout(width, tuple(labels), titles, header[-1], header[-1] + 1, tuple(guesses))


def _named(header: int, numbers: list[int], full: list[int]) -> int:
    """Index in the sample of the header line chosen by a person."""
    place = numbers.index(header) if header in numbers else -1
    if place not in full:
        raise Uncorrectable(
            f"La ligne {header} ne peut pas être l'en-tête : elle est vide, ou le fichier ne l'a pas parmi ses "
            f"{len(numbers)} premières lignes. La lecture n'a pas changé. Donnez une autre ligne."
        )
    return place


def _names_the_first(cells: list[str], body: list[list[str]]) -> bool:
    """Whether the row names the first columns only, as election results that repeat them for each candidate."""
    used = _used(cells)
    names = [cell.strip() for cell in cells[:used]]
    if used < 3 or not all(names) or len(set(names)) < used:
        return False
    header, _, certain = _is_header(names, [row[:used] for row in body])
    return header and certain


def kind(cell: str) -> str:
    """Rough kind of a cell: number, date, boolean, text or empty."""
    text = cell.strip()
    if not text:
        return "empty"
    if len(text) > LONGEST_VALUE:
        return "text"
    if _NUMBER.fullmatch(text):
        return "number"
    if _DATE.fullmatch(text):
        return "date"
    return "boolean" if text.lower() in _BOOLEANS else "text"


def _used(cells: list[str]) -> int:
    return max((place + 1 for place, cell in enumerate(cells) if cell.strip()), default=0)


def _counts_rows(body: list[list[str]]) -> bool:
    """Whether the first column is R's row names, missing from the header."""
    firsts = [cells[0].strip() for cells in body[:20] if cells]
    return firsts == [str(number) for number in range(1, len(firsts) + 1)]


def _joined(cells: list[str], body: list[list[str]]) -> list[str]:
    """DBF header whose commas also separate the columns (`ID,N,9,0,NAME,C,40`), joined again."""
    usual = Counter(len(row) for row in body).most_common(1)[0][0] if body else 0
    if len(cells) <= usual or usual == 0 or any(len(cell) > LONGEST_VALUE for cell in cells):
        return cells
    fields = re.findall(_DBF, ",".join(cell.strip() for cell in cells))
    return fields if len(fields) == usual else cells


def _is_header(cells: list[str], body: list[list[str]]) -> tuple[bool, str, bool]:
    """Compare the row with the columns below it, one point of evidence a column."""
    names = [cell.strip() for cell in cells]
    body = [row for row in body if row != cells]  # a header repeated below tells nothing
    if sum(bool(_DBF.fullmatch(name)) for name in names) * 2 > len(names):
        return True, "Chaque nom de colonne est suivi de son type, à la façon d'un fichier DBF.", True
    kinds = ["empty" if is_missing(name) else kind(name) for name in names]
    if _are_column_names(names, body):
        return True, "Cette ligne est écrite comme des noms de colonnes, et aucune autre ne l'est.", True
    if not body:
        header = all(found in ("text", "empty") for found in kinds)
        return header, "Le tableau n'a qu'une ligne, jugée d'après ses cellules.", False
    years = [int(name) for name in names if _YEAR.fullmatch(name)]
    counted = _counted(names, body)
    proof = hint = 0.0
    for place, (name, found) in enumerate(zip(names, kinds, strict=True)):
        below = [row[place].strip() for row in body[:300] if place < len(row) and row[place].strip()]
        if not below or found == "empty":
            continue
        common = Counter(kind(value) for value in below).most_common(1)[0]
        typed = common[0] if common[0] != "text" and common[1] >= 0.8 * len(below) else "text"
        if found == "text" and typed != "text":
            proof += 1
        elif found == "number" and len(set(years)) == len(years) and int(_year(name)) in years:
            share = sum(bool(_YEAR.fullmatch(value)) for value in below) / len(below)
            proof += 0.5 if share < 0.5 else -1
        elif place in counted:
            proof += 0.5
        elif found != "text":
            proof -= 1 if typed == found else 0.5
        elif _is_one_of(name, below):
            proof -= 1
        elif name in below:
            proof -= 0.5 if len(set(below)) > 1 else 0.25
        elif len(below) >= 10 and len(set(below)) * 4 <= len(below):
            proof += 0.5  # a few values, again and again, of which this is none
        elif name.isidentifier() or len(name) <= 40:
            hint += 0.2
    # Words alone never outweigh a value that stands where a name should.
    score = proof + (hint if proof >= 0 else min(hint, 0.4))
    named = sum(found == "text" for found in kinds)
    if score > 0:
        return (
            True,
            "Cette ligne nomme les colonnes : elle ne ressemble pas aux valeurs du dessous.",
            proof >= 1,
        )
    if score == 0 and named == len(names) and len(set(names)) == len(names):
        return True, "Cette ligne ne contient que des noms, tous différents.", False
    return False, "La première ligne ressemble aux suivantes : c'est déjà une donnée.", score <= -1


def _are_column_names(names: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether all are names as programs give to columns, half of them of several words (`stop_id`, `canteenId`), and hardly a value
    of the rows below is."""
    if len(names) < 2 or len(set(names)) < len(names) or not all(map(_COLUMN_NAME.fullmatch, names)):
        return False
    values = [cell.strip() for row in body[:300] for cell in row if cell.strip()]
    alike = sum(bool(_SEVERAL_WORDS.fullmatch(value)) for value in values)
    return 2 * sum(map(bool, map(_SEVERAL_WORDS.fullmatch, names))) >= len(names) and alike * 10 <= len(
        values
    )


def _counted(names: Sequence[str], body: Sequence[Sequence[str]]) -> set[int]:
    """Places of names that count: 1, 2, 3… side by side, as days or months are numbered; the row below does not."""
    found: set[int] = set()
    for first in range(len(names) - 2):
        places = range(first, first + 3)
        numbers = [names[place] for place in places]
        below = [body[0][place].strip() for place in places if place < len(body[0])]
        if (
            all(number.isascii() and number.isdigit() for number in numbers)
            and not _follow(below)
            and _follow(numbers)
        ):
            found.update(places)
    return found


def _follow(numbers: Sequence[str]) -> bool:
    """Whether three whole numbers follow one another."""
    if len(numbers) != 3 or not all(
        number.isascii() and number.isdigit() and len(number) < 5 for number in numbers
    ):
        return False
    return [int(number) - int(numbers[0]) for number in numbers] == [0, 1, 2]


def _is_one_of(name: str, below: Sequence[str]) -> bool:
    """Whether a text is made as nearly all those below, with figures or signs where they have some."""
    if not any(map(str.isdigit, name)) and "@" not in name and "://" not in name:
        return False
    shape = _shape(name)
    alike = sum(_shape(value) == shape for value in below)
    if name[0].isdigit():  # « 12 rue Haute »
        alike = max(alike, sum(value[0].isdigit() for value in below))
    return alike >= 0.8 * len(below)


def _shape(text: str) -> str:
    """Text with one letter for its words, one figure for its numbers."""
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "a", text[:LONGEST_VALUE]))


def _year(name: str) -> str:
    return name if _YEAR.fullmatch(name) else "0"
