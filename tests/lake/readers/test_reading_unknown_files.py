"""Faults met in files that nobody had seen before, one a test: how they are read, and what is called certain."""

from datetime import date

import pytest

from beffroi.lake.reference.kinds import check_digit_is_valid

SIRETS = ("55210055400013", "21440109300015", "21340172201787")


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Commune;Population;Dette\n;hab.;€\nA;120;3\nB;130;4\nC;140;5\n", ["Commune", "Population / hab.", "Dette / €"]),
        ("commune;population;dette\nCOMMUNE;POP;DETTE\nA;1;3\nB;2;4\nC;3;5\n", ["commune", "population / POP", "dette"]),
        (
            "Site;2023;2023;2024;2024\nSite;Nord;Sud;Nord;Sud\nA;1;2;3;4\nB;1;2;3;4\n",
            ["Site", "2023 / Nord", "2023 / Sud", "2024 / Nord", "2024 / Sud"],
        ),
        (
            "CODGEO;LIBGEO;P19\nCode géographique;Libellé géographique;Population en 2019\n01001;L'A;776\n01002;L'B;248\n",
            ["CODGEO / Code géographique", "LIBGEO / Libellé géographique", "P19 / Population en 2019"],
        ),
    ],
)  # fmt: skip
def test_a_second_header_row_of_units_parts_or_the_same_names(look, text, labels):
    looked = look(text)
    assert looked.labels == labels
    assert set(looked.types.values()) <= {"text", "code", "integer"}
    assert [*looked.types.values()][-1] == "integer"


def test_a_first_row_of_words_where_numbers_stand_is_no_header(look):
    assert look("nom;ville;prix\nA;Lyon;gratuit\nB;Paris;12\nC;Lyon;13\n").labels == ["nom", "ville", "prix"]


@pytest.mark.parametrize(
    ("header", "years", "read"),
    [
        ("date de naissance", ["65", "72", "05"], [1965, 1972, 2005]),
        ("date", ["65", "72", "85"], [1965, 1972, 1985]),
        ("date", ["25", "26", "27", "28", "29"], [2025, 2026, 2027, 2028, 2029]),
        ("échéance", ["30", "45"], [2030, 2045]),
    ],
)
def test_years_of_two_digits_take_the_century_that_the_column_shows(look, header, years, read):
    looked = look(f"nom;{header}\n" + "".join(f"x;18/10/{year}\n" for year in years))
    assert [value.year for value in looked.column([*looked.types][1])] == read
    assert looked.guess("Format").certain  # the 18th of a month: nothing to ask about the order


@pytest.mark.parametrize("header", ["siret", "Identifiant entreprise"])
@pytest.mark.parametrize("space", [" ", "\u00a0"])
def test_a_siret_written_with_spaces_is_no_number(look, header, space):
    assert all(map(check_digit_is_valid, SIRETS))
    sirets = [space.join((text[:3], text[3:6], text[6:9], text[9:])) for text in SIRETS]
    looked = look(f"nom;{header}\n" + "".join(f"x;{text}\n" for text in sirets))
    assert looked.column([*looked.types][1]) == sirets
    assert looked.guess("Identifiant").certain


def test_a_siret_without_its_check_digit_is_not_certain(look):
    looked = look("nom;siret\na;55210055400014\nb;21440109300015\n")
    assert looked.types["siret"] == "code"
    assert not looked.guess("Identifiant").certain


def test_amounts_of_nine_digits_are_no_siren(look):
    looked = look("nom;montant\na;552 100 551\nb;123 456 781\nc;222 222 222\n")
    assert looked.types["montant"] == "integer"
    assert not looked.guess("Milliers").certain


@pytest.mark.parametrize("end", ["x", ""])
def test_decimal_commas_without_quotes_in_most_rows_are_refused(refuse, end):
    reason = refuse(f"nom,montant,note\nA,100 000,00,{end}\nB,250 000,50,{end}\nC,3,{end}\n")
    assert reason.startswith("Ligne 2 : « 100 000,00 », écrit sans guillemets, est coupé en deux")
    assert "point-virgule" in reason


