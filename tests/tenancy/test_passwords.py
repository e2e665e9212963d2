"""Passwords that leaked or that a program guesses are refused by what the wheel carries: nothing is asked of the network."""

import gzip

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from beffroi.web.platform.models import Person
from beffroi.web.tenancy.signin import passwords


@pytest.mark.parametrize(
    "password", ["Sojdlg123aljg", "leavemealone", "1Q2W3E4R5T6Y", " finalfantasy ", "websolutions"]
)
def test_a_password_that_leaked_is_refused(password):
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    assert any("a fuité" in message for message in refused.value.messages)


@pytest.mark.parametrize(
    "password", ["quatre beaux clochers", "un-beffroi-sonne-a-midi", "x" * 50 + "Voilà, mon été 86 !" * 40]
)
def test_four_words_of_nobody_are_taken(password):
    validate_password(password)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("abcdefghijkl123", "se suivent"),
        ("xyzxyzxyzxyzxyz", "se répète"),
        ("michelle198512", "mots connus"),
        ("qwertyuiop[]as", "clavier"),
        ("13-05-1985.13", "date"),
    ],
)
def test_a_password_that_a_program_guesses_is_refused_with_the_reason(password, why):
    person = Person(email="jeanne.martin@mairie.example", name="Jeanne Martin")
    with pytest.raises(ValidationError) as refused:
        passwords.GuessablePasswordValidator().validate(password, person)
    assert why in refused.value.message


@pytest.mark.parametrize("password", ["Jeanne Martin-Durand", "jeanne.martin@mairie"])
def test_a_person_s_own_name_or_address_is_refused(password):
    person = Person(email="jeanne.martin@mairie.example", name="Jeanne Martin-Durand")
    with pytest.raises(ValidationError) as refused:
        validate_password(password, person)
    assert "password_too_similar" in [error.code for error in refused.value.error_list]


def test_the_list_contains_far_more_than_the_three_thousand_most_used_that_could_be_chosen_here():
    listed = gzip.decompress(passwords.LEAKED.read_bytes()).decode().splitlines()
    assert len(listed) > 40_000
    assert min(map(len, listed)) == 12
    assert len(set(listed)) == len(listed)
