"""An account that somebody else may hold gives nothing of a territory until its owner, handed a link, accepts."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from beffroi.web.platform import ledger, scope
from beffroi.web.platform.errors import PeopleError
from beffroi.web.platform.models import AccessEvent, LedgerDetail, Membership, Person
from beffroi.web.platform.rights import SMALL_TOWN, active_roles, may, roles_of
from beffroi.web.tenancy import belonging, host_founding, hosting, joining, services
from beffroi.web.tenancy.hosting import HostingContract
from beffroi.web.tenancy.models import EntryLink, Hosting
from beffroi.web.tenancy.services import LegalAct, NewTerritory, Term
from beffroi.web.tenancy.signin.reclaim import reclaim
from places import ELECTION, a_person, a_territory, accepting, as_host, elsewhere, strongly

pytestmark = pytest.mark.django_db
MAYOR = "maire@b.example"
PASSWORD = "onze cloches de bronze"


@pytest.fixture
def town():
    """B, the territory that invites."""
    return a_territory("Bourg", code="99T02", fictional=False)


@pytest.fixture
def other():
    """A, the territory whose administrator made the account."""
    return a_territory("Ailleurs", code="99T01", fictional=False)


@pytest.fixture
def chief(town):
    return a_person(town, "administrator", email="chief@b.example")


@pytest.fixture
def rogue(other):
    return a_person(other, "administrator", email="rogue@a.example")


def text(answer):
    return answer.content.decode().replace("&#x27;", "'")


def secret_of(link):
    return link.rstrip("/").rsplit("/", 1)[1]


def path_of(link):
    return f"/rejoindre/{secret_of(link)}/"


def people_of(town, path=""):
    return f"/t/{town.slug}/reglages/personnes/{path}"


def taken(other, rogue):
    """A's administrator invites an address that is not theirs, uses the link themselves and sets a password."""
    page = text(
        strongly(Client(), rogue).post(
            people_of(other, "inviter/"), {"name": "Maire", "email": MAYOR, "roles": ["agent"]}
        )
    )
    browser = Client()
    start = page.index("/entree/")
    browser.post(page[start : page.index("<", start)])
    mayor = Person.objects.get(email=MAYOR)
    mayor.set_password(PASSWORD)
    mayor.save()
    Authenticator.objects.create(user=mayor, type=Authenticator.Type.TOTP, data={"secret": "sealed"})
    return strongly(browser, mayor)


def used(town_of, email=MAYOR, role="agent"):
    """An account in use in another territory."""
    with scope.nowhere():
        person = services.admit(town_of, email, "Awa", [role], by=None)
    person.set_password(PASSWORD)
    person.save()
    return person


def offered(town, email=MAYOR, roles=("agent",), **more):
    with scope.nowhere():
        return services.invite(town, email, "", list(roles), by=None, **more)


def test_whoever_took_an_address_in_another_territory_gets_nothing_of_the_one_that_invites_it(
    town, other, chief, rogue
):
    holder = taken(other, rogue)
    mayor = Person.objects.get(email=MAYOR)
    assert holder.get(f"/t/{other.slug}/").status_code == 200
    day = (timezone.localdate() - timedelta(days=9)).isoformat()
    page = text(
        strongly(Client(), chief).post(
            people_of(town, "inviter/"),
            {
                "name": "Maire",
                "email": MAYOR,
                "roles": ["decider"],
                "legal_act_reference": "PV n° 1",
                "legal_act_date": day,
            },
        )
    )
    assert "/rejoindre/" in page and "/entree/" not in page
    start = page.index("/rejoindre/")
    link = page[start : page.index("<", start)]
    assert holder.get(f"/t/{town.slug}/").status_code == 404
    with elsewhere(town):
        assert roles_of(mayor, town) == set()
        assert active_roles.authority(mayor, town) is None
    # What the attacker sees, in the account and in A, says nothing of B nor of its link.
    seen = [holder.get(path) for path in ("/accueil/", f"/t/{other.slug}/", "/compte/sessions/")]
    boss = strongly(Client(), rogue)
    seen += [boss.get(people_of(other)), boss.get(people_of(other, f"{mayor.pk}/"))]
    for answer in seen:
        assert town.name not in text(answer)
        assert town.slug not in text(answer)
        assert secret_of(link) not in text(answer)
    # Neither may A make a link into B's space.
    with scope.nowhere(), pytest.raises(PeopleError):
        services.invite_again(other, mayor, by=rogue)
    assert boss.get(link).status_code == 403


