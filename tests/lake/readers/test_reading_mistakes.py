"""One mistake of real exports a test, each in a small file made on the spot."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest

from beffroi.lake.readers.columns import identifiers, personal_kinds

PLAIN = "nom;montant;date\nécole Été;12,50;01/09/2024\nmairie;3,00;15/10/2024\n"


def test_a_clean_file_is_read_as_it_is(look):
    looked = look(PLAIN)
    assert looked.types == {"nom": "text", "montant": "decimal", "date": "date"}
    assert looked.rows == [
        {"nom": "école Été", "montant": Decimal("12.5"), "date": date(2024, 9, 1), "_line": 2},
        {"nom": "mairie", "montant": Decimal("3"), "date": date(2024, 10, 15), "_line": 3},
    ]


@pytest.mark.parametrize(
    "encoding",
    [
        "utf-8",
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "cp1252",
        "latin-1",
        "iso8859-15",
        "cp850",
        "mac_roman",
    ],
)
def test_accents_are_right_whatever_the_encoding(look, encoding):
    text = "nom;lieu;prix\n" + "".join(
        f"{name};{place};{price},50\n"
        for price, (name, place) in enumerate(
            [
                ("école élémentaire", "Nîmes"),
                ("crèche « Les Épis »", "Besançon"),
                ("foyer Noël", "Aÿ"),
                ("théâtre", "Forêt-la-Folie"),
                ("où çà", "Pœuilly") if encoding not in ("latin-1", "cp850") else ("où çà", "Poeuilly"),
                ("MAIRIE D'ÉVRY", "ÉVRY"),
            ]
        )
    )
    looked = look(text.encode(encoding))
    assert looked.column("nom")[:3] == ["école élémentaire", "crèche « Les Épis »", "foyer Noël"]
    assert looked.column("lieu") == [row.split(";")[1] for row in text.splitlines()[1:]]
    assert looked.guess("Encodage").value


def test_a_file_that_mixes_two_encodings_keeps_all_its_accents(look):
    content = b"nom;n\n" + "école;1\n".encode() * 3 + "crèche;2\n".encode("cp1252") * 3
    assert look(content).column("nom") == ["école"] * 3 + ["crèche"] * 3


def test_double_encoded_accents_are_repaired(look):
    text = "nom;n\nécole;1\ncrèche;2\nforêt;3\nthéâtre;4\n"
    assert look(text.encode().decode("cp1252").encode()).column("nom") == [
        "école",
        "crèche",
        "forêt",
        "théâtre",
    ]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|", "~", ":"])
def test_any_separator_is_found(look, separator):
    rows = [["ville", "habitants", "code"], ["Nantes", "323204", "44109"], ["Rezé", "43322", "44143"]]
    looked = look("\n".join(separator.join(row) for row in rows) + "\n")
    assert looked.column("habitants") == [323204, 43322]
    assert looked.column("ville") == ["Nantes", "Rezé"]


def test_a_decimal_comma_is_not_a_separator(look):
    looked = look("quartier;longueur\n1;21548,7\n2;22597,3\n3;1,25\n")
    assert looked.types == {"quartier": "integer", "longueur": "decimal"}
    assert sum(looked.column("longueur")) == Decimal("44147.25")


def test_a_line_break_inside_quotes_stays_in_its_cell(look):
    looked = look('a;b;c\n1;"deux\nlignes";x\n2;une;y\n')
    assert looked.column("b") == ["deux\nlignes", "une"]
    assert looked.column("_line") == [2, 4]


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f"])
def test_spaces_in_thousands_are_taken_off(look, space):
    looked = look(f"v;n\na;1{space}234\nb;12{space}345{space}678\nc;5\n")
    assert looked.column("n") == [1234, 12345678, 5]
    assert looked.types["n"] == "integer"


def test_points_in_thousands_are_taken_off_when_a_comma_follows(look):
    assert look("v;n\na;1.234,56\nb;12.345.678,90\n").column("n") == [
        Decimal("1234.56"),
        Decimal("12345678.90"),
    ]


def test_exponents_are_numbers(look):
    looked = look("v;n\na;1,5E+03\nb;2E-2\nc;7\n")
    assert looked.types["n"] == "number"
    assert looked.column("n") == [1500.0, 0.02, 7.0]


def test_euro_signs_are_stripped_and_reported(look):
    looked = look("v;prix\na;12,50 €\nb;3 €\n")
    assert looked.column("prix") == [Decimal("12.5"), Decimal("3")]
    assert looked.guess("Unité").value == "€"


def test_more_than_four_decimals_stay_exact_as_floating_point(look):
    looked = look("v;lat\na;43,61100267\nb;43,6092338415\n")
    assert looked.types["lat"] == "number"
    assert looked.column("lat") == [43.61100267, 43.6092338415]


def test_whole_numbers_written_with_point_zero_are_whole(look):
    assert look("v,n\na,12.0\nb,7.0\n").types["n"] == "integer"


@pytest.mark.parametrize(
    "header",
    [
        "OBJECTID,N,9,0;NOM,C,40;DATE_C,D",
        '"OBJECTID,N,9,0";"NOM,C,40";"DATE_C,D"',
    ],
)
def test_a_dbf_header_gives_names_and_hints(look, header):
    looked = look(f"{header}\n1;Été;01/02/14\n2;0012;03/02/14\n")
    assert looked.labels == ["OBJECTID", "NOM", "DATE_C"]
    assert looked.types == {"objectid": "integer", "nom": "text", "date_c": "date"}


def test_a_dbf_header_between_commas_is_put_together_again(look):
    looked = look("ID,N,6,0,NOM,C,50,DATDC,D\n1,Arc,01/01/08\n2,Triangle,02/01/08\n")
    assert looked.labels == ["ID", "NOM", "DATDC"]
    assert looked.column("id") == [1, 2]
    looked = look('"ID,N,6,0","NOM,C,50"\n1,Arc\n2,Triangle\n')
    assert looked.labels == ["ID", "NOM"]


def test_a_dbf_text_made_of_digits_is_an_identifier(look):
    looked = look("ARBRE,C,10;X,C,50\n248.1;3,8732007528\n248.10;3,8818441805\n")
    assert looked.types == {"arbre": "code", "x": "number"}
    assert looked.column("arbre") == ["248.1", "248.10"]


def test_title_rows_above_the_header_are_quarantined(look):
    looked = look(
        "Budget de la ville\nExercice 2023\n\nchapitre;libelle;montant\n011;Énergie;12,5\n012;Paie;30\n"
    )
    assert looked.column("libelle") == ["Énergie", "Paie"]
    assert looked.kinds() == [(1, "titre"), (2, "titre")]
    assert looked.column("_line") == [5, 6]


def test_a_file_without_header_gets_names_and_keeps_its_first_row(look):
    looked = look("21010034300016;Pommes;2022-05-02;90,11\n21010034300016;Poires;2022-05-03;910,11\n")
    assert list(looked.types) == ["colonne_1", "colonne_2", "colonne_3", "colonne_4"]
    assert looked.types["colonne_1"] == "code"
    assert len(looked.rows) == 2
    assert looked.guess("En-tête").value == "aucun"


def test_years_as_headers_are_headers(look):
    looked = look("ville;2021;2022;2023\nNantes;12;13;14\nRezé;5;6;7\n")
    assert looked.labels == ["ville", "2021", "2022", "2023"]
    assert list(looked.types) == ["ville", "c_2021", "c_2022", "c_2023"]


def test_duplicate_and_empty_names_become_unique(look):
    looked = look("nom;nom;;Nom\na;b;1;c\nd;e;2;f\n")
    assert list(looked.types) == ["nom", "nom_2", "colonne_3", "nom_3"]
    assert looked.labels == ["nom", "nom", "Colonne 3", "Nom"]


def test_ragged_rows_are_quarantined_with_their_line(look):
    body = "".join(f"{n};nom {n};{n}\n" for n in range(1, 21))
    looked = look("id;nom;valeur\n" + body + "21;trop;de;cellules\n22;court\n23;bon;1\n")
    assert looked.kinds() == [(22, "mal formée"), (23, "mal formée")]
    assert looked.quarantined[0]["raw"] == "21;trop;de;cellules"
    assert "4 cellules" in looked.quarantined[0]["reason"]
    assert looked.column("_line")[-1] == 24


def test_separators_too_many_at_the_ends_of_rows_lose_nothing(look):
    looked = look("a;b;;;\n1;x;;;\n2;y;;;\n")
    assert list(looked.types) == ["a", "b"]
    assert len(looked.rows) == 2


def test_an_unclosed_quote_costs_one_row_only(look):
    body = "".join(f'{n};"nom {n}";{n}\n' for n in range(1, 11))
    looked = look("id;nom;valeur\n" + body + '11;"jamais fermé;3\n12;"bon";4\n13;"bon";5\n')
    assert looked.kinds() == [(12, "mal formée")]
    assert looked.quarantined[0]["raw"] == '11;"jamais fermé;3'
    assert looked.column("id")[-2:] == [12, 13]


def test_a_stray_quote_in_the_last_cell_swallows_nothing(look):
    body = "".join(f"{n};nom;{n}\n" for n in range(1, 2001))
    looked = look('id;nom;valeur\n0;nom;"ouvert\n' + body)
    assert looked.kinds() == [(2, "mal formée")]
    assert len(looked.rows) == 2000


def test_blank_lines_inside_are_counted_and_those_at_the_end_are_not(look):
    looked = look("a;b\n1;x\n\n2;y\n;\n3;z\n\n\n")
    assert looked.kinds() == [(3, "vide"), (5, "vide")]
    assert looked.table.rows_read == 5


def test_total_rows_at_the_end_are_quarantined(look):
    looked = look("service;montant\nVoirie;10\nÉcoles;20\nTotal général;30\n")
    assert looked.kinds() == [(4, "total")]
    assert sum(looked.column("montant")) == 30


def test_a_company_called_total_is_not_a_total(look):
    looked = look("fournisseur;montant\nEDF;10\nTotal Énergies;20\n")
    assert not looked.quarantined


def test_a_last_row_of_sums_without_a_name_is_a_total(look):
    looked = look("code;structure;type;projet;montant\n1;A;F;p;10\n2;B;F;q;25\n;;;;35\n")
    assert looked.kinds() == [(4, "total")]


def test_repeated_header_row_is_quarantined(look):
    looked = look("nom;n;v\na;1;2\nb;2;3\nnom;n;v\nc;3;4\n")
    assert looked.kinds() == [(4, "en-tête")]
    assert looked.types["n"] == "integer"


def test_a_table_enclosed_in_one_column_is_unwrapped(look):
    looked = look(
        '"siret,""nom"",""prix"""\n"21010034300016,""Pommes"",""90.11"""\n"21010034300016,""Poires"",""3.5"""\n'
    )
    assert looked.types == {"siret": "code", "nom": "text", "prix": "decimal"}