@pytest.mark.parametrize("end", ["x", ""])
def test_a_decimal_comma_without_quotes_costs_its_row_only(look, end):
    looked = look(f"nom,montant,note\nA,100 000,00,{end}\nB,25,y\nC,12,z\nD,13,t\n")
    assert looked.kinds() == [(2, "mal formée")]
    assert "« 100 000,00 », écrit sans guillemets" in looked.quarantined[0]["reason"]
    assert looked.column("montant") == [25, 12, 13]


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("n_agents", ["12", "13", "15"]),
        ("population_insee", ["12345", "23456", "8000"]),
        ("CP", ["23", "22", "19"]),  # cours préparatoire
        ("nb_code", ["3", "4", "3"]),
    ],
)
def test_counts_named_like_codes_are_numbers(look, header, values):
    looked = look(f"nom;{header}\n" + "".join(f"x;{value}\n" for value in values))
    assert [*looked.types.values()][1] == "integer"


@pytest.mark.parametrize(
    ("header", "values", "certain"),
    [
        ("COM", ["44109", "44143", "35238"], True),
        ("COM", ["44999", "44143", "35238"], False),
        ("NUMDEP", ["44", "35", "49"], True),
        ("REG", ["52", "53", "11"], True),
        ("Postal", ["44000", "35000", "49000"], True),
        ("EPCI", ["244400404", "243500139"], True),
        ("code", ["12", "13", "14"], False),
        ("lieu", ["44109", "44143", "35238", "49007", "72181", "53130", "85191", "56260", "29019", "22278", "14118", "50129"], True),
    ],
)  # fmt: skip
def test_codes_named_like_counts_are_identifiers(look, header, values, certain):
    looked = look(f"nom;{header}\n" + "".join(f"x;{value}\n" for value in values))
    assert [*looked.types.values()][1] == "code"
    assert looked.guess("Identifiant").certain is certain


@pytest.mark.parametrize(
    "text",
    [
        "A12;école\nA13;mairie\nA14;stade\n",
        "Jules Ferry;Lyon;NA\nJean Moulin;Lyon;130\nPrévert;Paris;80\n",
        "Martin;Jules;Lyon;Haute;Nord;12\nDurand;Jean;Paris;Basse;Sud;13\nPetit;Ana;Nice;Noire;Est;15\n",
        "12 rue Haute;Lyon\n13 rue Basse;Paris\n4 place Noire;Nice\n",
    ],
)
def test_a_file_without_header_keeps_its_first_row(look, text):
    looked = look(text)
    assert looked.labels == [f"Colonne {place}" for place in range(1, len(looked.labels) + 1)]
    assert len(looked.rows) == 3
    assert not looked.quarantined


def test_days_of_the_month_as_headers_are_headers(look):
    assert look("Nom;1;2;3;4\nA;12;14;13;1\nB;1;4;3;1\n").labels == ["Nom", "1", "2", "3", "4"]


def test_records_broken_over_several_lines_are_joined(look):
    looked = look("id;nom;texte;n\n1;A;bon\nétat;12\n2;B;rien;5\n3;C;vu\n\nle soir;7\n4;D;ok;8\n")
    assert looked.column("texte") == ["bon\nétat", "rien", "vu\n\nle soir", "ok"]
    assert looked.column("n") == [12, 5, 7, 8]
    assert looked.column("_line") == [2, 4, 5, 8]
    assert looked.guess("Lignes coupées").value == "2 recollée(s), la première en ligne 2"


def test_a_last_cell_broken_over_two_lines_is_joined(look):
    looked = look("id;n;note\n1;3;bon état\ngénéral du bâtiment\n2;4;rien\n3;5;à revoir\n")
    assert looked.column("note") == ["bon état\ngénéral du bâtiment", "rien", "à revoir"]


def test_two_short_rows_that_follow_are_not_joined(look):
    body = "".join(f"{n};nom {n};{n}\n" for n in range(1, 21))
    looked = look("id;nom;valeur\n" + body + "21;court\n22;d\n23;bon;1\n")
    assert looked.kinds() == [(22, "mal formée"), (23, "mal formée")]


def test_a_mean_of_the_week_among_days_is_no_day(look):
    week = [f"{day:02}/09/2025;{100 + day}\n" for day in range(1, 6)]
    looked = look(
        "date;repas\n"
        + "".join(week)
        + "Total semaine;515\nMoyenne semaine;103\n22/09/2025;7\nMoyenne du mois;99\n"
    )
    assert looked.types == {"date": "date", "repas": "integer"}
    assert looked.kinds() == [(7, "total"), (8, "total"), (10, "total")]
    assert "moyenne des lignes 2 à 6" in looked.quarantined[1]["reason"]


def test_a_mean_among_places_is_proven_by_its_numbers(look):
    rows = "".join(f"école {place};{100 + place}\n" for place in range(1, 6))
    assert look(f"site;repas\n{rows}Moyenne;103\n").kinds() == [(7, "total")]
    assert not look(f"site;repas\n{rows}Moyenne section;99\n").quarantined