def test_the_host_gives_a_taken_account_back_and_only_its_owner_joins(town, other, chief, rogue):
    holder = taken(other, rogue)
    link = offered(town)
    mayor = Person.objects.get(email=MAYOR)
    with scope.nowhere():
        with pytest.raises(PeopleError, match="reconnue"):
            reclaim(mayor, " ")
        entrance = reclaim(mayor, "en mairie, par la secrétaire qui l'avait invitée")
    with scope.nowhere(), scope.host():
        saved = LedgerDetail.objects.get(line__act="host.reclaim", line__thing=f"person:{mayor.pk}").payload
    assert saved["recognised"] == "en mairie, par la secrétaire qui l'avait invitée"
    with as_host():
        assert AccessEvent.objects.get(person=mayor, detail="host.reclaim").kind == "roles"
    assert holder.get("/accueil/")["location"].startswith("/compte/login/")
    again = Client()
    again.post("/compte/login/", {"login": MAYOR, "password": PASSWORD})
    assert again.get(path_of(link))["location"].startswith("/compte/login/")
    with scope.nowhere(), pytest.raises(PeopleError):
        services.invite_again(other, mayor, by=rogue)
    owner = Client()
    entered = owner.post(f"/entree/{secret_of(entrance)}/")
    assert entered["location"] == "/compte/password/set/"
    assert owner.post(path_of(link))["location"] == f"/t/{town.slug}/"
    assert roles_of(mayor, town) == {"agent"}
    assert not Authenticator.objects.filter(user=mayor).exists()


def test_the_owner_follows_the_link_signs_in_and_accepts(town, other):
    link = offered(town)  # new to the host: entered at once
    assert "/entree/" in link
    awa = used(other, "awa@a.example")
    link = offered(town, awa.email, ["agent", "auditor"])
    browser = Client()
    requested = browser.get(path_of(link))
    assert requested.status_code == 302 and requested["location"].startswith(
        "/compte/login/?next=/rejoindre/"
    )
    browser.post("/compte/login/", {"login": awa.email, "password": PASSWORD})
    page = text(browser.get(path_of(link)))
    assert f"<strong>{town.name}</strong> vous ouvre son espace avec les rôles" in page
    assert "Agent" in page and "Rejoindre" in page
    assert roles_of(awa, town) == set() and browser.get(f"/t/{town.slug}/").status_code == 404
    answer = browser.post(path_of(link))
    assert answer["location"] == f"/t/{town.slug}/"
    assert browser.get(f"/t/{town.slug}/").status_code == 200
    with elsewhere(town):
        assert roles_of(awa, town) == {"agent", "auditor"}
        line = ledger.lines_of(town).last()
        assert (line.act, line.actor) == ("member.join", f"person:{awa.pk}")
    assert browser.post(path_of(link)).status_code == 410, "it serves once"


def test_nobody_accepts_for_another_account(town, other, chief):
    awa = used(other)
    link = offered(town)
    for someone in (chief, a_person(other, "agent", email="x@a.example")):
        for answer in (
            strongly(Client(), someone).get(path_of(link)),
            strongly(Client(), someone).post(path_of(link)),
        ):
            assert answer.status_code == 403
            assert town.name not in text(answer) and awa.email not in text(answer)
        assert joining.accept(secret_of(link), someone) is None
    assert roles_of(awa, town) == set()
    assert EntryLink.objects.get(purpose="join").used_at is None


def test_a_joining_link_opens_no_account_and_a_sign_in_link_joins_nothing(town, other):
    awa = used(other)
    link = offered(town)
    assert Client().post(f"/entree/{secret_of(link)}/").status_code == 410
    from beffroi.web.tenancy.signin import make_link

    assert joining.accept(secret_of(make_link(awa, "signin")), awa) is None
    with pytest.raises(DatabaseError), transaction.atomic():
        make_link(awa, "join")
    with pytest.raises(DatabaseError), transaction.atomic():
        make_link(awa, "invite", town)


