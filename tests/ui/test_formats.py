"""Figures, dates, sizes and durations, as French readers write them."""

import datetime
from decimal import Decimal

import pytest
from django.template import engines

from beffroi.web.ui import formats

N = "\u00a0"
B = "\u00a0"


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (1234567, None, f"1{N}234{N}567"),
        (1234.5, None, f"1{N}234,5"),
        (Decimal("0.10"), None, "0,1"),
        (12, 2, "12,00"),
        (-42, None, "\u221242"),
        (-0.001, None, "0"),
        (float("nan"), None, "–"),
        (None, None, "–"),
        ("inconnu", None, "inconnu"),
        (1e21, None, f"1{N}000{N}000{N}000{N}000{N}000{N}000{N}000"),
    ],
)
def test_a_number_has_no_break_spaces_and_a_comma(value, decimals, expected):
    assert formats.number(value, decimals) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.125, f"12,5{N}%"), (1, f"100{N}%"), (0, f"0{N}%"), (None, "–"), (-0.02, f"\u22122{N}%")],
)
def test_a_share_is_stated_in_percent(share, expected):
    assert formats.percent(share) == expected


def test_a_date_is_written_in_full_with_its_local_hour():
    assert formats.french_date(datetime.date(2026, 3, 1)) == "1er mars 2026"
    assert formats.french_date("2026-08-15") == "15 août 2026"
    noon = datetime.datetime(2026, 7, 14, 10, 5, tzinfo=datetime.UTC)
    assert formats.french_date(noon) == f"14 juillet 2026 à 12{B}h{B}05"
    assert formats.french_date("bientôt") == "bientôt"


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (0, f"0{B}octet"),
        (999, f"999{B}octets"),
        (3_400_000, f"3,4{B}Mo"),
        (2_000, f"2{B}Ko"),
        (5e12, f"5{B}To"),
        (None, "–"),
    ],
)
def test_a_size_uses_the_unit_that_people_read(octets, expected):
    assert formats.size(octets) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.2, "moins d'une seconde"),
        (4.25, f"4,2{B}s"),
        (45, f"45{B}s"),
        (200, f"3{B}min 20{B}s"),
        (7500, f"2{B}h 05{B}min"),
        (datetime.timedelta(days=4), f"4{B}jours"),
    ],
)
def test_a_duration_is_stated_in_two_units_at_most(seconds, expected):
    assert formats.duration(seconds) == expected


@pytest.mark.parametrize(
    ("count", "expected"), [(0, f"0{N}jour"), (1, f"1{N}jour"), (2, f"2{N}jours"), (1204, f"1{N}204{N}jours")]
)
def test_nought_and_one_are_singular(count, expected):
    assert formats.counted(count, "jour") == expected
    assert rendered("{{ n|nombre }}{{ n|pluralize:' jour, jours' }}", n=count).replace(" ", N) == expected


def test_the_filter_of_plurals_keeps_the_forms_of_django():
    message = (
        "{{ n }} chev{{ n|pluralize:'al,aux' }} cour{{ n|pluralize:'t,ent' }} noyau{{ n|pluralize:'x' }}"
    )
    assert rendered(message, n=0) == "0 cheval court noyau"
    assert rendered(message, n=3) == "3 chevaux courent noyaux"
    assert rendered("{{ rows|pluralize }}{{ none|pluralize }}", rows=["a", "b"], none=None) == "s"


def test_a_day_is_stated_without_its_hour():
    noon = datetime.datetime(2026, 7, 1, 10, 5, tzinfo=datetime.UTC)
    assert (
        rendered("{{ at|jour }}, {{ day|jour }}", at=noon, day=noon.date())
        == "1er juillet 2026, 1er juillet 2026"
    )


def rendered(template, **context):
    return engines["django"].from_string("{% load ui %}" + template).render(context)


def test_a_sentence_never_begins_a_line_with_a_sign():
    message = rendered("{{ told|espaces }}", told="Couverture : 90 % de « oui » ; 12 € au plus")
    assert message == f"Couverture{B}: 90{B}% de «{B}oui{B}»{B}; 12{B}€ au plus"


def test_no_break_spaces_escape_what_is_data_once_and_html_never():
    sources = ["l'arrêté", "<b>le code</b>"]
    message = rendered('{{ sources|join:" ; "|espaces }}', sources=sources)
    assert message == f"l&#x27;arrêté{B}; &lt;b&gt;le code&lt;/b&gt;"
    assert rendered("{{ told|espaces }}", told="l'avis") == "l&#x27;avis"
    assert rendered("{{ told|safe|espaces }}", told="<a href='x'>avis</a> ?") == f"<a href='x'>avis</a>{B}?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("84 ligne(s) sans nombre ont été laissées.", "84 lignes sans nombre ont été laissées."),
        (f"1{N}204 date(s), 1 site(s)", f"1{N}204 dates, 1 site(s)"),
        ("1 nombre(s) négatif(s) laissé(s) de côté", "1 nombre(s) négatif(s) laissé(s) de côté"),
        ("2 relevé(s) (le premier : ligne 1) laissé(s)", "2 relevés (le premier : ligne 1) laissés"),
        ("1 relevé(s) (ligne 12) laissé(s)", "1 relevé(s) (ligne 12) laissé(s)"),
        ("0,5 jour(s) et 3,5 jour(s)", "0,5 jour(s) et 3,5 jours"),
        ("12 sites lus. Capteur(s) absent(s).", "12 sites lus. Capteur(s) absent(s)."),
        ("f(x), 3 (a)", "f(x), 3 (a)"),
        ("12 · 10³ m³ en 2 zone(s)", "12 · 10³ m³ en 2 zones"),
    ],
)
def test_a_word_agrees_with_the_count_before_it(text, expected):
    assert formats.agreed(text) == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0, "compteurs", "compteur"),
        (1.5, "places", "place"),
        (2, "secteurs", "secteurs"),
        (1, "repas", "repas"),
        (1, "Permis", "Permis"),
        (1, "% des repas servis", "% des repas servis"),
        ("–", "compteurs", "compteurs"),
        (0, "m³", "m³"),
    ],
)
def test_a_unit_agrees_with_its_value(value, unit, expected):
    assert formats.unit_of(value, unit) == expected
