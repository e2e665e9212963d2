"""A hosting file: what is refused with its line, what is changed and nothing else, twice is nothing, and back from what is there."""

import os
import stat
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from beffroi.cli import apply as command
from beffroi.lake.sources import Secret
from beffroi.web.catalogue.models import Dataset, Source
from beffroi.web.catalogue.sources import connections
from beffroi.web.operations import hosting_file
from beffroi.web.operations.hosting_file import HostingFileError, Outcome, Plan
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Delegation, Membership, Person, Territory
from beffroi.web.platform.storage import disk_space
from beffroi.web.tenancy import hosting
from beffroi.web.tenancy.models import Competence, EntryLink
from beffroi.web.tenancy.services import NewTerritory, Term, admit, delegate, found_territory, suspend
from places import ELECTION, elsewhere
from reference_data import require_reference

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]

ADMIN = "{email: mairie@acigne.example, as: tout}"
MAYOR = "{email: maire@acigne.example, as: décider, legal_act: PV, legal_act_date: 2026-03-22}"
ACIGNE = f"""version: 1
territories:
  - place: 35001
    quota: 20
    members:
      - {ADMIN}
      - {MAYOR}
"""
SOURCE = """    sources:
      - title: Budget
        connection: {kind: http_file, url: "https://data.example/budget.csv"}
        secret: {token_file: /nulle/part/TOKEN}
        dataset: Budget primitif
        schedule: {unit: week, weekday: lundi, at: "07:30"}
"""


@pytest.fixture(autouse=True)
def _reference() -> None:
    require_reference()


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "hosting.yaml"
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture
def planned(written):
    def plan(text: str, *, prune: bool = False) -> Plan:
        return hosting_file.make_plan(hosting_file.read(written(text)), prune=prune)

    return plan


@pytest.fixture
def applied(planned):
    """The outcomes of a file, by code; the file then asks for nothing more of the territories that accepted it."""

    def apply(text: str, *, prune: bool = False) -> dict[str, Outcome]:
        plan = planned(text, prune=prune)
        hosting_file.apply_host(plan)
        outcomes = {each.code: hosting_file.apply_territory(each, plan.sha256) for each in plan.changed}
        again = planned(text, prune=prune)
        refused = [code for code, outcome in outcomes.items() if outcome.problem]
        assert [(each.code, list(each.lines)) for each in again.changed if each.code not in refused] == []
        return outcomes

    return apply


def territory(code: str) -> Territory:
    return Territory.objects.get(code=code)


def words(plan: Plan, code: str) -> list[str]:
    return [f"{sign} {text}" for each in plan.territories if each.code == code for sign, text in each.lines]


def roles(place: Territory) -> set[tuple[str, str]]:
    with elsewhere(place):
        rows = Membership.objects.of(place).select_related("person")
        return {(row.person.email, row.role) for row in rows if not row.over}


