"""The secret key of the instance is exchanged: the key that signs the residents' page and the accounts of destinations still open."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from beffroi.home import Home
from beffroi.web.continuity.destinations import place_opening
from beffroi.web.continuity.models import Destination, SiteKey
from beffroi.web.continuity.restoration_site import document_signing, kit_part, page_setup
from beffroi.web.operations import keys
from beffroi.web.platform.scope import nowhere
from places import a_person, a_territory


@pytest.mark.django_db
def test_what_the_former_key_sealed_opens_with_the_new_one(home: Home, settings: Any):
    territory = a_territory()
    secretary = a_person(territory, "administrator")
    settings.SECRET_KEY = home.secret_key.read_text("ascii")
    page_setup.set_up(territory, secretary, title="Vos services", languages=[], names=["Cantine"])
    sealed = place_opening.seal_secret(password="mot de passe", private_key="")
    fields = {
        "use": "site",
        "kind": "ftps",
        "name": "Hébergeur",
        "address": "ftp.example",
        "trial_folder": ".x",
    }
    place = Destination.objects.create(
        territory=territory, declared_by=secretary, account="depot", sealed_secret=sealed, **fields
    )
    with nowhere():
        assert keys.renew_secret(home) == 2
    settings.SECRET_KEY = home.secret_key.read_text("ascii")
    place.refresh_from_db()
    assert place.sealed_secret != sealed
    assert place_opening._secret_of(place).password == "mot de passe"
    pair = kit_part.signing_pair(territory)
    assert pair is not None and document_signing.verify(b"x", document_signing.sign(b"x", pair[0]), pair[1])
    with nowhere():
        assert keys.unreadable_secrets(home).holders == []
    SiteKey.objects.of(territory).update(sealed_secret="sealed:1:perdu")
    Destination.objects.of(territory).update(sealed_secret="sealed:1:perdu")
    with nowhere():
        assert len(keys.unreadable_secrets(home).holders) == 2
    Destination.objects.of(territory).update(sealed_secret="")
    with pytest.raises(DatabaseError), transaction.atomic():
        Destination.objects.of(territory).update(sealed_secret=sealed)
