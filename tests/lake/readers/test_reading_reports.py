"""Reports made for the eye: subtotals in the middle, negative amounts in brackets, formulas hidden in texts."""

from decimal import Decimal

import pytest


def test_subtotals_proven_by_their_sums_are_quarantined(look):
    looked = look(
        "Service;Libellé;Dépenses;Recettes\n"
        "Voirie;Enrobé;1 000,50;0\nVoirie;Sel;200;10\nSous-total Voirie;;1 200,50;10\n"
        "Écoles;Repas;300;5\nÉcoles;Bus;100;5\nSous-total Écoles;;400;10\n"
        "Total général;;1 600,50;20\n"
    )
    assert looked.kinds() == [(4, "total"), (7, "total"), (8, "total")]
    assert "lignes 2 à 3" in looked.quarantined[0]["reason"]
    assert sum(looked.column("depenses")) == Decimal("1600.5")
    assert looked.types["depenses"] == "decimal"


def test_totals_by_chapter_are_proven_whatever_their_words(look):
    looked = look(
        "Chapitre;Article;Montant\n011;6061;10\n011;6062;20\nTotal chapitre 011;;30\n012;6411;5\n012;6413;6\n"
        "Total chapitre 012;;11\n65;6531;7\n65;6534;8\n"
    )
    assert looked.kinds() == [(4, "total"), (7, "total")]
    assert looked.column("article") == ["6061", "6062", "6411", "6413", "6531", "6534"]


def test_subtotal_denied_by_its_sums_stays_and_raises_a_question(look):
    looked = look("Service;Montant\nVoirie;10\nÉcoles;20\nSous-total;99\nEau;5\nParcs;6\n")
    assert looked.quarantined == []
    assert looked.guess("Totaux possibles").value == "ligne(s) 4"
    assert not looked.guess("Totaux possibles").certain


def test_a_company_called_total_is_a_supplier(look):
    looked = look(
        "Fournisseur;Objet;Montant\nEDF;Gaz;10\nTotal Énergies;Gaz;20\nEngie;Gaz;30\nTOTAL ENERGIES;Fioul;7\n"
    )
    assert looked.quarantined == []
    assert not [guess for guess in looked.table.guesses if guess.what == "Totaux possibles"]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("(12,50)", "-12.5"), ("12,50-", "-12.5"), ("−12,50", "-12.5"), ("(1 234,50 €)", "-1234.5"),
        ("( 1\u202f234,50 )", "-1234.5"), ("12,50 -", "-12.5"),
    ],
)  # fmt: skip
def test_negative_amounts_of_accountants_are_negative(look, written, value):
    looked = look(f"poste;montant\na;1 234,50\nb;{written}\nc;0,25\nd;3\n")
    assert looked.types["montant"] == "decimal"
    assert looked.column("montant")[1] == Decimal(value)
    assert looked.guess("Sommes négatives de « montant »").value == "1 valeur(s)"


def test_whole_negative_amounts_stay_whole(look):
    assert look("poste;n\na;12\nb;(7)\nc;3\n").column("n") == [12, -7, 3]


def test_notes_in_brackets_are_no_numbers(look):
    looked = look("poste;renvoi\na;(1)\nb;(2)\nc;(1)\n")
    assert looked.types["renvoi"] == "text"


def test_formulas_in_cells_stay_text_and_are_reported(look):
    looked = look(
        "nom;remarque\n"
        'a;"=HYPERLINK(""http://exemple.fr"";""clic"")"\nb;+cmd|\'/c calc\'!A1\nc;@SOMME(A1:A9)\nd;- à revoir\ne;+33 2 40 00 00 00\n'
    )
    assert looked.column("remarque")[1] == "+cmd|'/c calc'!A1"
    assert looked.guess("Formules en texte dans « remarque »").value == "3 cellule(s)"


def test_formulas_of_a_csv_are_never_computed(look):
    looked = look("nom;total\na;=1+1\nb;=SOMME(A1:A2)\n")
    assert looked.types["total"] == "text"
    assert looked.column("total") == ["=1+1", "=SOMME(A1:A2)"]


def test_results_of_elections_name_only_their_first_columns(look):
    head = "Code dép;Libellé;Inscrits;N°;Nom;Voix\r\n"
    body = "".join(
        f"{n:02};Ain;{100 + n};1;MARTIN;{n};2;DURAND;{n + 1};3;PETIT;{n + 2}\r\n" for n in range(1, 31)
    )
    looked = look((head + body).encode("cp1252"), "resultats.txt")
    assert looked.labels[:7] == ["Code dép", "Libellé", "Inscrits", "N°", "Nom", "Voix", "Colonne 7"]
    assert len(looked.rows) == 30
    assert looked.types["code_dep"] == "code"
    assert looked.quarantined == []


def test_shapes_as_text_in_a_csv_are_geometries(look):
    shape = '"{""coordinates"": [[[3.8,43.6],[3.9,43.6],[3.9,43.7],[3.8,43.6]]], ""type"": ""Polygon""}"'
    looked = look(f"nom;geo_point_2d;geo_shape\na;43.6, 3.87;{shape}\nb;43.7, 3.88;{shape}\n")
    assert looked.types["geo_shape"] == "geometry"


def test_percentages_keep_their_figure_and_report_their_unit(look):
    looked = look("année;taux\n2020;3,5 %\n2021;4%\n2022;10,25 %\n")
    assert looked.column("taux") == [Decimal("3.5"), Decimal("4"), Decimal("10.25")]
    assert looked.guess("Unité de « taux »").value == "%"
    assert not look("année;taux\n2020;3,5 %\n2021;4\n").guess("Unité de « taux »").certain


def test_cells_between_apostrophes_lose_them(look):
    looked = look("'nom';'n'\n'L''école; bis';'1'\n'Mairie';'2'\n")
    assert looked.column("nom") == ["L'école; bis", "Mairie"]
    assert looked.types["n"] == "integer"
