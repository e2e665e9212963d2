"""Mail of a town: a domain is declared by a person, checked by a job on a real DNS server, and what got worse is said until mended."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from beffroi.web.cyber.mail import check_jobs, services
from beffroi.web.cyber.mail.errors import MailError
from beffroi.web.cyber.mail.home_card import mail_cards
from beffroi.web.cyber.mail.verdicts import Finding, Verdict
from beffroi.web.cyber.models import MailAnswer, MailCheck, MailDomain, SecondFactor
from beffroi.web.platform import jobs, ledger, scope
from beffroi.web.platform.models import Job, Person, Territory
from places import a_person, strongly
from servers import nsd

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("mail-dns"), pytest.mark.room("cyber")]


@pytest.fixture
def resolver(settings: Any, dns_port: int) -> None:
    settings.DNS_RESOLVER = (nsd.ADDRESS, dns_port)


@pytest.fixture
def domain(territory: Territory, officer: Person) -> MailDomain:
    return services.declare(territory, officer, "contact@dkim-fort.fr", own=True)


def page(client: Client, person: Person, address: str = "") -> str:
    answer = strongly(client, person).get(f"/t/valbruyere/securite/messagerie/{address}")
    assert answer.status_code == 200
    return answer.content.decode()


def finding(key: str, verdict: Verdict) -> Finding:
    return Finding(key=key, verdict=verdict, reason="…")


def test_an_address_at_an_operator_is_never_checked(territory: Territory, officer: Person) -> None:
    row = services.answer(territory, officer, address="mairie.x@orange.fr", own=True)
    assert (row.writes, row.provider) == ("provider", "orange.fr")
    assert not MailDomain.objects.of(territory).exists()
    assert "mairie.x" not in str(ledger.lines_of(territory).last().detail.payload)
    with pytest.raises(MailError, match="opérateur"):
        services.declare(territory, officer, "orange.fr", own=True)


def test_a_domain_is_declared_by_who_says_that_it_is_the_towns(territory: Territory, officer: Person) -> None:
    with pytest.raises(MailError, match="Cochez"):
        services.answer(territory, officer, address="mairie@bonne.fr")
    services.answer(territory, officer, address="mairie@bonne.fr", own=True)
    assert MailDomain.objects.of(territory).get().name == "bonne.fr"
    assert [line.act for line in ledger.lines_of(territory)][-2:] == ["mail.declare", "mail.answer"]
    with pytest.raises(MailError, match="déjà déclaré"):
        services.declare(territory, officer, "www.bonne.fr", own=True)
    with pytest.raises(PermissionDenied):
        services.declare(territory, a_person(territory, "auditor"), "autre.fr", own=True)


def test_without_a_resolver_nothing_is_asked(domain: MailDomain, officer: Person, client: Client) -> None:
    with pytest.raises(MailError, match="hébergeur"):
        check_jobs.request_check(domain, officer)
    assert check_jobs.start_due() == 0
    text = page(client, officer, f"{domain.pk}/")
    assert "BEFFROI_DNS_RESOLVER" in text and "Vérifier maintenant" not in text


@pytest.mark.requirement("R75")
def test_a_check_is_stored_with_its_letter(
    resolver: None, domain: MailDomain, officer: Person, client: Client
) -> None:
    job = check_jobs.request_check(domain, officer)
    assert check_jobs.request_check(domain, officer) == job  # one at a time
    assert jobs.run(job).state == Job.State.DONE
    domain.refresh_from_db()
    assert (
        domain.known["spf"] == "bon" and domain.known["dkim"] == "bon" and domain.known["dmarc"] == "absent"
    )
    text = page(client, officer, f"{domain.pk}/")
    assert "v=DMARC1; p=none; rua=mailto:dmarc@dkim-fort.fr" in text and "non vérifié" in text
    assert text.lower().count("conforme") == 0
    letter = (
        strongly(client, officer)
        .get(f"/t/valbruyere/securite/messagerie/{domain.pk}/lettre.txt")
        .content.decode()
    )
    assert "_dmarc.dkim-fort.fr  TXT" in letter and "signature" in letter
    assert "p=none" in page(client, officer, f"{domain.pk}/lettre/")


def test_the_clock_checks_each_week_and_no_longer_what_is_withdrawn(
    resolver: None, domain: MailDomain, officer: Person
) -> None:
    with scope.nowhere():
        assert check_jobs.start_due() == 1
        assert check_jobs.start_due() == 0
    domain.refresh_from_db()
    assert domain.next_at is not None and domain.next_at > timezone.now() + timedelta(days=6)
    services.withdraw(domain, officer)
    job = Job.objects.of(domain.territory).get()
    assert jobs.run(job).state == Job.State.FAILED and "retiré" in job.message
    with pytest.raises(MailError, match="retiré"):
        check_jobs.request_check(domain, officer)


def test_what_got_worse_is_said_until_it_is_mended(domain: MailDomain, officer: Person) -> None:
    def checked(key: str, *verdicts: Verdict) -> MailDomain:
        found = [finding("spf", verdicts[0]), finding("dmarc", verdicts[1])]
        services.record_check(domain, key, found, None)
        domain.refresh_from_db()
        return domain

    assert checked("1", Verdict.GOOD, Verdict.GOOD).worsened == []
    assert checked("2", Verdict.NO_REPLY, Verdict.GOOD).worsened == []  # silence changes nothing
    assert checked("3", Verdict.TO_CORRECT, Verdict.GOOD).worsened == ["spf"]
    (card,) = mail_cards(officer, domain.territory)
    assert "SPF" in card.text
    assert checked("4", Verdict.TO_CORRECT, Verdict.NO_REPLY).worsened == ["spf"]
    assert checked("5", Verdict.GOOD, Verdict.GOOD).worsened == []
    assert mail_cards(officer, domain.territory) == []
    assert MailCheck.objects.of(domain.territory).first().changes == [
        {"key": "spf", "before": "à corriger", "after": "bon", "worse": False}
    ]
    services.record_check(domain, "5", [finding("spf", Verdict.ABSENT)], None)  # the job ran twice
    assert MailCheck.objects.of(domain.territory).count() == 5


def test_selectors_are_words(domain: MailDomain, officer: Person) -> None:
    assert services.change_selectors(domain, officer, "Mairie, s1  s1").selectors == ["mairie", "s1"]
    for wrong in ("a b/c", "mairie@x", " ".join(f"s{n}" for n in range(11))):
        with pytest.raises(MailError):
            services.change_selectors(domain, officer, wrong)


def test_a_second_factor_is_attested_by_a_person_on_a_day(
    territory: Territory, officer: Person, client: Client
) -> None:
    today = timezone.localdate()
    with pytest.raises(MailError, match="pas encore venu"):
        services.attest(territory, officer, state="everyone", day=today + timedelta(days=1))
    row = services.attest(territory, officer, state="some", day=today)
    assert "Sur certaines" in page(client, officer)
    for change in (row.delete, lambda: SecondFactor.objects.of(territory).update(state="everyone")):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_rows_are_written_once(domain: MailDomain, officer: Person) -> None:
    services.record_check(domain, "1", [finding("spf", Verdict.GOOD)], None)
    services.withdraw(domain, officer)
    changes: list[Any] = [
        lambda: MailCheck.objects.of(domain.territory).update(findings=[]),
        lambda: MailDomain.objects.of(domain.territory).update(name="autre.fr"),
        lambda: MailDomain.objects.of(domain.territory).update(until=None),
        domain.delete,
    ]
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_the_first_page_asks_one_question(territory: Territory, officer: Person, client: Client) -> None:
    assert "Avez-vous votre nom de domaine" in page(client, officer)
    sent = client.post(
        "/t/valbruyere/securite/messagerie/adresse/", {"address": "mairie@free.fr"}, follow=True
    )
    assert "Vous écrivez depuis free.fr" in sent.content.decode()
    client.post("/t/valbruyere/securite/messagerie/adresse/", {"unknown": "1"})
    assert MailAnswer.objects.of(territory).first().writes == "unknown"
    refused = client.post("/t/valbruyere/securite/messagerie/adresse/", {"address": "mairie@bonne.fr"})
    assert refused.status_code == 422 and "Cochez la case" in refused.content.decode()


def test_the_page_costs_the_same_for_many_domains_and_checks(
    territory: Territory, officer: Person, client: Client, django_assert_max_num_queries: Any
) -> None:
    for n in range(20):
        row = services.declare(territory, officer, f"d{n}.fr", own=True)
        for key in range(3):
            services.record_check(row, f"{n}-{key}", [finding("spf", Verdict.GOOD)], None)
    with pytest.raises(MailError, match="20 domaines"):
        services.declare(territory, officer, "trop.fr", own=True)
    page(client, officer)
    with django_assert_max_num_queries(20):
        assert page(client, officer).count('class="badge') >= 20
    with django_assert_max_num_queries(20):
        page(client, officer, f"{row.pk}/")