def test_a_sensitive_role_requires_for_the_second_factor_before_it_is_accepted(town, other):
    awa = used(other)
    link = offered(town, roles=["administrator"])
    weak = Client()
    weak.force_login(awa, backend="allauth.account.auth_backends.AuthenticationBackend")
    for answer in (weak.get(path_of(link)), weak.post(path_of(link))):
        assert answer.status_code == 302 and answer["location"].startswith("/compte/second-facteur/")
    assert roles_of(awa, town) == set()
    strongly(Client(), awa).post(path_of(link))
    assert roles_of(awa, town) == {"administrator"}


def test_a_link_ends_after_seven_days_and_a_new_one_burns_the_former(town, other, chief):
    awa = used(other)
    first = offered(town)
    saved = EntryLink.objects.get(purpose="join")
    assert secret_of(first) not in saved.digest and len(saved.digest) == 64
    assert timedelta(days=6) < saved.expires_at - timezone.now() <= timedelta(days=7)
    page = strongly(Client(), chief)
    assert "invité, pas encore accepté" in text(page.get(people_of(town, f"{awa.pk}/")))
    assert "invité, pas encore entré" in text(page.get(people_of(town)))
    displayed = text(page.post(people_of(town, f"{awa.pk}/inviter-encore/")))
    assert "/rejoindre/" in displayed
    assert joining.offered(secret_of(first), awa) is None
    second = secret_of(
        displayed[displayed.index("/rejoindre/") : displayed.index("<", displayed.index("/rejoindre/"))]
    )
    assert joining.offered(second, awa).words == ("agent",)
    EntryLink.objects.filter(used_at=None).update(expires_at=timezone.now())
    assert joining.accept(second, awa) is None
    assert strongly(Client(), awa).get(f"/rejoindre/{second}/").status_code == 410


def test_more_roles_for_who_has_not_accepted_wait_with_them_and_burn_the_former_link(town, other, chief):
    awa = used(other)
    first = offered(town)
    page = strongly(Client(), chief)
    displayed = text(page.post(people_of(town, f"{awa.pk}/roles/"), {"roles": ["auditor"]}))
    assert "/rejoindre/" in displayed and joining.accept(secret_of(first), awa) is None
    start = displayed.index("/rejoindre/")
    assert joining.accept(secret_of(displayed[start : displayed.index("<", start)]), awa) == town
    assert roles_of(awa, town) == {"agent", "auditor"}
    # Once here, more roles are given as to any member.
    page.post(people_of(town, f"{awa.pk}/roles/"), {"roles": ["dpo"]})
    assert "dpo" in roles_of(awa, town)


def test_a_waiting_role_is_lent_delegated_and_counted_by_nobody(town, other, chief):
    awa = used(other)
    mayor = a_person(town, "decider", email="elu@b.example")
    offered(town, roles=["administrator"])
    with pytest.raises(PeopleError, match="rejoint"), elsewhere(town):
        services.delegate(town, mayor, awa, subject="", legal_act=ELECTION, term=Term(), by=chief)
    until = timezone.now() + timedelta(days=3)
    with pytest.raises(PeopleError, match="pas membre"), elsewhere(town):
        services.replace(town, chief, awa, ["administrator"], None, until, by=None)
    with pytest.raises(PeopleError, match="dernier administrateur"), elsewhere(town):
        services.depart(town, chief, by=None)
    with pytest.raises(PeopleError, match="membre actif"), elsewhere(town):
        services.depart(town, chief, by=None, successor=awa)
    # Nor does B end the sessions of an account that has not joined it.
    answer = strongly(Client(), chief).post(people_of(town, f"{awa.pk}/sessions/"))
    assert answer.status_code == 404


def test_an_offer_is_taken_back_with_its_link(town, other, chief):
    awa = used(other)
    link = offered(town)
    strongly(awa_browser := Client(), awa)
    with scope.nowhere():
        services.depart(town, awa, by=chief)
    assert awa_browser.get(path_of(link)).status_code == 410
    assert awa_browser.get(f"/t/{other.slug}/").status_code == 200, "what is held elsewhere is not touched"
    link = offered(town)
    with scope.nowhere():
        services.suspend(town, awa, by=chief, reason="Doute")
    assert joining.accept(secret_of(link), awa) is None


