"""Corrections override the guesses of a reading: no value is lost, and impossible ones are refused."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from beffroi.lake.readers import stage
from beffroi.lake.readers.corrections import Corrections, Uncorrectable
from beffroi.lake.tables import Guess, StagedTable

MEALS = "Site;Jour;Repas\nMoulin;03/04/2024;112\nTilleuls;05/06/2024;64\n"


# Dates


def test_ambiguous_dates_raise_a_question_with_two_examples(look):
    guess = look(MEALS).guess("Format de « Jour »")
    assert (guess.about, guess.column, guess.certain) == ("order", "jour", False)
    assert (guess.choices, guess.chosen) == (("day", "month"), "day")
    assert guess.examples == ("03/04/2024", "05/06/2024")


def test_a_day_above_twelve_anywhere_settles_the_order(look):
    many = "".join(f"Moulin;0{1 + n % 9}/01/2024;{n}\n" for n in range(700))
    guess = look("Site;Jour;Repas\n" + many + "Moulin;25/01/2024;3\n").guess("Format de « Jour »")
    assert guess.certain


def test_corrected_date_order_is_applied(look):
    looked = look(MEALS, orders={"jour": "month"})
    assert looked.column("jour") == [date(2024, 3, 4), date(2024, 5, 6)]
    guess = looked.guess("Format de « Jour »")
    assert (guess.chosen, guess.certain, guess.value[:10]) == ("month", True, "MM/JJ/AAAA")


def test_saying_the_order_already_read_settles_the_question_only(look):
    looked = look(MEALS, orders={"jour": "day"})
    assert looked.column("jour") == [date(2024, 4, 3), date(2024, 6, 5)]
    assert looked.guess("Format de « Jour »").certain


def test_date_impossible_in_the_corrected_order_is_quarantined_with_its_reason(look):
    looked = look(MEALS + "Moulin;25/12/2024;7\n", orders={"jour": "month"})
    assert len(looked.rows) == 2
    (row,) = looked.quarantined
    assert (row["line"], row["kind"]) == (4, "type")
    assert "« Jour » : « 25/12/2024 »" in row["reason"]


def test_the_century_of_a_two_digit_year_is_a_question_whose_answer_wins(look):
    year = date.today().year
    soon, long_ago = f"{(year + 30) % 100:02}", f"{(year - 3) % 100:02}"
    text = f"Contrat;Signé\nA;18/10/{soon}\nB;25/01/{long_ago}\n"
    looked = look(text)
    guess = looked.guess("Siècle de « Signé »")
    assert (guess.about, guess.column, guess.certain, guess.chosen) == ("century", "signe", False, "past")
    assert guess.examples == (soon,)
    assert looked.column("signe") == [date(year - 70, 10, 18), date(year - 3, 1, 25)]
    looked = look(text, centuries={"signe": "planned"})
    assert looked.column("signe") == [date(year + 30, 10, 18), date(year - 3, 1, 25)]
    assert looked.guess("Siècle de « Signé »").certain
    # Beside a forced order too; « future » goes further still.
    turned = look(text, centuries={"signe": "future"}, orders={"signe": "day"}).column("signe")
    assert turned[0] == date(year + 30, 10, 18)
    with pytest.raises(Uncorrectable):
        look(text, centuries={"signe": "1965"})


def test_recent_years_of_two_digits_raise_no_question(look):
    recent = f"{(date.today().year - 2) % 100:02}"
    assert look(f"Site;Vu le\nA;18/10/{recent}\n").guess("Siècle de « Vu le »").certain


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("03-04-24", date(2024, 3, 4)),
        ("03.04.2024", date(2024, 3, 4)),
        ("03/04/2024 08:30", datetime(2024, 3, 4, 8, 30)),
    ],
)
def test_every_form_of_dates_has_its_other_order(look, text, read):
    looked = look(f"Site;Jour\nMoulin;{text}\nTilleuls;{text}\n", orders={"jour": "month"})
    assert looked.column("jour") == [read, read]


def test_column_of_mixed_formats_becomes_a_date_by_correction(look):
    content = "Site;Jour\na;03/04/2024\nb;2024-04-05\nc;jamais\n"
    assert look(content).types["jour"] == "text"
    looked = look(content, types={"jour": "date"})
    assert looked.column("jour") == [date(2024, 4, 3), date(2024, 4, 5)]
    assert "« jamais » n’est pas une date" in looked.quarantined[0]["reason"]


def test_a_date_never_loses_its_hour(look):
    looked = look("Site;Jour\na;03/04/2024 00:00\nb;04/04/2024 10:30\n", types={"jour": "date"})
    assert looked.column("jour") == [date(2024, 4, 3)]
    assert looked.quarantined[0]["raw"] == "b;04/04/2024 10:30"


# Types


def test_number_corrected_to_a_code_stays_text(look):
    content = "Dossier;Montant\n12;3,5\n7;4\n"
    assert look(content).types["dossier"] == "integer"
    looked = look(content, types={"dossier": "code"})
    assert looked.types["dossier"] == "code"
    assert looked.column("dossier") == ["12", "7"]


def test_code_corrected_to_a_number_is_cast_and_misfits_are_quarantined(look):
    looked = look("Code;Nom\n012;a\n7;b\nB4;c\n", types={"code": "integer"})
    assert looked.column("code") == [12, 7]
    assert "« B4 » n’est pas un nombre entier" in looked.quarantined[0]["reason"]


def test_a_whole_number_is_never_made_by_rounding(look):
    looked = look("Nom;Part\na;2,0\nb;2,5\n", types={"part": "integer"})
    assert looked.column("part") == [2]
    assert looked.quarantined[0]["raw"] == "b;2,5"


def test_decimals_too_long_to_be_exact_become_floating_point_rather_than_cut(look):
    looked = look("Nom;Part\na;0,123456\nb;2\n", types={"part": "decimal"})
    assert looked.types["part"] == "number"
    assert looked.column("part") == [0.123456, 2.0]


@pytest.mark.parametrize(
    "type_", ["text", "code", "integer", "decimal", "number", "boolean", "date", "datetime", "time"]
)
def test_every_type_accounts_for_every_row(look, type_):
    content = "Nom;V\na;12\nb;x\nc;\nd;oui\ne;NC\nf;03/04/2024\ng;08:30\nh;1\n"
    looked = look(content, types={"v": type_})
    assert looked.types["v"] == type_
    assert len(looked.rows) + len(looked.quarantined) == 8
    assert any(guess.about == "type" and guess.column == "v" for guess in looked.table.guesses)


def test_ones_and_zeros_become_booleans_by_correction(look):
    looked = look("Nom;Ouvert\na;1\nb;0\nc;oui\n", types={"ouvert": "boolean"})
    assert looked.column("ouvert") == [True, False, True]


def test_type_correction_applies_to_workbooks_and_json_lists(look, make_workbook):
    rows = [["Titre"], ["Nom", "Rang"], ["Dossier", "n"], [12, 1], [7, 2]]
    sheet = look(make_workbook({"F": rows}), "essai.xlsx", types={"dossier": "code"}, header=3)
    assert sheet.column("dossier") == ["12", "7"]
    assert [row["kind"] for row in sheet.quarantined] == ["titre", "titre"]
    looked = look(
        '[{"Dossier": 12, "n": 1}, {"Dossier": 7, "n": 2}]', "essai.json", types={"dossier": "code"}
    )
    assert looked.column("dossier") == ["12", "7"]


# Marks of absence, decimals


def test_missing_value_marks_follow_one_rule_without_question_and_may_be_real_values(look):
    content = "Nom;Prix\na;3,5\nb;NC\nNC;4,5\n"
    assert look(content).column("nom") == [
        "a",
        "b",
        "NC",
    ]  # told by the same rule: texts have them as they are
    guess = look(content).guess("Valeurs manquantes")
    assert (guess.about, guess.column, guess.value, guess.certain) == ("missing", "prix", "NC", True)
    assert "une colonne de textes les garde" in guess.why
    looked = look(content, values={"prix": True})
    assert looked.types["prix"] == "text"
    assert looked.column("prix") == ["3,5", "NC", "4,5"]


def test_extra_missing_value_marks_may_be_declared(look):
    content = "Nom;Prix\na;3,5\nb;inconnu\nc;4,5\nInconnu;5,5\n"
    assert look(content).types["prix"] == "text"
    looked = look(content, missing=["inconnu"])
    assert looked.types["prix"] == "decimal"
    assert looked.column("prix") == [Decimal("3.5"), None, Decimal("4.5"), Decimal("5.5")]
    assert looked.column("nom") == ["a", "b", "c", None]


def test_declared_missing_value_mark_has_no_more_choice(look):
    content = "Nom;Prix\na;3,5\nb;en attente\nc;4,5\nd;NC\n"
    guess = look(content, missing=["en attente"]).guess("Valeurs manquantes")
    assert (guess.value, guess.choices) == ("NC", ("absent", "value"))
    guess = look(content.replace("NC", "5,5"), missing=["En attente"]).guess("Valeurs manquantes")
    assert (guess.value, guess.certain, guess.choices) == ("en attente", True, ())


def test_the_values_that_keep_a_column_in_text_are_at_hand(look):
    content = "Nom;Prix\n" + "a;3\n" * 12 + "b;inconnu\nc;inconnu\nd;à voir\n"
    guess = look(content).guess("Type de « Prix »")
    assert guess.why.startswith("3 valeurs sur 15 ne sont pas du même type")
    assert sorted(guess.examples) == ["inconnu", "à voir"]
    assert "inconnu" not in str(guess.to_dict())


def test_values_of_rows_quarantined_by_a_type_are_available(look):
    looked = look("Nom;Prix\na;3\nb;x\nc;y\nd;z\ne;t\n", types={"prix": "integer"})
    assert looked.guess("Type de « Prix »").examples == ("t", "x", "y")


def test_single_mark_before_three_digits_raises_a_question(look):
    guess = look("Nom;Montant\na;1.234\nb;12.500\n").guess("Décimales de « Montant »")
    assert (guess.about, guess.certain, guess.chosen) == ("decimals", False, ".")
    assert guess.examples == ("1.234", "12.500")


def test_the_points_of_a_mark_of_absence_are_no_decimal_points(look):
    guess = look("Nom;Prix\na;3,5\nb;n.c.\nc;4,25\n").guess("Décimales de « Prix »")
    assert (guess.value, guess.certain) == ("virgule", True)
    guess = look("Nom;Prix\na;3.5\nb;sans objet, ou presque\nc;4.25\n", types={"prix": "decimal"})
    assert guess.guess("Décimales de « Prix »").value == "point"


def test_decimal_mark_may_be_corrected_where_commas_and_points_mix(look):
    content = "Nom;Prix\na;3,5\nb;1.200\nc;4,25\n"
    guess = look(content).guess("Décimales de « Prix »")
    assert (guess.value, guess.certain, guess.choices) == ("virgule et point", False, (",", "."))
    looked = look(content, decimals={"prix": ","})
    assert looked.column("prix") == [Decimal("3.5"), Decimal(1200), Decimal("4.25")]


def test_corrected_decimal_mark_makes_the_other_one_separate_thousands(look):
    looked = look("Nom;Montant\na;1.234\nb;12.500\n", decimals={"montant": ","})
    assert looked.types["montant"] == "integer"
    assert looked.column("montant") == [1234, 12500]
    fractions = look("Nom;Montant\na;1.234,5\nb;2,25\n", decimals={"montant": ","})
    assert fractions.column("montant") == [Decimal("1234.5"), Decimal("2.25")]


# The whole table


def test_corrected_encoding_is_applied(look):
    looked = look("Nom;Ville\na;Évreux\nb;Orléans\n".encode("cp850"), encoding="cp850")
    assert looked.column("ville") == ["Évreux", "Orléans"]
    assert (looked.guess("Encodage").chosen, looked.guess("Encodage").certain) == ("cp850", True)


def test_an_encoding_that_would_lose_characters_is_refused(refuse):
    corrected = refuse("Nom;Ville\na;Évreux\n".encode("cp1252"), encoding="utf-8")
    assert "ne se lit pas en UTF-8" in corrected
    assert "La lecture n'a pas changé" in corrected


def test_corrected_separator_is_applied(look, refuse):
    content = "a,b;c,d\n1,2;3,4\n5,6;7,8\n"
    assert look(content, separator=";").labels == ["a,b", "c,d"]
    assert look(content, separator=",").labels == ["a", "b;c", "d"]
    assert "aucun signe « tabulation »" in refuse(content, separator="\t")


def test_corrected_header_line_is_applied_and_rows_above_are_quarantined(look):
    looked = look("Nom;Rang\nCode;Valeur\n1;2\n3;4\n", header=2)
    assert looked.labels == ["Code", "Valeur"]
    assert [row["kind"] for row in looked.quarantined] == ["titre"]
    assert looked.column("valeur") == [2, 4]


def test_file_corrected_to_have_no_header_keeps_its_first_line(look):
    looked = look("alpha;beta\ngamma;delta\n", header=0)
    assert looked.labels == ["Colonne 1", "Colonne 2"]
    assert looked.column("colonne_1") == ["alpha", "gamma"]


@pytest.mark.parametrize("line", [3, 99])
def test_a_header_where_there_is_none_is_refused(refuse, line):
    assert f"La ligne {line} ne peut pas être l'en-tête" in refuse("Nom;Rang\na;1\n\nb;2\n", header=line)


def test_total_rows_are_reported_and_may_stay_among_the_data(look):
    content = "Site;Ville;Repas\nMoulin;Ici;112\nTilleuls;Là;64\nTotal;;176\n"
    guess = look(content).guess("Lignes de total")
    assert (guess.about, guess.chosen, guess.value) == ("totals", "aside", "1 mise(s) de côté")
    looked = look(content, totals=True)
    assert looked.column("repas") == [112, 64, 176]
    assert looked.guess("Lignes de total").chosen == "keep"


def test_every_column_of_a_wide_table_is_judged(look):
    """Forty at a time: a hundred and fifty numbers in one query needed more memory than allowed."""
    wide = 45
    looked = look("\n".join([";".join(f"n{n}" for n in range(wide)), *[";".join(["1"] * wide)] * 2]))
    assert list(looked.types.values()) == ["integer"] * wide


def test_a_table_of_more_than_a_thousand_columns_is_read(look):
    names = [f"n{n}" for n in range(1100)]
    looked = look("\n".join(";".join(row) for row in (names, ["mot"] * 1100, ["autre"] * 1100)))
    assert len(looked.types) == 1100


# What does not fit


def test_correction_of_a_missing_column_is_reported(look):
    looked = look(MEALS, types={"parti": "code"}, orders={"jour": "month"})
    guess = looked.guess("Correction sans objet")
    assert (guess.about, guess.column, guess.certain) == ("unfit", "parti", False)
    assert looked.column("jour")[0] == date(2024, 3, 4)


def test_correction_that_the_format_ignores_is_reported(look):
    looked = look('[{"a": 1, "b": 2}, {"a": 3, "b": 4}]', "essai.json", separator=";")
    assert looked.guess("Correction sans objet").value == "séparateur"


@pytest.mark.parametrize(
    "corrected",
    [
        {"encoding": "klingon"},
        {"encoding": 8},
        {"separator": "§"},
        {"header": -1},
        {"header": True},
        {"totals": "oui"},
        {"types": {"a": "geometry"}},
        {"types": ["a"]},
        {"orders": {"a": "year"}},
        {"decimals": {"a": "'"}},
        {"values": {"a": 1}},
        {"missing": "NC"},
        {"labels": ["École"]},
        {"labels": {"a": 1}},
        {"labels": {"a": ""}},
        {"labels": {"a": "\u200b"}},
        {"labels": {"a": "Mon\u202etant"}},
        {"labels": {"a": "x" * 121}},
        {"missing": ["x" * 61]},
        {"unknown": 1},
    ],
)
def test_a_correction_that_makes_no_sense_is_refused_in_french(corrected):
    with pytest.raises(Uncorrectable) as refused:
        Corrections.from_dict(corrected)
    assert len(str(refused.value)) > 20


def test_corrections_go_to_json_and_back():
    corrected = {"encoding": "cp850", "header": 0, "totals": False, "types": {"a": "code"}, "missing": ["x"]}
    assert Corrections.from_dict(corrected).to_dict() == corrected
    assert not Corrections()
    assert Corrections.from_dict({"header": 0})


def test_a_label_is_corrected_and_the_identifier_stays(look):
    looked = look("Moulin;12;a\nTilleuls;64;b\n", header=0, labels={"colonne_1": "École"})
    assert looked.labels == ["École", "Colonne 2", "Colonne 3"]
    assert [*looked.types] == ["colonne_1", "colonne_2", "colonne_3"]
    swapped = look(MEALS, labels={"site": "Jour", "jour": "Site"})
    assert (swapped.labels, [*swapped.types]) == (["Jour", "Site", "Repas"], ["site", "jour", "repas"])


def test_a_label_that_another_column_bears_is_refused(tmp_path):
    path = tmp_path / "repas.csv"
    path.write_text(MEALS)
    corrections = {"repas.csv": Corrections(labels={"site": "repas"})}
    tables, (refused,) = stage(path, tmp_path / "staging", origin="repas.csv", corrections=corrections)
    assert not tables
    assert "Deux colonnes s'appelleraient « repas »" in refused.reason


def test_a_column_called_as_people_are_is_protected(look):
    rows = "Martin;Léa\nBernard;Hugo\nPetit;Inès\nDurand;Noé\n"
    assert look(rows, header=0).personal == {}
    named = look(rows, header=0, labels={"colonne_1": "Nom", "colonne_2": "Prénom"})
    assert named.personal == {"colonne_1": "name", "colonne_2": "name"}


def test_only_the_requested_tables_are_read(tmp_path, make_zip):
    path = tmp_path / "lot.zip"
    path.write_bytes(make_zip({"un.csv": b"a;b\n1;2\n", "deux.csv": b"a;b\n3;4\n"}))
    tables, _ = stage(path, tmp_path / "staging", origin="lot.zip", only={"lot.zip!deux.csv"})
    assert [table.origin for table in tables] == ["lot.zip!deux.csv"]


# Stored by earlier versions


def test_a_guess_stored_before_corrections_still_loads():
    old = {"what": "Encodage", "value": "UTF-8", "why": "…", "certain": True}
    guess = Guess.from_dict(old)
    assert (guess.about, guess.choices, guess.examples) == ("", (), ())
    assert Guess.from_dict(guess.to_dict()) == guess


def test_a_guess_of_a_later_version_loads_without_what_is_unknown():
    later = {"what": "x", "value": "y", "why": "z", "certain": False, "mood": "gay", "choices": ["a"]}
    assert Guess.from_dict(later).choices == ("a",)


def test_the_examples_of_a_guess_stay_out_of_what_is_stored(look):
    table = look(MEALS).table
    stored = table.to_dict()
    assert "03/04/2024" not in str(stored["guesses"])
    assert StagedTable.from_dict(stored).guesses[0].about == "encoding"
