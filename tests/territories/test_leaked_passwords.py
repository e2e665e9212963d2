"""Passwords that leaked are refused, from a list that the wheel carries: nothing is asked of the network."""

import gzip

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from beffroi.web.territories.signin import passwords


@pytest.mark.parametrize(
    "password", ["Sojdlg123aljg", "leavemealone", "1Q2W3E4R5T6Y", " finalfantasy ", "websolutions"]
)
def test_a_password_that_leaked_is_refused_with_what_to_do(password):
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    assert any("a fuité" in told and "quatre mots" in told for told in refused.value.messages)


def test_four_words_of_nobody_are_taken():
    validate_password("quatre beaux clochers")


def test_the_list_holds_far_more_than_the_three_thousand_most_used_that_could_be_chosen_here():
    listed = gzip.decompress(passwords.LEAKED.read_bytes()).decode().splitlines()
    assert len(listed) > 40_000
    assert min(map(len, listed)) == 12
    assert len(set(listed)) == len(listed)