def test_an_elected_persons_mandate_starts_when_they_accept_it(town, other):
    awa = used(other)
    offered(town, roles=["decider"], legal_act=ELECTION)
    with elsewhere(town):
        row = Membership.objects.of(town).get(person=awa)
        assert row.waiting and not row.in_force and active_roles.authority(awa, town) is None
        accepting(town, awa)
        row.refresh_from_db()
        assert row.in_force and active_roles.authority(awa, town) == row


def test_accounts_that_only_this_territory_ever_opened_come_back_without_a_link(town, chief):
    agent = a_person(town, "agent", email="agent@b.example")
    agent.set_password(PASSWORD)
    agent.save()
    with scope.nowhere():
        services.depart(town, agent, by=chief)
    assert offered_by(town, agent.email, chief) == ""
    assert roles_of(agent, town) == {"agent"}


def offered_by(town, email, by):
    with scope.nowhere():
        return services.invite(town, email, "", ["agent"], by=by)


def test_a_link_left_in_the_hands_of_a_former_territory_is_burnt(town, other, chief, rogue):
    """A invites and takes the role back: the link that it kept opens the account no more once B has invited it."""
    saved = offered_by(other, MAYOR, rogue)
    mayor = Person.objects.get(email=MAYOR)
    with elsewhere(other):
        row = Membership.objects.of(other).get(person=mayor)
        services.end(row, by=rogue)
    link = offered_by(town, MAYOR, chief)
    assert "/entree/" in link
    assert Client().get(f"/entree/{secret_of(saved)}/").status_code == 410
    assert Client().get(f"/entree/{secret_of(link)}/").status_code == 200


def test_a_former_member_of_another_territory_still_accepts(town, other, chief, rogue):
    awa = used(other)
    with elsewhere(other):
        services.end(Membership.objects.of(other).get(person=awa), by=rogue)
    assert not belonging.belongs_to_another_territory(awa, town)
    assert "/rejoindre/" in offered_by(town, MAYOR, chief)
    assert roles_of(awa, town) == set()


def test_the_hosts_founding_offers_a_territory_to_an_account_that_exists(other):
    awa = used(other)
    with scope.nowhere():
        made = host_founding.found(
            NewTerritory(code="99T03", name="Neuve", kind="commune", population=10),
            HostingContract(Hosting.Role.PROCESSOR, "Convention n° 1", timezone.localdate(), ""),
            email=awa.email,
            name="",
            by=None,
        )
    assert "/rejoindre/" in made.link and roles_of_in(awa, made.territory) == set()
    with scope.nowhere():
        assert joining.accept(secret_of(made.link), awa) == made.territory
    assert roles_of_in(awa, made.territory) == set(SMALL_TOWN.roles)


def roles_of_in(person, territory):
    with elsewhere(territory):
        return roles_of(person, territory)


def test_who_runs_the_host_is_linked_by_no_administrator_of_a_territory(town, chief):
    operator = Person.objects.create_user("exploitant@hote.example", name="Exploitante")
    with scope.nowhere():
        hosting.set_host_operator(operator, active=True, by=None)
    assert "/rejoindre/" in offered_by(town, operator.email, chief)
    assert not EntryLink.objects.filter(person=operator).exclude(purpose="join").exists()


def test_a_role_that_starts_later_still_starts_later(town, other):
    awa = used(other)
    later = timezone.now() + timedelta(days=2)
    link = offered(town, term=Term(later))
    assert joining.accept(secret_of(link), awa) == town
    with elsewhere(town):
        assert Membership.objects.of(town).get(person=awa).since == later
    assert not may(awa, "territory.enter", town)


def test_two_hats_are_not_worn_together_by_accepting(town, other):
    used(other)
    offered(town, roles=["dpo"])
    with pytest.raises(PeopleError, match="à la fois"):
        offered(town, roles=["decider"], legal_act=LegalAct("PV n° 2", timezone.localdate()))