def test_old_mac_line_endings_are_read(look):
    looked = look("a;b\r1;x\r2;y\r")
    assert looked.column("b") == ["x", "y"]
    assert looked.column("_line") == [2, 3]


def test_doubled_quotes_inside_quotes_are_unescaped(look):
    assert look('a;b\n"dit ""oui""";1\n"dit ""non""";2\n').column("a") == ['dit "oui"', 'dit "non"']


def test_a_column_with_one_wrong_value_stays_text_and_keeps_all_rows(look):
    looked = look("nom;prix\na;1,5\nb;gratuit\nc;2,5\n")
    assert looked.types["prix"] == "text"
    assert not looked.quarantined
    assert "reste en texte" in looked.guess("Type de « prix »").why


def test_one_misfit_among_very_many_values_is_quarantined_as_a_row(look):
    body = "".join(f"nom {n};{n}\n" for n in range(1000))
    looked = look("nom;prix\n" + body + "autre;douze\n")
    assert looked.types["prix"] == "integer"
    assert looked.kinds() == [(1002, "type")]
    assert "douze" in looked.quarantined[0]["reason"]
    assert "prix" in looked.quarantined[0]["reason"]
    assert looked.quarantined[0]["raw"] == "autre;douze"


def test_marks_of_absence_are_missing_values_in_typed_columns_only(look):
    looked = look("nom;n;d\nNA;1;2024-01-01\nb;NA;-\nc;n/a;NULL\nd;4;2024-01-03\n")
    assert looked.column("n") == [1, None, None, 4]
    assert looked.column("d") == [date(2024, 1, 1), None, None, date(2024, 1, 3)]
    assert looked.column("nom")[0] == "NA"
    assert "NA" in looked.guess("Valeurs manquantes de « n »").value


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("siret", ["21440109300015", "21440143200010"]),
        ("siren", ["214401093", "214401432"]),
        ("Code INSEE", ["44109", "44143"]),
        ("code_postal", ["44000", "44400"]),
        ("CP", ["34000", "34070"]),
        ("Téléphone", ["0240419000", "0240844300"]),
        ("uai", ["0440001A", "0440002B"]),
        ("finess", ["440000289", "440000271"]),
        ("quelconque", ["007", "012"]),
        ("quelconque", ["214401093", "214401432"]),
        ("quelconque", ["12345678901234", "12345678901235"]),
        ("quelconque", ["2A004", "44109"]),
        ("Numéro de délibération", ["464", "465"]),
        ("CDPOST", ["34070", "34000"]),
    ],
)
def test_identifiers_stay_text(look, header, values):
    looked = look(f"nom;{header}\n" + "".join(f"x;{value}\n" for value in values))
    name = list(looked.types)[1]
    assert looked.types[name] == "code"
    assert looked.column(name) == values
    assert looked.guess("Identifiant").value