def test_a_workbook_called_by_the_name_of_another_is_read_by_its_content(look, make_workbook):
    content = make_workbook({"Feuille": [["nom", "n"], ["a", 1], ["b", 2]]})
    for name in ("classeur.xls", "classeur.ods"):
        assert look(content, name).column("nom") == ["a", "b"]


def test_eight_digits_that_are_all_days_are_days(look):
    looked = look("periode;n\n20200327;1\n20200328;2\n20200329;4\n")
    assert looked.column("periode") == [date(2020, 3, 27), date(2020, 3, 28), date(2020, 3, 29)]
    assert not looked.guess("Format").certain
    assert look("montant;n\n20200327;1\n20200328;2\n20200329;4\n").types["montant"] == "integer"


def test_one_wrong_siret_among_many_is_no_doubt_about_the_column(look):
    good = [f"21{number:012d}" for number in range(10_000)]
    sirets = [text for text in good if check_digit_is_valid(text)][:399]
    wrong = next(text for text in good if not check_digit_is_valid(text))
    looked = look("nom;siret\n" + "".join(f"x;{text}\n" for text in [*sirets, wrong]))
    assert looked.column("siret") == [*sirets, wrong]  # kept as it is written
    assert looked.guess("Identifiant").certain
    fewer = look("nom;siret\n" + "".join(f"x;{text}\n" for text in [*sirets[:100], wrong]))
    assert not fewer.guess("Identifiant").certain


def test_numbers_that_come_in_lists_stay_a_text_without_a_question(look):
    looked = look("nom;contrats\n" + "".join(f"x{n};{n + 1200}\n" for n in range(40)) + "y;1286,1289,1295\n")
    assert looked.types["contrats"] == "text"
    assert looked.guess("Type de").certain
    noted = look("nom;effectif\n" + "".join(f"x{n};{n + 1200}\n" for n in range(40)) + "y;environ 12\n")
    assert not noted.guess("Type de").certain


def test_decimals_that_a_program_added_to_whole_numbers_are_no_doubt(look):
    looked = look("nom;effectif\na;12.0\nb;7.0\nc;130.0\n")
    assert looked.column("effectif") == [12, 7, 130]
    assert looked.guess("Décimales").certain


def test_names_as_programs_write_them_are_a_header_without_a_question(look):
    for text in (
        "service_id,date,exception_type\n",  # no row yet
        'agency_id,agency_name,agency_lang\n"RES_1","Réseau du canton","fr"\n',
        "siteId,siteName\nGare,Centre\n",
    ):
        header = look(text).guess("En-tête")
        assert (header.chosen, header.certain) == ("1", True), text
    assert not look("Gare,Centre\n").guess("En-tête").certain
    coded = look("ligne_bleue,arret_gare\nligne_rouge,arret_mairie\nligne_verte,arret_stade\n")
    assert not coded.guess("En-tête").certain  # all rows are written so: a row of values, perhaps


def test_a_column_that_holds_nothing_is_about_nobody_whatever_its_header(look):
    looked = look("nom_du_site;courriel;repas\nGare;;12\nCentre;;14\n")
    assert not looked.personal
    assert look("nom_du_site;courriel;repas\nGare;;12\nCentre;a.b@exemple.fr;14\n").personal
    # Without a row, or with marks of absence, nothing shows that it will hold none.
    assert look("nom_du_site;courriel;repas\n").personal == {"courriel": "email"}
    assert look("nom_du_site;courriel;repas\nGare;NC;12\nCentre;NC;14\n").personal == {"courriel": "email"}


def test_numbers_and_letters_that_name_classes_stay_a_text_without_a_question(look):
    rows = "".join(f"x{n};{n % 5 + 1}\n" for n in range(100))
    looked = look(f"nom;classe iris\n{rows}y;Z\nz;Z\n")
    assert looked.types["classe_iris"] == "text"
    assert looked.guess("Type de").certain
    assert not look(f"nom;nombre d'enfants\n{rows}y;Z\n").guess("Type de").certain  # to be summed
    assert not look(f"nom;classe iris\n{rows}y;environ 3\n").guess("Type de").certain
    assert (
        not look("nom;classe iris\n" + "".join(f"x{n};{n}\n" for n in range(9)) + "y;Z\n")
        .guess("Type de")
        .certain
    )
    larger = "".join(f"x{n};{n % 5 + 10}\n" for n in range(200))
    assert not look(f"nom;classe iris\n{larger}y;Z\n").guess("Type de").certain
