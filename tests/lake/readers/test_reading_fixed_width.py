"""Columns by position, as old software prints them, and what must not be mistaken for them."""

from datetime import date
from decimal import Decimal

import pytest

TOWNS = [
    ("01004", "Ambérieu-en-Bugey", "14127", "01/02/2023", "1 234,50"),
    ("2A004", "Ajaccio", "70817", "15/02/2023", "-12,00"),
    ("34172", "Montpellier", "290053", "28/02/2023", "98 765,43"),
    ("44109", "Nantes", "320732", "01/03/2023", "0,50"),
    ("44143", "Rezé", "42919", "02/03/2023", "7,25"),
    ("97209", "Fort-de-France", "76512", "03/03/2023", "1,00"),
]
WIDTHS = (5, 22, 8, 12, 12)


def line(cells: tuple[str, ...]) -> str:
    """Text to the left, numbers to the right, as a COBOL report."""
    return "  ".join(
        cell.rjust(width) if at in (2, 4) else cell.ljust(width)
        for at, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
    )


def printed(rows: list[tuple[str, ...]], header: tuple[str, ...] | None = None) -> str:
    return "\n".join(line(row) for row in ([header] if header else []) + rows) + "\n"


HEADER = ("INSEE", "COMMUNE", "POP", "DATE", "MONTANT")


def check(looked) -> None:
    types = list(looked.types.values())
    assert types == ["code", "text", "integer", "date", "decimal"]
    first = list(looked.rows[0].values())
    assert first[:5] == ["01004", "Ambérieu-en-Bugey", 14127, date(2023, 2, 1), Decimal("1234.5")]
    assert len(looked.rows) == len(TOWNS)
    guess = looked.guess("Colonnes à largeur fixe")
    assert "1, 8, " in guess.value


@pytest.mark.parametrize("encoding", ["utf-8", "cp850", "cp1252", "utf-16-le"])
@pytest.mark.parametrize("name", ["etat.txt", "etat.prn", "etat.dat", "etat.csv"])
@pytest.mark.requirement("R99")
def test_a_report_with_a_header_is_a_table(look, encoding, name):
    looked = look(printed(TOWNS, HEADER).encode(encoding), name)
    assert looked.labels == list(HEADER)
    check(looked)
    assert not looked.guess("Colonnes à largeur fixe").certain


def test_a_report_without_header_is_a_table(look):
    looked = look(printed(TOWNS), "etat.csv")
    check(looked)
    assert looked.guess("En-tête").value == "aucun"


def test_ruler_of_dashes_gives_the_column_bounds(look):
    ruler = tuple("-" * width for width in WIDTHS)
    looked = look(printed([ruler, *TOWNS], HEADER), "etat.txt")
    assert looked.labels == list(HEADER)
    assert [list(row.values())[:5] for row in looked.rows][1][0] == "2A004"
    assert looked.guess("Colonnes à largeur fixe").certain
    assert [row["kind"] for row in looked.quarantined] in ([], ["vide"])


def test_titles_above_a_report_are_quarantined(look):
    text = "VILLE DE MONTPELLIER - ÉTAT DES COMMUNES SUIVIES ET DE LEURS MONTANTS\n\n" + printed(
        TOWNS, HEADER
    )
    looked = look(text, "etat.txt")
    check(looked)
    assert looked.kinds()[0] == (1, "titre")


def test_with_many_lines_one_blank_is_enough(look):
    rows = [f"{n:05d} {'abcdef'[: n % 6 + 1]:6s} {n * 7:6d}" for n in range(1, 60)]
    looked = look("\n".join(rows) + "\n", "dense.txt")
    assert list(looked.types.values()) == ["code", "text", "integer"]
    assert sum(looked.column("colonne_3")) == sum(n * 7 for n in range(1, 60))


def test_prose_is_no_table(refuse):
    text = (
        "Le conseil municipal s'est réuni le trois mars sous la présidence du maire.\n"
        "Après en avoir délibéré, il adopte à l'unanimité la convention proposée et\n"
        "autorise le maire à la signer ainsi que tous les actes qui en découlent.\n"
        "La séance est levée à vingt heures trente par le premier des adjoints.\n"
        "Fait et délibéré en mairie, les jour, mois et an que dessus.\n"
    )
    assert "texte rédigé" in refuse(text, "seance.txt")


def test_a_separated_file_with_padded_cells_stays_separated(look):
    looked = look(
        "nom        ;n    \nNantes     ;   1 \nRezé       ;  22 \nOrvault    ; 333 \nCarquefou  ;4444 \n"
    )
    assert looked.types == {"nom": "text", "n": "integer"}
    assert looked.guess("Séparateur").value == "point-virgule"


def test_one_column_of_names_stays_one_column(look):
    looked = look("nom\nJean Moulin\nJules Ferry\nLa Mulotière\nLes Agenets\nLéon Blum\nPlessis Cellier\n")
    assert list(looked.types) == ["nom"]