def test_a_leading_zero_far_down_still_makes_an_identifier(look):
    body = "".join(f"x;{n}\n" for n in range(1000, 4000))
    looked = look("nom;rang\n" + body + "x;0999\n")
    assert looked.types["rang"] == "code"
    assert looked.column("rang")[-1] == "0999"


def test_postcodes_that_lost_their_zero_are_pointed_out(look):
    looked = look("nom;code_postal\na;1000\nb;44000\nc;6000\n")
    assert "2 code(s)" in next(g.value for g in looked.table.guesses if "vérifier" in g.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31/12/2023", date(2023, 12, 31)),
        ("1/2/2023", date(2023, 2, 1)),
        ("31/12/23", date(2023, 12, 31)),
        ("2023-12-31", date(2023, 12, 31)),
        ("2023/12/31", date(2023, 12, 31)),
        ("31-12-2023", date(2023, 12, 31)),
        ("31.12.2023", date(2023, 12, 31)),
        ("2023-12-31 00:00:00", date(2023, 12, 31)),
        ("2023-12-31 08:30", datetime(2023, 12, 31, 8, 30)),
        ("2023-12-31T08:30:15", datetime(2023, 12, 31, 8, 30, 15)),
        ("31/12/2023 08:30", datetime(2023, 12, 31, 8, 30)),
        ("2023-12-31T08:30:15.5+01:00", datetime(2023, 12, 31, 7, 30, 15, 500000)),
        ("08:30", time(8, 30)),
        ("8:30:15", time(8, 30, 15)),
    ],
)
def test_dates_and_times_are_typed(look, text, expected):
    assert look(f"nom;quand\na;{text}\nb;{text}\n").column("quand") == [expected, expected]


