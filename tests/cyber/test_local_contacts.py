"""« Qui appeler » by place: the CSIRT of the region and the préfecture of the département, each with its source and its day."""

import re
from datetime import date

import pytest

from beffroi.guides import Register
from beffroi.web.cyber.incidents import calls, local_contacts
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Person, Territory

PHONE = re.compile(r"0[0-9 ]{9,}|[0-9]{4}")


def contact(territory: Territory, name: str) -> calls.Contact:
    return next(each for each in calls.contacts(territory) if each.name == name)


@pytest.fixture
def rennes(territory: Territory) -> Territory:
    territory.code, territory.is_fictional = "35238", False
    territory.save(update_fields=["code", "is_fictional"])
    return territory


def test_every_local_contact_has_its_source_and_the_day_it_was_read() -> None:
    known = local_contacts.load_contacts()
    every = [*known.csirts.values(), *known.delegates.values(), *known.prefectures.values()]
    assert len(every) == 17 + 18 + 101
    for each in every:
        assert each.source.title and each.source.licence and each.source.url.startswith("https://")
        assert each.source.verified_on <= each.source.read_on <= date.today()
        assert each.phone or each.address, each
        assert not each.phone or PHONE.fullmatch(each.phone), each
    # A region of the INSEE is there or is known to have none.
    regions = {
        "11",
        "24",
        "27",
        "28",
        "32",
        "44",
        "52",
        "53",
        "75",
        "76",
        "84",
        "93",
        "94",
        "01",
        "02",
        "03",
        "04",
        "06",
    }
    assert set(known.csirts) == regions - {"06"} and set(known.delegates) == regions
    # A number of the price of a special rate is no number to call in a crisis.
    assert not [each for each in known.prefectures.values() if each.phone.startswith("08")]


def test_the_list_has_the_csirt_and_the_prefecture_of_the_place(rennes: Territory) -> None:
    csirt, prefecture = contact(rennes, "Votre CSIRT régional"), contact(rennes, "Votre préfecture")
    assert csirt.phone == "0 800 200 008" and "Breizh Cyber" in csirt.why and csirt.proposed
    assert "MesServicesCyber" in csirt.source and csirt.verified_on is not None
    assert prefecture.phone == "02 99 02 10 35" and "Ille-et-Vilaine" in prefecture.why
    assert prefecture.stale, "the copy of the directory is old: the page says « à vérifier »"
    delegate = contact(rennes, "Délégué de l'ANSSI dans votre région")
    assert (delegate.phone, delegate.address) == ("", "bretagne@ssi.gouv.fr")


@pytest.mark.parametrize(
    ("code", "csirt", "prefecture"),
    [
        ("244400404", "0 800 100 200", "02 40 41 20 20"),  # an intercommunality, by its SIREN
        ("97411", "0 262 974 999", "02 62 40 77 77"),
        ("97611", "", "02 69 63 50 00"),  # Mayotte: no CSIRT in the source
        ("69123", "04 72 40 56 56", ""),  # Rhône: only a special-rate number, left out
        ("99999", "", ""),  # a place that nobody knows
    ],
)
def test_what_no_source_says_is_to_complete(
    territory: Territory, code: str, csirt: str, prefecture: str
) -> None:
    territory.code, territory.is_fictional = code, False
    assert contact(territory, "Votre CSIRT régional").phone == csirt
    assert contact(territory, "Votre préfecture").phone == prefecture


def test_an_invented_town_has_no_number_of_a_real_one(rennes: Territory) -> None:
    rennes.is_fictional = True
    assert contact(rennes, "Votre CSIRT régional").phone == ""
    assert not contact(rennes, "Votre préfecture").is_complete


def test_the_list_begins_with_the_contacts_of_the_place(rennes: Territory, officer: Person) -> None:
    register = guide(Register, "who_to_call")
    registers.begin_with_rows(rennes, officer, register)
    found = RegisterEntry.objects.of(rennes).get(values__name="Votre préfecture")
    assert found.values["phone"] == "02 99 02 10 35" and found.is_unconfirmed


def test_a_list_begun_before_the_table_shows_the_number_until_the_town_writes_its_own(
    rennes: Territory, officer: Person
) -> None:
    register = guide(Register, "who_to_call")
    old = {"name": "Votre CSIRT régional", "order": 3, "address": "https://www.cert.ssi.gouv.fr/csirt/csirt-regionaux/",
           "source": "MonAideCyber, 11 août 2026", "verified_on": "2026-11-29"}  # fmt: skip
    entry = RegisterEntry.objects.create(
        territory=rennes,
        register=register.id,
        identity="votre csirt regional",
        values=old,
        origin=RegisterEntry.Origin.GUIDE,
        revision=1,
    )
    found = contact(rennes, "Votre CSIRT régional")
    assert (found.phone, found.proposed) == ("0 800 200 008", True)
    registers.save_entry(rennes, officer, register, old | {"phone": "02 00 00 00 00"}, entry=entry)
    found = contact(rennes, "Votre CSIRT régional")
    assert (found.phone, found.proposed) == ("02 00 00 00 00", False)
