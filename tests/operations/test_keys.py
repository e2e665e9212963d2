"""The secret key of a home is exchanged: what it sealed opens with the new one, what it signed no longer counts."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from beffroi.home import Home, HomeError, write_safely
from beffroi.lake.sources.specs import Secret
from beffroi.web.catalogue.sources import connections
from beffroi.web.catalogue.sources.models import Source
from beffroi.web.continuity.models import KitPhrase
from beffroi.web.continuity.offline_kit.passphrase import unsealed_phrase
from beffroi.web.operations import findings, integrity, keys
from beffroi.web.operations.locks import exclusive
from beffroi.web.platform import ledger, sealing
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.platform.scope import host, nowhere
from beffroi.web.tenancy.models import IdentityProvider
from places import a_person, a_territory, elsewhere, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(home: Home, settings) -> Person:
    """A person with a second factor, in a territory with a provider and a source: each has a secret."""
    town = a_territory(fictional=False)
    settings.SECRET_KEY = home.secret_key.read_text("ascii")
    somebody = a_person(town, "agent")
    TOTP.activate(somebody, generate_totp_secret())
    with elsewhere(town):
        IdentityProvider.objects.create(
            territory=town, public_id="ville-1", sealed_secret=sealing.seal("secret client")
        )
        Source.objects.create(territory=town, sealed_secret=connections.seal_secret(Secret(token="jeton")))
        Source.objects.create(territory=town, title="sans secret")
    return somebody


def renew_secret(home: Home) -> int:
    """As the command does it, outside every territory."""
    with nowhere():
        return keys.renew_secret(home)


def secrets_kept() -> list[str]:
    with elsewhere(Territory.objects.get()):
        provider, source = IdentityProvider.objects.get(), Source.objects.exclude(sealed_secret="").get()
    seed = Authenticator.objects.get().data["secret"]
    return [
        sealing.unseal(provider.sealed_secret), connections.open_secret(source.sealed_secret).token, sealing.unseal(seed)
    ]  # fmt: skip


def test_what_was_sealed_opens_with_the_new_key_and_no_longer_with_the_former(home, person, settings):
    before, former = secrets_kept(), settings.SECRET_KEY
    assert renew_secret(home) == 3
    assert home.secret_key.read_text("ascii") != former and not home.former_secret_key.exists()
    assert home.secret_key.stat().st_mode & 0o077 == 0
    with pytest.raises(sealing.CannotUnseal):
        secrets_kept()
    settings.SECRET_KEY = home.secret_key.read_text("ascii")
    assert secrets_kept() == before
    with nowhere(), host():
        assert ledger.lines_of(None).latest("seq").act == "host.renew_secret"


def test_the_passphrase_of_the_kit_opens_with_the_new_key_too(home, person, settings):
    town = Territory.objects.get()
    with elsewhere(town):
        for phrase in ("la-toute-premiere", "celle-qui-sert"):
            KitPhrase.objects.create(territory=town, sealed=sealing.seal(phrase), by=person)
    assert renew_secret(home) == 4, "the one in use, and the three others"
    settings.SECRET_KEY = home.secret_key.read_text("ascii")
    with elsewhere(town):
        assert unsealed_phrase(town) == "celle-qui-sert"
    with nowhere():
        assert keys.unreadable_secrets(home).holders == []


def test_a_secret_within_the_json_of_a_waiting_job_opens_with_the_new_key(home, person, settings):
    town = Territory.objects.get()
    token = connections.seal_secret(Secret(token="jeton du portail"))
    with elsewhere(town):
        Job.objects.create(territory=town, kind="push", key="push:1", arguments={"many": [{"sealed": token}]})
        Job.objects.create(territory=town, kind="push", key="push:2", arguments={"dataset": "arbres"})
    assert renew_secret(home) == 4
    settings.SECRET_KEY = home.secret_key.read_text("ascii")
    with elsewhere(town):
        again = Job.objects.get(key="push:1").arguments["many"][0]["sealed"]
        assert Job.objects.get(key="push:2").arguments == {"dataset": "arbres"}
    assert again != token and connections.open_secret(again).token == "jeton du portail"


def test_a_text_typed_like_a_secret_neither_stops_the_renewal_nor_changes(home, person):
    town = Territory.objects.get()
    typed = {"notes": ["sealed:1:à rappeler", "sealed:1:gAAAAABm", "sealed:1:"]}
    with elsewhere(town):
        Job.objects.create(territory=town, kind="push", key="push:1", arguments=typed)
    assert renew_secret(home) == 3
    with elsewhere(town):
        assert Job.objects.get(key="push:1").arguments == typed


def test_a_draft_of_a_source_goes_with_the_session_that_holds_its_secret(home, person):
    session = SessionStore()
    session["source-draft:1"] = {"sealed": connections.seal_secret(Secret(token="jeton")), "answers": {}}
    session.save()
    renew_secret(home)
    assert not SessionStore().exists(session.session_key)


def test_each_column_of_a_territory_that_holds_sealed_texts_is_sealed_again():
    """By name, whatever the room: `sealed` or `sealed_…`."""
    named = {f"{model.__name__}.{name}" for model, name in keys.sealed_columns()}
    assert named >= {
        "CopySecret.sealed",
        "KitListContent.sealed",
        "Source.sealed_secret",
        "SiteKey.sealed_secret",
    }
    assert "KitPhrase.sealed" not in named, "append-only: a further row"


def test_everybody_signs_in_again(home, person):
    client = strongly(Client(), person)
    assert get_user(client).is_authenticated
    renew_secret(home)
    assert not get_user(client).is_authenticated


def test_a_change_cut_short_is_finished_by_the_same_command(home, person, settings, monkeypatch):
    before = secrets_kept()
    with monkeypatch.context() as cut:
        cut.setattr(keys, "_seal_again", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            renew_secret(home)
    new = home.secret_key.read_text("ascii")
    assert home.former_secret_key.read_text("ascii") == settings.SECRET_KEY != new
    assert renew_secret(home) == 3 and not home.former_secret_key.exists()
    settings.SECRET_KEY = home.secret_key.read_text("ascii")
    assert new == settings.SECRET_KEY and secrets_kept() == before


def test_a_key_that_was_only_copied_is_still_exchanged(home, person, settings):
    write_safely(home.former_secret_key, home.secret_key.read_bytes())
    renew_secret(home)
    assert home.secret_key.read_text("ascii") != settings.SECRET_KEY


def test_a_secret_that_neither_key_opens_stops_the_change_and_both_keys_stay(home, person):
    with elsewhere(Territory.objects.get()):
        Source.objects.filter(title="sans secret").update(sealed_secret=sealing.seal("x", "a third key"))
    kept = Authenticator.objects.get().data
    with pytest.raises(HomeError, match="les deux clés sont gardées"):
        renew_secret(home)
    assert home.former_secret_key.exists() and Authenticator.objects.get().data == kept


def test_an_instance_that_serves_keeps_its_key(home, person, settings):
    with exclusive(home, "serve", "busy"), pytest.raises(HomeError, match="arrêtez-la"):
        renew_secret(home)
    assert home.secret_key.read_text("ascii") == settings.SECRET_KEY


def test_the_home_holds_its_new_key_for_its_own(home, person):
    with nowhere():
        integrity.record(home)
        assert findings.of_files(home) == []
        keys.renew_secret(home)
        assert findings.of_files(home) == []
        write_safely(home.secret_key, b"another's")
        assert [found.key for found in findings.of_files(home)] == ["key:secret.key"]
