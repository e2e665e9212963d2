"""The home of a person: what they may do first, what changed, the rest; mail about what waits, as they chose."""

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from beffroi.web.platform import home_cards
from beffroi.web.platform.ledger import append
from beffroi.web.platform.ledger.memo import until_next_act
from beffroi.web.platform.models import Job
from beffroi.web.platform.request_cache import cache_reads, cached_read
from beffroi.web.tenancy import notifications
from beffroi.web.tenancy.models import NotificationChoice
from beffroi.web.tenancy.notifications import Frequency
from own_home import home  # noqa: F401  a lake of its own
from places import a_person, a_territory, poured, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return a_territory()


@pytest.fixture
def steward(town):
    return a_person(town, "data_officer")


def titles(person, town):
    return {
        section: [card.title for card in cards]
        for section, cards in home_cards.sections_for(person, town).items()
    }


def a_failure(town, person, label="Lecture de « repas.csv »"):
    return Job.objects.create(
        territory=town,
        key=f"k{Job.objects.count()}",
        kind="test",
        label=label,
        state="failed",
        started_by=person,
    )


def moment(days=0, hour=8):
    day = timezone.localdate() + timedelta(days=days)
    return timezone.make_aware(datetime(day.year, day.month, day.day, hour))


def test_an_empty_home_says_how_to_begin_and_nothing_that_one_may_not_do(town, steward):
    assert titles(steward, town)["to_do"] == ["Déposer un premier fichier"]
    reader = a_person(town, "auditor")
    assert titles(reader, town)["to_do"] == []


@pytest.mark.usefixtures("home")
def test_what_arrived_is_what_changed(town, steward):
    poured(town, steward, "repas.csv", "jour,repas\n2026-01-05,120\n2026-01-06,131\n")
    seen = titles(steward, town)
    assert seen["changed"] == ["Fichier reçu depuis sept jours"]
    assert "Jeux de données" in seen["rest"] and seen["to_do"] == []


def test_a_job_that_failed_is_for_who_started_it_and_never_an_internal_message(town, steward):
    agent = a_person(town, "agent")
    a_failure(town, agent)
    Job.objects.create(
        territory=town,
        key="upkeep",
        kind="test",
        label="Entretien des données",
        message="Entretien : petits fichiers",
    )
    assert "Travail en échec" in titles(agent, town)["to_do"]
    assert "Travail en échec" not in titles(steward, town)["to_do"]
    page = strongly(Client(), agent).get(f"/t/{town.slug}/").content.decode()
    assert "Travail en échec" in page and "Entretien" not in page


def test_a_daily_mail_says_numbers_and_no_names(town, steward, settings):
    settings.MAIL_HOST = "mail.example"
    a_failure(town, steward, "Lecture de « Liste des élèves.csv »")
    assert notifications.send_due(moment(hour=6)) == 0
    assert notifications.send_due(moment(hour=8)) == 1
    assert notifications.send_due(moment(hour=9)) == 0
    assert notifications.send_due(moment(days=1)) == 1
    message = mail.outbox[0]
    assert message.to == [steward.email] and "Travail en échec : 1" in message.body
    assert "élèves" not in message.body + message.subject and steward.name not in message.body


def test_an_invitation_leaves_by_mail_where_others_can_open_its_link(town, settings):
    chief = a_person(town, "administrator")
    settings.MAIL_HOST = "mail.example"
    page, asked = (
        f"/t/{town.slug}/reglages/personnes/inviter/",
        {"email": "agnes@example.org", "name": "Agnès"},
    )
    roles = {"roles": ["agent"], "bundle": "lire"}
    for base, sent in (("http://127.0.0.1:8000", 0), ("https://donnees.example", 1)):
        settings.BASE_URL = base
        asked["email"] = f"{sent}{asked['email']}"
        answer = strongly(Client(), chief).post(page, asked | roles)
        assert answer.status_code == 200, answer.content.decode()
        assert len(mail.outbox) == sent
        assert ("vient de partir par courriel" in answer.content.decode()) is bool(sent)
    assert "https://donnees.example/entree/" in mail.outbox[0].body and "127.0.0.1" not in mail.outbox[0].body


def test_at_once_is_for_news_only_and_never_is_never(town, steward, settings):
    settings.MAIL_HOST = "mail.example"
    notifications.choose(steward, town, {"jobs": Frequency.AT_ONCE})
    a_failure(town, steward)
    now = moment(hour=3)
    assert notifications.send_due(now) == 1
    assert notifications.send_due(now + timedelta(hours=2)) == 0
    a_failure(town, steward)
    assert notifications.send_due(now + timedelta(hours=2, minutes=10)) == 1
    notifications.choose(steward, town, {"jobs": Frequency.NEVER})
    a_failure(town, steward)
    assert notifications.send_due(moment(days=1)) == 0


def test_nothing_leaves_without_a_mail_server_and_a_failure_is_tried_again(
    town, steward, settings, monkeypatch
):
    a_failure(town, steward)
    assert notifications.send_due(moment()) == 0
    settings.MAIL_HOST = "mail.example"
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": 9, "timeout": 1},
        }
    }
    assert notifications.send_due(moment()) == 0
    assert not NotificationChoice.objects.of(town).filter(topic="jobs", announced__gt=0)


def test_the_page_stores_ones_own_choices_and_refuses_another_word(town, steward):
    client, page = strongly(Client(), steward), f"/t/{town.slug}/courriels/"
    html = client.get(page).content.decode()
    assert "Aucun courriel ne part d'ici" in html and "Travaux en échec" in html
    answers = dict.fromkeys(home_cards.topics_for(steward, town), "never")
    # Nobody is offered what they may not do.
    assert "publications" not in home_cards.topics_for(a_person(town, "agent"), town)
    assert client.post(page, answers).status_code == 302
    assert set(notifications.choices_of(steward, town).values()) == {Frequency.NEVER}
    assert client.post(page, answers | {"jobs": "hourly"}).status_code == 422
    assert notifications.forget(town, steward) == len(answers)


def test_a_value_holds_until_the_next_act(town, steward):
    computed = []

    def compute():
        computed.append(1)
        return len(computed)

    assert [until_next_act(town, "essai", compute) for _ in range(3)] == [1, 1, 1]
    append(town, "member.invite", steward, f"person:{steward.pk}", {})
    assert until_next_act(town, "essai", compute) == 2


def test_lookups_are_cached_for_pages_that_write_nothing_only(town):
    asked = []

    @cached_read
    def lookup(row):
        asked.append(row)
        return len(asked)

    for method, expected in (("GET", 1), ("POST", 3)):
        with cache_reads(method):
            lookup(town)
            lookup(type(town).objects.get(pk=town.pk))
        assert len(asked) == expected