def test_an_impossible_date_is_not_a_date(look):
    looked = look("nom;date\na;31/02/2023\nb;01/03/2023\n")
    assert looked.types["date"] == "text"


def test_eight_digits_are_a_date_only_under_a_date_header(look):
    looked = look("start_date;volume\n20240701;20240701\n20240801;20250801\n")
    assert looked.types == {"start_date": "date", "volume": "integer"}


@pytest.mark.parametrize("words", [("oui", "non"), ("VRAI", "FAUX"), ("True", "False")])
def test_booleans_are_typed(look, words):
    looked = look(f"nom;actif\na;{words[0]}\nb;{words[1]}\nc;\n")
    assert looked.column("actif") == [True, False, None]


def test_zero_and_one_stay_numbers(look):
    assert look("nom;actif\na;0\nb;1\n").types["actif"] == "integer"


def test_padded_cells_are_trimmed(look):
    assert look("nom;n\n\u00a0école   ;1\n  crèche\t;2\n").column("nom") == ["école", "crèche"]


def test_personal_data_are_flagged(look):
    looked = look(
        "Nom;Prénom;Courriel;Mobile;Né le;Adresse;montant\n"
        "DUPONT;Marie;m.dupont@exemple.fr;06 12 34 56 78;01/02/1980;3 rue Haute;12\n"
        "MARTIN;Jean;j.martin@exemple.fr;0612345679;05/06/1975;4 rue Basse;15\n"
    )
    assert looked.personal == {
        "nom": "name", "prenom": "name", "courriel": "email", "mobile": "phone", "ne_le": "birth", "adresse": "address",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("eleve;geom;ecole\nE00001;POINT(2.6 47.9);Jules Ferry\nE00002;POINT(2.7 47.9);Jules Ferry\n", {"eleve", "geom", "ecole"}),
        ("numero_dossier;date_demande;quartier;qf\n2026-1;01/02/2026;Gare;tranche 1\n2026-2;03/02/2026;Centre;tranche 2\n", {"numero_dossier", "quartier", "qf"}),
        ("commune;annee_naissance;sexe\nDole;1980;F\nDole;1975;H\n", {"commune", "annee_naissance", "sexe"}),
        ("reference;code_iris;ecole_fratrie\nE1;B01;Jules Ferry\nE2;B02;\n", {"reference", "code_iris", "ecole_fratrie"}),
        ("id_foyer;conso\n12;100\n13;140\n", {"id_foyer"}),
        ("Association;Président(e);Adresse\nLes Archers;Marie Durand;3 rue Haute\nLe Club;Jean Petit;4 rue Basse\n", {"president_e", "adresse"}),
    ],
)  # fmt: skip
def test_a_row_that_is_a_person_is_personal_whatever_its_headers(look, text, flagged):
    assert set(look(text).personal) == flagged


