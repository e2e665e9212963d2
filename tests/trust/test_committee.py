"""The ethics committee: who may sit, who may vote, and what its opinion opens or shuts, in the service and in the database."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.decisions.services import DecisionError, machine_at_work
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.trust.committee import composition, services
from beffroi.web.trust.errors import TrustError
from beffroi.web.trust.models import Opinion, Seat, Session
from beffroi.web.workshop.models import SystemUse
from life import examined, somebody
from places import a_person, strongly

from .committee import MEMBERS, WHY, declared, held, last_month, opined, seated

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(territory: Territory) -> Person:
    return somebody(territory, "administrator")


def test_five_members_of_every_quality_may_give_an_opinion(territory: Territory) -> None:
    assert composition.faults(seated(territory)) == []


@pytest.mark.requirement("R52")
@pytest.mark.parametrize("but", ["expert", "independent", "citizen"])
def test_without_one_quality_the_committee_gives_no_opinion(
    use: SystemUse, territory: Territory, administrator: Person, but: str
) -> None:
    seats = seated(territory, but=but)
    told = " ".join(composition.faults(seats))
    assert "Il manque" in told and "au moins 5" in told
    declared(use, seats, administrator)
    session, member = held(territory, seats, administrator), somebody(territory, "committee_member")
    with pytest.raises(TrustError, match=r"Il manque|au moins 5"):
        services.opine(use, member, session, verdict="favourable", text=WHY, votes=(len(seats), 0, 0))


@pytest.mark.requirement("R52")
def test_elected_people_and_agents_never_are_half_of_it(territory: Territory, administrator: Person) -> None:
    seats = seated(territory)
    for n in range(3):
        seats.append(
            services.seat(
                territory, administrator, name=f"Agent {n}", function="agent", quality="agent",
                chosen="désigné par la mairie", interests="aucun", since=last_month(),
            )
        )  # fmt: skip
    assert "moitié du comité" in composition.faults(seats)[0]


def test_a_member_in_conflict_does_not_vote(
    use: SystemUse, territory: Territory, administrator: Person
) -> None:
    seats = seated(territory)
    declared(use, seats, administrator, in_conflict="Élie Élu")
    session = held(territory, seats, administrator)
    member = somebody(territory, "committee_member")
    with pytest.raises(TrustError, match="5 voix pour 4 votants"):
        services.opine(use, member, session, verdict="favourable", text=WHY, votes=(5, 0, 0))
    services.opine(use, member, session, verdict="favourable", text=WHY, votes=(4, 0, 0))


@pytest.mark.requirement("R52")
def test_who_declared_nothing_keeps_the_opinion_waiting(
    use: SystemUse, territory: Territory, administrator: Person
) -> None:
    seats = seated(territory)
    declared(use, seats[1:], administrator)
    session = held(territory, seats, administrator)
    with pytest.raises(TrustError, match="Ada Experte n'a pas encore dit"):
        services.opine(
            use,
            somebody(territory, "committee_member"),
            session,
            verdict="favourable",
            text=WHY,
            votes=(4, 0, 0),
        )


def test_the_only_expert_in_conflict_leaves_the_committee_without_one(
    use: SystemUse, territory: Territory, administrator: Person
) -> None:
    seats = seated(territory)
    declared(use, seats, administrator, in_conflict="Ada Experte")
    session = held(territory, seats, administrator)
    with pytest.raises(TrustError, match="Aucun expert sans conflit"):
        services.opine(
            use,
            somebody(territory, "committee_member"),
            session,
            verdict="favourable",
            text=WHY,
            votes=(4, 0, 0),
        )


def test_too_few_present_are_no_quorum(use: SystemUse, territory: Territory, administrator: Person) -> None:
    seats = seated(territory)
    declared(use, seats, administrator)
    session = held(territory, seats[:1], administrator)
    with pytest.raises(TrustError, match=r"1.présent sans conflit pour 5.membres") as refused:
        services.opine(
            use,
            somebody(territory, "committee_member"),
            session,
            verdict="favourable",
            text=WHY,
            votes=(1, 0, 0),
        )
    assert "Aucune personnalité indépendante sans conflit n'était présente." in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"verdict": "favourable", "votes": (2, 3, 0)}, "ne suit pas les voix"),
        ({"verdict": "unfavourable", "votes": (3, 2, 0)}, "ne suit pas les voix"),
        ({"verdict": "favourable", "votes": (2, 2, 1)}, "ne suit pas les voix"),
        ({"verdict": "reserved", "votes": (5, 0, 0)}, "réserves"),
        ({"verdict": "favourable", "reserves": ["une"], "votes": (5, 0, 0)}, "réserves"),
        ({"text": "Oui."}, "motifs"),
        ({"verdict": "maybe"}, "Choisissez"),
        ({"votes": (6, -1, 0)}, "ne font pas le compte"),
    ],
)
def test_an_opinion_says_what_was_voted(
    use: SystemUse, territory: Territory, administrator: Person, changes: dict[str, Any], words: str
) -> None:
    seats = seated(territory)
    declared(use, seats, administrator)
    session = held(territory, seats, administrator)
    said: dict[str, Any] = {"verdict": "favourable", "text": WHY, "votes": (5, 0, 0)} | changes
    with pytest.raises(TrustError, match=words):
        services.opine(use, somebody(territory, "committee_member"), session, **said)
    assert not Opinion.objects.exists()


@pytest.mark.parametrize("role", ["agent", "decider", "supervisor", "auditor", "administrator"])
def test_only_members_and_the_dpo_give_an_opinion(use: SystemUse, territory: Territory, role: str) -> None:
    seats = seated(territory)
    declared(use, seats, somebody(territory, "administrator"))
    session = held(territory, seats, somebody(territory, "administrator"))
    person = somebody(territory, role)
    with pytest.raises(PermissionDenied):
        services.opine(use, person, session, verdict="favourable", text=WHY, votes=(5, 0, 0))
    with machine_at_work(), pytest.raises(DecisionError):
        services.opine(
            use,
            somebody(territory, "committee_member"),
            session,
            verdict="favourable",
            text=WHY,
            votes=(5, 0, 0),
        )


def test_a_member_with_an_account_speaks_for_themselves_only(use: SystemUse, territory: Territory) -> None:
    administrator = somebody(territory, "administrator")
    member = somebody(territory, "committee_member")
    other = a_person(territory, "committee_member", email="autre@example.org")
    mine, theirs = (
        services.seat(
            territory, administrator, name=who.email, function="essai", quality="expert", chosen="appel à candidatures",
            interests="aucun", since=last_month(), person=who,
        )
        for who in (member, other)
    )  # fmt: skip
    services.declare(use, mine, member, conflict=False, words="aucun lien")
    with pytest.raises(TrustError, match="ses propres intérêts"):
        services.declare(use, theirs, member, conflict=False, words="aucun lien")


def test_a_member_declares_nothing_for_a_colleague_without_an_account(
    use: SystemUse, territory: Territory
) -> None:
    colleague, member = seated(territory)[0], somebody(territory, "committee_member")
    with pytest.raises(TrustError, match="ses propres intérêts"):
        services.declare(use, colleague, member, conflict=True, words="parts chez l'éditeur")
    client = Client()
    strongly(client, member)
    there = reverse("committee-interest", kwargs={"slug": territory.slug, "system": "tiny"})
    said = {"seat": colleague.pk, "conflict": "yes", "words": "parts chez l'éditeur"}
    assert client.post(there, said).status_code == 422
    assert composition.declared(use) == {}


def opined_at(use: SystemUse, session: Session) -> Opinion:
    return services.opine(
        use,
        somebody(use.territory, "committee_member"),
        session,
        verdict="favourable",
        text=WHY,
        votes=(5, 0, 0),
    )


@pytest.fixture
def long_used(use: SystemUse) -> SystemUse:
    """A system in use for two months, and a committee that declared its interests on it."""
    use.created_at = timezone.now() - timedelta(days=60)
    use.save(update_fields=["created_at"])
    declared(use, seated(use.territory), somebody(use.territory, "administrator"))
    return use


def test_a_session_before_the_system_came_says_nothing_on_it(
    use: SystemUse, territory: Territory, administrator: Person
) -> None:
    seats = seated(territory)
    declared(use, seats, administrator)
    with pytest.raises(TrustError, match="avant l'entrée de ce service"):
        opined_at(use, held(territory, seats, administrator, day=last_month()))


def test_a_session_before_this_version_says_nothing_on_it(
    long_used: SystemUse, territory: Territory, administrator: Person
) -> None:
    session = held(territory, list(Seat.objects.of(territory)), administrator, day=last_month())
    with pytest.raises(TrustError, match="ni examinée ni essayée"):
        opined_at(long_used, session)
    examined(long_used, administrator)
    with pytest.raises(TrustError, match="n'a pas pu voir la version"):
        opined_at(long_used, session)
    assert not Opinion.objects.exists()


def test_a_session_after_the_first_examination_of_this_version_may_be_written_down_later(
    long_used: SystemUse, territory: Territory, administrator: Person
) -> None:
    examined(long_used, administrator, at=timezone.now() - timedelta(days=40))
    session = held(territory, list(Seat.objects.of(territory)), administrator, day=last_month())
    assert opined_at(long_used, session).session == session


def test_a_session_says_one_opinion_on_a_system_and_never_after_a_later_one(
    long_used: SystemUse, territory: Territory, administrator: Person
) -> None:
    examined(long_used, administrator, at=timezone.now() - timedelta(days=40))
    seats = list(Seat.objects.of(territory))
    early, late = (held(territory, seats, administrator, day=day) for day in (last_month(), None))
    opinion = opined_at(long_used, late)
    with pytest.raises(TrustError, match="déjà rendu un avis"):
        opined_at(long_used, late)
    with pytest.raises(TrustError, match="plus récente"):
        opined_at(long_used, early)
    opinion.pk = None
    with pytest.raises(DatabaseError), transaction.atomic():
        opinion.save(force_insert=True)


def test_nobody_holds_two_seats_at_once(territory: Territory, administrator: Person) -> None:
    member, today = somebody(territory, "committee_member"), timezone.localdate()
    said: dict[str, Any] = {
        "function": "essai", "quality": "expert", "chosen": "appel à candidatures", "interests": "aucun",
    }  # fmt: skip
    first = services.seat(territory, administrator, name="Ada Experte", person=member, since=today, **said)
    for again in ({"name": "Autre Nom", "person": member}, {"name": " ada  EXPERTE", "person": None}):
        with pytest.raises(TrustError, match="siège déjà"):
            services.seat(territory, administrator, since=today, **said | again)
    services.leave(first, administrator, today)
    services.seat(
        territory, administrator, name="Ada Experte", person=member, since=today + timedelta(days=1), **said
    )


def test_a_session_lists_who_has_left_and_the_page_tells_who_comes_from_who_left(
    territory: Territory, administrator: Person
) -> None:
    seats, today = seated(territory), timezone.localdate()
    services.leave(seats[0], administrator, today - timedelta(days=10))
    services.seat(
        territory, administrator, name="Fanny Future", function="essai", quality="citizen",
        chosen="tirage au sort", interests="aucun", since=today + timedelta(days=20),
    )  # fmt: skip
    client = Client()
    strongly(client, administrator)
    html = client.get(reverse("committee", kwargs={"slug": territory.slug})).content.decode()
    assert "Fanny Future" not in html.split("Anciens membres")[1].split("</details>")[0]
    assert "Fanny Future" in html.split("Membres à venir")[1].split("</details>")[0]
    fields = {
        "session_date": last_month().isoformat(),
        "place": "Mairie",
        "minutes": WHY,
        "present": [seat.pk for seat in seats],
    }
    assert (
        client.post(reverse("committee-session", kwargs={"slug": territory.slug}), fields).status_code == 302
    )
    assert Session.objects.get().present == [seat.pk for seat in seats]


@pytest.mark.parametrize(
    "change", ["reserves = '[1]'", "votes_none = 9", "seen = '{}'", "at = '2026-01-01'", "by_id = %s"]
)
def test_publishing_an_opinion_changes_nothing_else_of_it(use: SystemUse, change: str) -> None:
    opinion = opined(use, published=False)
    refused_by_the_database("trust_opinion", f"published_at = '2026-12-01', {change}", opinion.pk)
    services.publish(opinion, somebody(use.territory, "administrator"))


@pytest.mark.parametrize(
    "change",
    [
        "person_id = %s",
        "function = 'autre'",
        "chosen = 'autre'",
        "name_public = NOT name_public",
        "by_id = %s",
    ],
)
def test_ending_a_seat_changes_nothing_else_of_it(
    territory: Territory, administrator: Person, change: str
) -> None:
    seat = seated(territory)[0]
    refused_by_the_database("trust_seat", f"until = '2027-01-01', {change}", seat.pk)
    services.leave(seat, administrator, timezone.localdate())


def refused_by_the_database(table: str, changes: str, pk: int) -> None:
    other = a_person(Territory.objects.get(), "auditor", email="autre@example.org").pk
    sql, given = f"UPDATE {table} SET {changes} WHERE id = %s", [other, pk] if "%s" in changes else [pk]
    with (
        pytest.raises(DatabaseError, match="once"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, given)


def test_what_was_said_cannot_be_changed_even_in_the_database(use: SystemUse) -> None:
    opinion = opined(use, "unfavourable")
    for sql in (
        "UPDATE trust_opinion SET verdict = 'favourable' WHERE id = %s",
        "UPDATE trust_opinion SET text = 'autre' WHERE id = %s",
        "UPDATE trust_opinion SET published_at = NULL WHERE id = %s",
        "DELETE FROM trust_opinion WHERE id = %s",
        "UPDATE trust_session SET minutes = 'autre' WHERE %s > 0",
        "DELETE FROM trust_interest WHERE %s > 0",
        "UPDATE trust_seat SET quality = 'expert' WHERE %s > 0",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, [opinion.pk])
    acts = [line.act for line in ledger.lines_of(use.territory)]
    assert acts.count("committee.seat") == 5
    assert acts[-2:] == ["opinion.record", "opinion.publish"]


def test_a_seat_ends_once(territory: Territory, administrator: Person) -> None:
    seat = seated(territory)[0]
    services.leave(seat, administrator, timezone.localdate())
    with pytest.raises(TrustError, match="déjà terminé"):
        services.leave(Seat.objects.get(pk=seat.pk), administrator, timezone.localdate() + timedelta(days=9))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"day": timezone.localdate() - timedelta(days=90)}, "corrigez les dates"),
        ({"published_on": timezone.localdate() + timedelta(days=9)}, "corrigez les dates"),
        ({"reason": "Parce que."}, "motifs"),
        ({"reference": " "}, "référence"),
    ],
)
def test_against_an_opinion_only_a_dated_published_and_reasoned_decision(
    use: SystemUse, changes: dict[str, Any], words: str
) -> None:
    opinion, today = opined(use, "unfavourable"), timezone.localdate()
    said: dict[str, Any] = {
        "body": "Conseil municipal d'essai", "reference": "n° 2026-7", "day": today, "published_on": today, "reason": WHY,
    } | changes  # fmt: skip
    with pytest.raises(TrustError, match=words):
        services.overrule(opinion, somebody(use.territory, "decider"), **said)


def test_a_body_decides_against_an_unfavourable_and_published_opinion_only(use: SystemUse) -> None:
    today, decider = timezone.localdate(), somebody(use.territory, "decider")
    said: dict[str, Any] = {
        "body": "Conseil d'essai",
        "reference": "n° 7",
        "day": today,
        "published_on": today,
        "reason": WHY,
    }
    with pytest.raises(TrustError, match="n'est pas défavorable"):
        services.overrule(opined(use), decider, **said)
    hidden = opined(use, "unfavourable", published=False)
    with pytest.raises(TrustError, match="pas encore publié"):
        services.overrule(hidden, decider, **said)
    services.publish(hidden, somebody(use.territory, "administrator"))
    with pytest.raises(PermissionDenied):
        services.overrule(hidden, somebody(use.territory, "administrator"), **said)
    services.overrule(hidden, decider, **said)
    with pytest.raises(TrustError, match="déjà inscrite"):
        services.overrule(hidden, decider, **said)


def test_the_same_decision_posted_twice_at_once_is_told_in_french(
    use: SystemUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    opinion, today = opined(use, "unfavourable"), timezone.localdate()
    decider, checked = somebody(use.territory, "decider"), services._needs
    said: dict[str, Any] = {
        "body": "Conseil municipal d'essai", "reference": "n° 2026-7", "day": today, "published_on": today, "reason": WHY,
    }  # fmt: skip

    def other_post_ends_first(*given: Any) -> str:
        monkeypatch.setattr(services, "_needs", checked)
        services.overrule(opinion, decider, **said)
        return checked(*given)

    monkeypatch.setattr(services, "_needs", other_post_ends_first)
    with pytest.raises(TrustError, match="déjà inscrite"):
        services.overrule(opinion, decider, **said)


def test_the_pages_alone_seat_meet_and_opine(use: SystemUse, territory: Territory) -> None:
    slug, today = territory.slug, timezone.localdate()
    office, member = Client(), Client()
    strongly(office, somebody(territory, "administrator"))
    strongly(member, somebody(territory, "committee_member"))
    home = reverse("committee", kwargs={"slug": slug})
    assert "Personne ne siège encore" in office.get(home).content.decode()
    there = reverse("committee-seat", kwargs={"slug": slug})
    row = {
        "function": "essai",
        "chosen": "tirage au sort du 3 septembre",
        "interests": "aucun",
        "since": "2026-01-01",
    }
    assert office.post(there, row | {"name": "", "quality": "expert"}).status_code == 422
    for name, quality in MEMBERS:
        assert office.post(there, row | {"name": name, "quality": quality}).status_code == 302
    seats = list(Seat.objects.of(territory))
    there = reverse("committee-session", kwargs={"slug": slug})
    fields = {
        "session_date": today.isoformat(),
        "place": "Mairie",
        "minutes": WHY,
        "present": [s.pk for s in seats],
    }
    assert member.post(there, fields).status_code == 404  # the office keeps the sessions too
    assert office.post(there, fields | {"present": []}).status_code == 422
    assert office.post(there, fields).status_code == 302
    page = reverse("committee-system", kwargs={"slug": slug, "system": "tiny"})
    assert "pas encore déclaré" in member.get(page).content.decode()
    there = reverse("committee-interest", kwargs={"slug": slug, "system": "tiny"})
    for seat in seats:
        said = {"seat": seat.pk, "conflict": "no", "words": "aucun lien"}
        assert office.post(there, said).status_code == 302
    there = reverse("committee-opinion", kwargs={"slug": slug, "system": "tiny"})
    said = {"session": Session.objects.get().pk, "verdict": "favourable", "text": WHY, "reserves": "",
            "votes_for": "5", "votes_against": "0", "votes_none": "0"}  # fmt: skip
    assert office.post(there, said).status_code == 404  # the office keeps the papers, it does not vote
    assert member.post(there, said | {"votes_for": "9"}).status_code == 422
    assert member.post(there, said).status_code == 302
    opinion = Opinion.objects.get()
    there = reverse("committee-publish", kwargs={"slug": slug, "pk": opinion.pk})
    assert member.post(there).status_code == 404
    assert office.post(there).status_code == 302
    opinion.refresh_from_db()
    assert opinion.published_at is not None
    reader = Client()
    strongly(reader, somebody(territory, "agent"))
    html = reader.get(page).content.decode()
    assert "Avis favorable" in html and "Inscrire un avis" not in html
    listed = reader.get(home).content.decode()
    assert "Avis favorable sur Moyenne des repas" in listed and "sur tiny" not in listed