# Refused, with the line and what to write


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "version: 1"),
        ("version: 2\nterritories: []", "Ligne 1, caractère 1 (version) : « 2 » n'est pas prévu"),
        ("version: 1\nterritoires: []", "Ligne 2, caractère 1 (territoires) : « territoires » n'est pas connu ici. Vouliez-vous dire « territories » ?"),
        ("version: 1\ndefaults:\n  quoat: 3", "Ligne 3, caractère 3 (defaults.quoat) : « quoat » n'est pas connu ici. Vouliez-vous dire « quota » ?"),
        ("version: 1\ndefaults: {quota: -1}", "ce nombre doit être au moins 0"),
        ("version: 1\nterritories:\n - place: 35001\n - place: 35001\n", "Ligne 4, caractère 4 (territories[2]) : le territoire « 35001 » est écrit deux fois"),
        ("version: 1\nterritories: [{name: S, kind: SMM, siren: 254401839}]", "Vouliez-vous dire « SMO » ?"),
        ("version: 1\nterritories: [{name: S, kind: SMF, siren: 254401838}]", "n'est pas un SIREN"),
        ("version: 1\nterritories: [{name: S}]", "donnez aussi « kind » et « siren »"),
        ("version: 1\nterritories: [{quota: 1}]", "donnez soit « place »"),
        ("version: 1\ndefaults: {members: [{email: a.example, as: lire}]}", "n'est pas une adresse électronique"),
        ("version: 1\ndefaults: {members: [{email: a@b.example, as: touut}]}", "Vouliez-vous dire « tout » ?"),
        ("version: 1\ndefaults: {members: [{email: a@b.example, roles: agnt}]}", "le rôle « agnt » n'existe pas. Vouliez-vous dire « agent » ?"),
        ("version: 1\ndefaults: {members: [{email: a@b.example}]}", "dites ce que fait"),
        ("version: 1\ndefaults: {members: [{email: a@b.example, as: lire}, {email: A@b.example, as: tout}]}", "est écrit deux fois"),
        ("version: 1\ndefaults: {members: [{email: a@b.example, as: décider}]}", "sans acte d'élection"),
        ("version: 1\ndefaults: {members: [{email: a@b.example, roles: [dpo, data_officer]}]}", "à la fois"),
        ("version: 1\ndefaults: {members: [{email: a@b.example, roles: partner}]}", "a toujours une fin"),
        ("version: 1\ndefaults: {members: [{email: a@b.example, roles: steward}]}", "donnez limited_to"),
        ("version: 1\ndefaults: {members: [{email: a@b.example, as: lire, since: 2027-02-02, until: 2027-02-01}]}", "la fin est avant le début"),
        ("version: 1\ndefaults: {members: [{email: a@b.example, as: lire, until: demain}]}", "une date est attendue"),
        ("version: 1\ndefaults: {hosting: {reference: R}}", "donnez les deux"),
        ("version: 1\ndefaults: {competences: [{key: ecole, since: 2026-01-01, legal_act: D}]}", "Vouliez-vous dire « ecoles » ?"),
        ("version: 1\nterritories:\n  - place: [35001\n", "n'est pas du YAML : ligne 4"),
        ("version: 1\nversion: 1", "écrit deux fois"),
        ("a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]", "Ligne 1 : « & » et « * » ne s'emploient pas ici"),
        ("version: !!python/object/apply:os.system [id]", "ne s'emploie pas ici"),
        ("version: " + "[" * 200 + "]" * 200, "trop imbriquées"),
        ("version: 1\nterritories: [{place: 35999}]", "« 35999 » n'est le nom ou le code d'aucune commune"),
        ("version: 1\nterritories: [{place: Saint-Denis}]", "Écrivez le code : 97411"),
        ("version: 1\nterritories:\n  - place: 35001\n", "Ligne 3 : personne n'administre Acigné"),
        (f"version: 1\ndefaults: {{members: [{ADMIN}]}}\nterritories:\n - place: 35001\n - place: Acigné\n", "Ligne 5 : Acigné (35001) est déjà à la ligne 4"),
        (ACIGNE + SOURCE, "Ligne 3 (Acigné) : token_file : ce fichier n'existe pas"),
        (ACIGNE + SOURCE.replace("token_file: /nulle/part/", "token_env: "), "token_env : la variable TOKEN est absente"),
        (ACIGNE + SOURCE.replace("http_file", "http_fil"), "Vouliez-vous dire « http_file » ?"),
        (ACIGNE + SOURCE.replace("url:", "urll:"), "« urll » n'est pas connu ici. Vouliez-vous dire « url » ?"),
        (ACIGNE + SOURCE.replace("weekday: lundi", "weekday: lunid"), "Vouliez-vous dire « lundi » ?"),
        (ACIGNE + SOURCE.replace("{unit: week, weekday: lundi,", "{unit: minute, every: 7,"), "toutes les 5, 10"),
        (ACIGNE + SOURCE.replace("Budget primitif", "B\n        mode: upsert"), "donnez les colonnes de la clé"),
        (ACIGNE + SOURCE.replace('kind: http_file, url: "https://data.example/budget.csv"', "kind: sftp, host: x.example"), "empreinte du serveur SFTP"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_refused_whole_with_its_line_and_what_to_write(
    planned, text: str, expected: str
):
    with pytest.raises(HostingFileError) as refused:
        planned(text)
    assert expected in str(refused.value)
    assert not Territory.objects.exists()


@pytest.mark.parametrize(
    "secret",
    [
        "{password: hunter2}",
        "{token_env: hunter2}",
        "{password_file: hunter2}",
        "{token_file: [hunter2]}",
        "{password_env: X}\n        password: hunter2",
        "{}\n        token: hunter2",
    ],
)
def test_a_secret_written_in_the_file_is_refused_and_never_repeated(planned, secret: str):
    with pytest.raises(HostingFileError) as refused:
        planned(ACIGNE + SOURCE.replace("{token_file: /nulle/part/TOKEN}", secret))
    assert "hunter2" not in str(refused.value)
    with pytest.raises(HostingFileError, match="ni nom ni mot de passe") as refused:
        planned(ACIGNE + SOURCE.replace("https://", "https://u:hunter2@"))
    assert "hunter2" not in str(refused.value)


def test_a_file_too_big_or_that_is_no_file_is_not_read(tmp_path: Path):
    big, folder, pipe = tmp_path / "big", tmp_path / "folder", tmp_path / "pipe"
    with big.open("wb") as file:
        file.truncate(100 << 20)
    folder.mkdir()
    (tmp_path / "latin").write_bytes("version: 1 # é".encode("cp1252"))
    os.mkfifo(pipe)
    for path, expected in (
        (big, "plus d'un Mo"),
        (folder, "n'est pas un fichier"),
        (pipe, "n'est pas un fichier"),
        (Path("/dev/zero"), "n'est pas un fichier"),
        (tmp_path / "latin", "UTF-8"),
        (tmp_path / "absent", "n'existe pas"),
    ):
        with pytest.raises(HostingFileError, match=expected):
            hosting_file.read(path)


# Applied: what differs, nothing else, and twice is nothing


def test_a_territory_is_founded_with_everything_that_the_file_says(applied, tmp_path: Path):
    (tmp_path / "token").write_text("s3cret\n")
    with scope.nowhere():  # the first territory is the host's own: it would need no legal act
        found_territory(NewTerritory(code="99001", name="Hôte", kind="commune", population=1))
    text = (
        ACIGNE
        + """      - {email: dgs@acigne.example, as: [données, lire], until: 2030-06-30}
    hosting: {role: joint, reference: 2026-41, signed_on: 2026-03-01, until: 2031-03-01}
    competences: [{key: eau, since: 2026-01-01, legal_act: Délibération 7}]
    delegations:
      - {from: maire@acigne.example, to: dgs@acigne.example, legal_act: Arrêté 3, legal_act_date: 2026-04-01, until: 2029-01-01}
"""
        + SOURCE.replace("/nulle/part/TOKEN", str(tmp_path / "token"))
    )
    outcome = applied(text)["35001"]
    assert not outcome.problem
    assert not outcome.deferred
    place = territory("35001")
    assert place.quota == disk_space.quota_of(place) == 20 << 30
    assert roles(place) == {
        ("mairie@acigne.example", "administrator"),
        ("mairie@acigne.example", "data_officer"),
        ("mairie@acigne.example", "supervisor"),
        ("maire@acigne.example", "decider"),
        ("dgs@acigne.example", "data_officer"),
        ("dgs@acigne.example", "agent"),
        ("dgs@acigne.example", "decider"),
    }
    with elsewhere(place):
        assert hosting.in_force(place).reference == "2026-41"
        assert Delegation.objects.get().legal_act_reference == "Arrêté 3"
        assert Competence.objects.filter(key="eau", until=None).exists()
        source = Source.objects.get()
        assert connections.open_secret(source.sealed_secret) == Secret(token="s3cret")
        assert source.schedule.describe() == "chaque lundi, à 7 h 30"
        assert source.owner.email == "mairie@acigne.example"
        ends = {row.last_day.date() for row in Membership.objects.filter(role="agent")}
    assert ends == {date(2030, 6, 30)}


def test_each_change_is_a_line_of_its_service_and_the_file_is_named_by_its_fingerprint_on_both_chains(
    planned, applied
):
    sha256 = planned(ACIGNE).sha256
    applied(ACIGNE)
    place = territory("35001")
    for chain in (None, place):
        with scope.nowhere(), scope.host() if chain is None else scope.inside(place):
            lines = [line for line in ledger.lines_of(chain) if line.act == "hosting.apply"]
            assert lines[0].detail.payload == {"file": sha256, "changes": 4}
            assert lines[0].actor == "host"
        with scope.nowhere():
            assert ledger.verify(chain).ok
    with elsewhere(place):
        acts = [line.act for line in ledger.lines_of(place)]
    assert acts == ["territory.found", "hosting.quota", "member.admit", "member.admit", "hosting.apply"]


def test_one_line_changed_in_the_file_changes_one_thing(planned, applied):
    applied(ACIGNE)
    place = territory("35001")
    before = roles(place)
    for text, expected in (
        (ACIGNE.replace("quota: 20", "quota: 50"), "~ place réservée : 20 Go → 50 Go"),
        (ACIGNE.replace("quota: 20", "quota: 0"), "~ place réservée : 50 Go → sans limite propre"),
        (
            ACIGNE.replace("quota: 20", "quota: 0").replace("as: tout}", "as: tout, until: 2031-01-01}"),
            "~ mairie@acigne.example : administrateur, jusqu'au 01/01/2031",
        ),
    ):
        assert words(planned(text), "35001")[:1] == [expected]
        if "until" not in text:
            assert not applied(text)["35001"].problem
    assert roles(place) == before
    newer = ACIGNE.replace("quota: 20", "quota: 0").replace("PV,", "PV 2,")
    assert words(planned(newer), "35001") == [
        "~ maire@acigne.example : décideur (élu ou délégué), acte PV 2 du 22/03/2026"
    ]
    assert not applied(newer)["35001"].problem
    with elsewhere(place):
        assert Membership.objects.get(role="decider").legal_act_reference == "PV 2"


def test_what_the_file_does_not_name_is_listed_and_only_withdrawn_under_prune(planned, applied):
    applied(ACIGNE)
    place = territory("35001")
    with scope.nowhere():
        admit(place, "ancien@acigne.example", "Ancien", ["agent"], by=None)
        admit(place, "mairie@acigne.example", "", ["agent"], by=None)
        found_territory(NewTerritory(code="99001", name="Ailleurs", kind="commune", population=1))
    plan = planned(ACIGNE)
    assert plan.count == 0
    assert plan.territories[0].differences.undeclared == [
        "mairie@acigne.example (agent)",
        "ancien@acigne.example (agent)",
    ]
    assert plan.undeclared == ["Ailleurs (99001)"]
    pruned = ACIGNE.replace("quota: 20", "quota: 20\n    prune: true")
    assert (
        words(planned(pruned), "35001")
        == words(planned(ACIGNE, prune=True), "35001")
        == [
            "− mairie@acigne.example : agent",
            "− ancien@acigne.example : agent",
        ]
    )
    applied(pruned)
    assert {email for email, _ in roles(place)} == {"mairie@acigne.example", "maire@acigne.example"}
    assert Territory.objects.filter(code="99001").exists()


def test_a_role_whose_end_is_past_is_not_given_and_one_that_still_runs_ends(planned, applied):
    yesterday = timezone.localdate() - timedelta(days=1)
    text = ACIGNE + "      - {email: a@acigne.example, as: lire}\n"
    applied(text)
    over = text.replace("as: lire", f"as: lire, until: {yesterday}")
    assert words(planned(over), "35001") == ["− a@acigne.example : agent"]
    applied(over)
    assert planned(over).count == 0


def test_defaults_are_of_every_territory_and_its_own_words_come_first(planned):
    plan = planned(
        f"""version: 1
defaults:
  quota: 5
  members: [{ADMIN}, {{email: dpo@syndicat.example, roles: dpo}}]
territories:
  - place: 35001
  - place: "35238"
    quota: 50
    members: [{{email: dpo@syndicat.example, roles: auditor}}, {{email: x@rennes.example, as: tout}}]
"""
    )
    assert "+ place réservée : 5 Go" in words(plan, "35001")
    assert "+ dpo@syndicat.example : délégué à la protection des données" in words(plan, "35001")
    assert "+ place réservée : 50 Go" in words(plan, "35238")
    assert "+ dpo@syndicat.example : auditeur" in words(plan, "35238")


def test_a_syndicate_is_entered_by_hand_and_the_host_has_no_contract_with_itself(applied):
    applied(
        f"""version: 1
host: {{name: Syndicat du Bocage, siren: 254 401 839, contact: aide@bocage.example}}
defaults:
  hosting: {{reference: 2026-41, signed_on: 2026-03-01}}
  members: [{ADMIN}]
territories:
  - {{name: Syndicat du Bocage, kind: SMF, siren: 254401839, population: 12000, communes: [35001, Rennes], seat: Acigné}}
  - place: 35001
"""
    )
    syndicate = territory("254401839")
    assert (syndicate.population, syndicate.members, syndicate.seat) == (12000, ["35001", "35238"], "Acigné")
    with elsewhere(syndicate):
        assert hosting.state_of(syndicate, hosting.in_force(syndicate)) == "own"
    with elsewhere(territory("35001")):
        assert hosting.in_force(territory("35001")).reference == "2026-41"
    assert hosting.the_host().siren == "254401839"


def test_a_town_that_cannot_be_is_named_and_the_others_are_done_and_the_next_run_finishes(applied):
    text = ACIGNE + f"  - place: 35238\n    members: [{ADMIN.replace('acigne', 'rennes')}]\n"
    applied(text)
    acigne, rennes = territory("35001"), territory("35238")
    with scope.nowhere():
        suspend(acigne, Person.objects.get(email="maire@acigne.example"), by=None, reason="enquête")
    more = text.replace("as: décider", "as: [décider, lire]").replace("quota: 20", "quota: 21")
    outcomes = applied(more.replace("place: 35238", "place: 35238\n    quota: 7"))
    assert "suspendus" in outcomes["35001"].problem
    assert territory("35001").quota == 20 << 30  # nothing of it, not even what came before the refusal
    assert not outcomes["35238"].problem
    assert territory("35238").quota == 7 << 30
    assert rennes.pk == territory("35238").pk


def test_the_last_administrator_is_not_withdrawn(applied):
    applied(ACIGNE)
    outcome = applied(ACIGNE.replace(ADMIN, "{email: autre@acigne.example, as: lire}"), prune=True)["35001"]
    assert "dernier administrateur" in outcome.problem
    assert ("mairie@acigne.example", "administrator") in roles(territory("35001"))
    replaced = ACIGNE.replace("mairie@", "mairie2@")
    assert not applied(replaced, prune=True)["35001"].problem


# People and their links


def test_who_is_new_gets_a_link_who_belongs_elsewhere_a_joining_one_and_who_is_there_none(applied):
    shared = "{email: dpo@syndicat.example, roles: dpo}"
    text = f"{ACIGNE}      - {shared}\n  - place: 35238\n    members: [{ADMIN.replace('acigne', 'rennes')}, {shared}]\n"
    outcomes = applied(text)
    assert "/entree/" in outcomes["35001"].arrivals["dpo@syndicat.example"]
    assert "/rejoindre/" in outcomes["35238"].arrivals["dpo@syndicat.example"]
    links = EntryLink.objects.count()
    assert applied(text.replace("as: décider", "as: [décider, lire]"))["35001"].arrivals == {}
    assert EntryLink.objects.count() == links
    # Whoever used an account that was ours signs in again: no link opens it to somebody else.
    Person.objects.filter(email="maire@acigne.example").update(last_login=timezone.now())
    applied(text.replace(MAYOR, "{email: x@acigne.example, as: lire}"), prune=True)
    assert applied(text)["35001"].arrivals == {}


def test_a_source_whose_owner_has_not_accepted_waits_and_does_not_stop_the_town(planned, applied):
    agent = "{email: agent@syndicat.example, as: données}"
    source = (
        SOURCE.replace("        secret: {token_file: /nulle/part/TOKEN}\n", "")
        + "        owner: agent@syndicat.example\n"
    )
    text = f"{ACIGNE}      - {agent}\n  - place: 35238\n    members: [{ADMIN.replace('acigne', 'rennes')}, {agent}]\n{source}"
    outcomes = applied(text)
    assert outcomes["35238"].deferred == (
        "source « Budget », chaque lundi, à 7 h 30 : attend que agent@syndicat.example accepte",
    )
    assert planned(text).territories[1].differences.deferred


def test_links_are_written_before_the_commit_in_a_file_that_only_its_owner_reads(planned, tmp_path: Path):
    path = tmp_path / "links"
    path.touch(0o644)
    plan = planned(ACIGNE)
    outcome = hosting_file.apply_territory(plan.changed[0], plan.sha256, hosting_file.record_links(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    assert [(row[0], row[1]) for row in rows] == [
        ("mairie@acigne.example", "Acigné"),
        ("maire@acigne.example", "Acigné"),
    ]
    assert {row[2] for row in rows} == set(outcome.arrivals.values())
    (tmp_path / "alias").symlink_to(tmp_path / "elsewhere")
    for wrong in (tmp_path / "alias", tmp_path, tmp_path / "no" / "where"):
        with pytest.raises(HostingFileError):
            hosting_file.record_links(wrong)
    assert not (tmp_path / "elsewhere").exists()


def test_without_a_file_of_links_they_leave_by_mail_to_whom_they_are_for(
    planned, settings, mailoutbox, capsys
):
    plan = planned(ACIGNE)
    settings.BASE_URL = "https://beffroi.syndicat.example"
    with pytest.raises(HostingFileError, match="--links"):
        command.link_recorder(plan, None)
    settings.MAIL_HOST = "relais.syndicat.example"
    outcomes = command.apply_plan(plan, command.link_recorder(plan, None), mailed=True)
    assert [mail.to for mail in mailoutbox] == [["mairie@acigne.example"], ["maire@acigne.example"]]
    for mail, link in zip(mailoutbox, outcomes["35001"].arrivals.values(), strict=True):
        assert link in mail.body
        assert link not in "".join(capsys.readouterr())
    assert command.link_recorder(planned(ACIGNE.replace("quota: 20", "quota: 21")), None)


# Sources and quotas


def test_a_secret_is_compared_replaced_when_it_changes_and_never_displayed(planned, applied, monkeypatch):
    text = ACIGNE + SOURCE.replace("token_file: /nulle/part/TOKEN", "user: lecteur, password_env: BUDGET")
    monkeypatch.setenv("BUDGET", "hunter2")
    applied(text)
    monkeypatch.setenv("BUDGET", "hunter3")
    assert words(planned(text), "35001") == ["~ source « Budget » : son secret"]
    applied(text)
    place = territory("35001")
    with elsewhere(place):
        assert connections.open_secret(Source.objects.get().sealed_secret).password == "hunter3"
        assert [line.act for line in ledger.lines_of(place)][-2:] == ["source.secret", "hosting.apply"]
    assert "hunter" not in hosting_file.dump()
    silent = ACIGNE + SOURCE.replace("        secret: {token_file: /nulle/part/TOKEN}\n", "")
    assert planned(silent).count == 0


def test_a_source_changes_its_settings_but_not_its_address(planned, applied):
    source = SOURCE.replace("        secret: {token_file: /nulle/part/TOKEN}\n", "")
    applied(ACIGNE + source)
    changed = source.replace("weekday: lundi", "weekday: mardi").replace("Budget primitif", "Budget 2027")
    assert words(planned(ACIGNE + changed), "35001") == ["~ source « Budget », chaque mardi, à 7 h 30"]
    applied(ACIGNE + changed)
    plan = planned(ACIGNE + source.replace("data.example", "autre.example"))
    assert "Donnez un autre titre" in plan.problems[0].problem
    assert plan.count == 0
    assert planned(ACIGNE).territories[0].differences.undeclared == ["source « Budget »"]
    assert planned(ACIGNE, prune=True).count == 0


def test_the_quota_of_a_territory_comes_before_that_of_the_environment(settings):
    with scope.nowhere():
        place = found_territory(NewTerritory(code="99001", name="Ici", kind="commune", population=1))
        settings.QUOTAS = {"*": 7}
        assert disk_space.quota_of(place) == 7
        assert hosting.set_quota(place, 5, by=None)
        assert not hosting.set_quota(place, 5, by=None)
        assert disk_space.quota_of(territory("99001")) == 5
        with pytest.raises(hosting.HostingError):
            hosting.set_quota(place, -1, by=None)


# Back from what is there


def test_the_file_of_an_instance_changes_nothing_in_it(planned, applied, tmp_path: Path):
    source = SOURCE.replace("        secret: {token_file: /nulle/part/TOKEN}\n", "")
    applied(
        ACIGNE
        + "    competences: [{key: eau, since: 2026-01-01, legal_act: Délibération 7}]\n"
        + source
        + f"  - {{name: Syndicat « No », kind: SMF, siren: 254401839, communes: [35001], contact: 'oui', members: [{ADMIN}]}}\n"
    )
    place, future = territory("35001"), timezone.now() + timedelta(days=40)
    with scope.nowhere():
        found_territory(
            NewTerritory(code="99T01", name="Valbruyère", kind="commune", population=1, is_fictional=True)
        )
        admit(place, "p@x.example", "Oui: \u2028 #1", ["partner"], by=None, term=Term(None, future))
        admit(place, "p@x.example", "", ["agent"], by=None, term=Term(future, None))
        admit(place, "cabinet@x.example", "Cabinet", ["agent"], by=None)
        with scope.inside(place):
            dataset = Dataset.objects.create(
                territory=place, slug="jeu", title="Jeu", producer="M", licence="LO"
            )
        admit(place, "s@x.example", "", ["steward"], by=None, limited_to=[f"dataset:{dataset.pk}"])
        delegate(
            place,
            Person.objects.get(email="maire@acigne.example"),
            Person.objects.get(email="cabinet@x.example"),
            subject="Décider",
            legal_act=ELECTION,
            term=Term(None, future),
            by=None,
        )
    text = hosting_file.dump()
    plan = planned(text)
    assert [words(plan, each.code) for each in plan.territories] == [[], [], []]
    assert plan.count == 0
    assert plan.undeclared == []
    assert [each.differences.undeclared for each in plan.territories] == [[], [], []]
    assert str(django_settings.HOME.path) not in text
