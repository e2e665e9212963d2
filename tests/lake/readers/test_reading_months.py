"""A month without a day: « 01/2025 », « janv. 2025 ». It is its first day, when it surely is a month."""

from datetime import date

import pytest

JANUARY, FEBRUARY, MARCH = date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)


def monthly(header: str, *values: str) -> str:
    """A file of waste, one row a month."""
    return f"Flux;{header};Tonnes\n" + "".join(f"Verre;{value};1{n}\n" for n, value in enumerate(values))


@pytest.mark.parametrize(
    "values",
    [
        ("01/2025", "02/2025", "03/2025"),
        ("1/2025", "2/2025", "3/2025"),
        ("01-2025", "02-2025", "03-2025"),
        ("janvier 2025", "février 2025", "mars 2025"),
        ("Janv. 2025", "FÉVR. 2025", "fevrier 2025"),
        ("janv-25", "févr-25", "mars-25"),
        ("janv.-25", "févr.-25", "mars-25"),
    ],
)
def test_a_month_is_its_first_day(look, values):
    looked = look(monthly("Mois", *values))
    assert looked.types["mois"] == "date"
    assert looked.column("mois")[:2] == [JANUARY, FEBRUARY]
    guess = looked.guess("Format de « Mois »")
    assert "lu comme le 1er du mois" in guess.value
    assert (guess.about, guess.choices, guess.chosen) == ("type", ("date", "text"), "date")


def test_every_french_month_is_distinguished(look):
    names = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ]
    looked = look(monthly("Période", *(f"{name} 2024" for name in names)))
    assert looked.column("periode") == [date(2024, month, 1) for month in range(1, 13)]
    short = [
        "janv.",
        "févr.",
        "mars",
        "avr.",
        "mai",
        "juin",
        "juil.",
        "août",
        "sept.",
        "oct.",
        "nov.",
        "déc.",
    ]
    looked = look(monthly("Période", *(f"{name} 2024" for name in short)))
    assert looked.column("periode") == [date(2024, month, 1) for month in range(1, 13)]


def test_two_digit_year_raises_a_question(look):
    assert look(monthly("Mois", "01/2025", "02/2025")).guess("Format de « Mois »").certain
    looked = look(monthly("Mois", "janv-25", "févr-25"))
    assert not looked.guess("Format de « Mois »").certain
    assert "deux chiffres" in looked.guess("Siècle de « Mois »").why


@pytest.mark.parametrize(
    "header", ["Mois", "Date de collecte", "Période de facturation", "Échéance", "mois_relevé"]
)
def test_a_header_that_speaks_of_time_is_enough(look, header):
    looked = look(monthly(header, "01/2025"))
    assert list(looked.types.values())[1] == "date"


def test_months_under_another_header_need_a_calendar_and_raise_a_question(look):
    looked = look(monthly("Relevé", "01/2025", "02/2025", "03/2025"))
    assert looked.column("releve") == [JANUARY, FEBRUARY, MARCH]
    assert not looked.guess("Format de « Relevé »").certain
    assert look(monthly("Relevé", "01/2025", "02/2025")).types["releve"] == "text"
    assert look(monthly("Relevé", "1/2025", "2/2025", "3/2025")).types["releve"] == "text"


@pytest.mark.parametrize(
    "header", ["N° de dossier", "Dossier", "Délibération", "Référence", "Code", "Numéro d'arrêté", "Marché"]
)
def test_the_number_of_an_act_is_no_month(look, header):
    looked = look(monthly(header, "01/2024", "02/2024", "03/2024", "12/2024"))
    assert list(looked.types.values())[1] in ("text", "code")


@pytest.mark.parametrize("odd", ["13/2025", "00/2025", "01/1789", "T1 2025"])
def test_one_value_that_is_no_month_keeps_a_long_column_in_text(look, odd):
    """Unlike a date: « 13/2025 » among a thousand shows that they were numbers all along."""
    months = [f"{1 + n % 12:02}/2025" for n in range(1000)]
    looked = look(monthly("Mois", *months, odd))
    assert looked.types["mois"] == "text"
    assert len(looked.rows) == 1001
    assert looked.guess("Type de « Mois »").choices == ("text", "date")


def test_a_year_and_a_month_stay_the_text_that_analyses_group_by(look):
    assert look(monthly("Mois", "2025-01", "2025-02", "2025-03")).types["mois"] == "text"


def test_column_corrected_to_a_date_accepts_every_month_format(look):
    content = monthly(
        "Réf", "2025-01", "02/2025", "03-2025", "janv. 2025", "févr-25", "31/03/2025", "13/2025"
    )
    looked = look(content, types={"ref": "date"})
    assert looked.column("ref") == [JANUARY, FEBRUARY, MARCH, JANUARY, FEBRUARY, date(2025, 3, 31)]
    assert "« 13/2025 » n’est pas une date" in looked.quarantined[0]["reason"]


def test_column_corrected_to_a_date_accepts_months_absent_from_its_first_rows(look):
    days = [f"{1 + n % 28:02}/01/2025" for n in range(600)]
    looked = look(monthly("Jour", *days, "févr. 2025"), types={"jour": "date"})
    assert looked.column("jour")[-1] == FEBRUARY
    assert not looked.quarantined


def test_column_without_dates_corrected_to_a_date_is_reported(look):
    looked = look(monthly("Mois", "hiver", "été"), types={"mois": "date"})
    assert looked.guess("Format de « Mois »").value == "aucun n'est reconnu"


def test_absent_months_are_absent(look):
    assert look(monthly("Mois", "01/2025", "NC", "03/2025")).column("mois") == [JANUARY, None, MARCH]