@pytest.mark.parametrize(
    "header",
    [
        "Nom du président", "Nom du maire", "Nom de l'élu", "Président·e de l'association", "Président(e) / Responsable",
        "PRESIDENT(E)", "Adjoint(e) au maire", "Conseiller(ère) municipal(e)", "Trésorier(e)", "Directeur de l'école",
        "Nom du représentant légal", "Propriétaire",
    ],
)  # fmt: skip
def test_who_holds_an_office_is_a_person_and_the_address_beside_is_theirs(header):
    names = identifiers([header, "Adresse postale"])
    people = [["Marie DURAND", "Mme Petit Jeanne"], ["3 rue Haute", "4 rue Basse"]]
    assert personal_kinds(names, people) == ["name", "address"]
    offices = [["oui", "12"], ["3 rue Haute", "4 rue Basse"]]
    assert personal_kinds(identifiers(["Maire", "Adresse"]), offices) == [None, None]


@pytest.mark.parametrize(
    "text",
    [
        "commune;sexe;age;effectif\nDole;F;20;130\nDole;H;20;120\n",
        "ecole;eleve\nJules Ferry;120\nJean Moulin;80\n",
        "genre;espece;annee_plantation;adresse\nQuercus;robur;1980;3 rue Haute\nTilia;cordata;1990;4 rue Basse\n",
        "nom;adresse;lat;lon;acces_handicap\nPiscine;3 rue Haute;47.1;2.6;oui\nMairie;1 place;47.2;2.7;non\n",
        "batiment;age_du_batiment;commune\nMairie;120;Dole\nÉcole;40;Dole\n",
        "nomBeneficiaire;idBeneficiaire;montant\nLes Archers;12345678200010;900\nLe Club;12345678300018;100\n",
        "code_famille;produit;montant\nF12;Papier;900\nF13;Encre;100\n",
        "numero_dossier;objet;montant\n2026-1;Voirie;1200\n2026-2;École;900\n",
    ],
)
def test_places_and_counts_of_people_are_not_personal(look, text):
    assert not look(text).personal


def test_a_list_of_schools_is_not_personal(look):
    assert not look("nom;adresse;eleves\nJules Ferry;3 rue Haute;120\nJean Moulin;4 rue Basse;80\n").personal
