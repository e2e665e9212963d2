"""Silences: found after two periods, never on days off nor for our own stops; told to one role, then to a second."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from beffroi.web.cyber import overview
from beffroi.web.cyber.inventory import cards, keys, listing, services, watching
from beffroi.web.cyber.inventory.errors import InventoryError
from beffroi.web.cyber.inventory.silence import listening_time, rest_days
from beffroi.web.cyber.models import MachineKey, ReportedDevice, SilenceWatch
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Person, Territory
from places import a_person, strongly

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
REASON = "Onduleur en panne, le prestataire passe demain."


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "now", "gaps", "days"),
    [
        ("2026-11-27", "2026-11-30", [], 1),  # Friday to Monday
        ("2026-11-30", "2026-12-14", [], 10),
        ("2026-12-24", "2026-12-28", [], 1),  # Christmas is a Friday
        ("2026-11-30", "2026-12-07", [("2026-12-01", "2026-12-03")], 3),
        ("2026-11-30", "2026-12-07", [("2026-12-04", "2026-12-06"), ("2026-12-05", "2026-12-06")], 4),
        ("2026-11-30", "2026-11-29", [], 0),
    ],
)
def test_days_off_and_our_stops_are_not_counted(
    since: str, now: str, gaps: list[tuple[str, str]], days: int
) -> None:
    stops = [(day(start), day(end)) for start, end in gaps]
    heard = listening_time(day(since), day(now), stops, weekdays_only=True)
    assert abs(heard - timedelta(days=days)) <= timedelta(hours=1)  # a French day begins an hour before


def test_the_day_of_a_clock_change_is_rest_as_long_as_it_lasts() -> None:
    (saturday, sunday) = rest_days(day("2026-10-24"), day("2026-10-25"))
    assert (saturday[1] - saturday[0], sunday[1] - sunday[0]) == (timedelta(hours=24), timedelta(hours=25))


@given(st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 300)), max_size=6), st.integers(0, 2_000))
def test_what_is_heard_is_never_negative_nor_longer_than_what_passed(
    gaps: list[tuple[int, int]], hours: int
) -> None:
    stops = [(MONDAY + timedelta(hours=a), MONDAY + timedelta(hours=a + b)) for a, b in gaps]
    for weekdays_only in (False, True):
        heard = listening_time(MONDAY, MONDAY + timedelta(hours=hours), stops, weekdays_only=weekdays_only)
        assert timedelta(0) <= heard <= timedelta(hours=hours)
    minutes = {h for a, b in gaps for h in range(a, min(a + b, hours))}
    heard = listening_time(MONDAY, MONDAY + timedelta(hours=hours), stops, weekdays_only=False)
    assert heard == timedelta(hours=hours - len(minutes))


@pytest.fixture
def administrator(territory: Territory) -> Person:
    return a_person(territory, "administrator")


def declared(territory: Territory, by: Person, kind: str = "server", name: str = "srv1") -> keys.Issued:
    """A machine that gave its sign on Monday."""
    issued = services.declare(territory, name=name, kind=kind, by=by)
    rows = ReportedDevice.objects.of(territory).filter(pk=issued.key.device_id)
    rows.update(last_contact=MONDAY, watched_since=MONDAY, last_seen=MONDAY.date())
    SilenceWatch.objects.of(territory).update(checked_at=MONDAY)
    return issued


def passed(territory: Territory, since: timedelta, until: timedelta) -> ReportedDevice:
    """The searches of that time, every ten minutes as the supervisor makes them, or each half day for long ones."""
    step, at = max(watching.EVERY, (until - since) / 40), since
    watching.LONGEST_PAUSE = max(3 * watching.EVERY, step)
    while at <= until:
        watching.check(territory, MONDAY + at)
        at += step
    return ReportedDevice.objects.of(territory).first()


@pytest.fixture(autouse=True)
def pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LONGEST_PAUSE", watching.LONGEST_PAUSE)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@pytest.mark.requirement("R75")
def test_a_server_is_silent_after_two_hours_and_escalated_after_three(
    territory: Territory, administrator: Person
) -> None:
    declared(territory, administrator)
    assert passed(territory, hours(0), hours(2)).silent_since is None
    device = passed(territory, hours(2.1), hours(2.9))
    assert device.silent_since is not None and device.escalated_at is None
    assert overview.figures(territory, with_answers=False)["silent"] == 1
    assert passed(territory, hours(3), hours(3.2)).escalated_at is not None


@pytest.mark.requirement("R75")
def test_a_backup_is_silent_after_two_days_weekends_included(
    territory: Territory, administrator: Person
) -> None:
    declared(territory, administrator, "backup")
    assert passed(territory, hours(0), hours(48)).silent_since is None
    assert passed(territory, hours(49), hours(50)).silent_since is not None


def test_a_workstation_is_silent_after_fourteen_working_days(
    territory: Territory, administrator: Person
) -> None:
    declared(territory, administrator)
    ReportedDevice.objects.of(territory).update(kind="workstation", channel="inventory")
    assert passed(territory, hours(0), hours(24 * 18)).silent_since is None
    assert passed(territory, hours(24 * 18.5), hours(24 * 19)).silent_since is not None


def test_the_time_at_which_we_were_stopped_is_no_silence(territory: Territory, administrator: Person) -> None:
    declared(territory, administrator)
    assert passed(territory, hours(0), hours(1)).silent_since is None
    # Stopped for a whole day, then searching again.
    assert passed(territory, hours(25), hours(25.8)).silent_since is None
    assert passed(territory, hours(26), hours(26.4)).silent_since is not None
    ((start, end),) = SilenceWatch.objects.of(territory).get().intervals()
    assert end - start == hours(24)


def test_every_territory_is_searched_but_one_that_is_suspended(
    territory: Territory, administrator: Person
) -> None:
    declared(territory, administrator)
    SilenceWatch.objects.of(territory).update(checked_at=MONDAY + hours(5))
    for suspended_at, minutes in ((MONDAY, 306), (None, 312)):
        Territory.objects.filter(pk=territory.pk).update(suspended_at=suspended_at)
        assert ReportedDevice.objects.of(territory).get().silent_since is None
        with scope.nowhere():
            watching.check_all(MONDAY + timedelta(minutes=minutes))
    assert ReportedDevice.objects.of(territory).get().silent_since is not None


def card_of(person: Person, territory: Territory) -> Any:
    card = cards.silent_card(person, territory)
    return card and (card.count, card.topic)


def test_the_administrator_is_told_then_the_security_officer(
    territory: Territory,
    administrator: Person,
    officer: Person,
) -> None:
    declared(territory, administrator)
    passed(territory, hours(0), hours(2))
    assert card_of(administrator, territory) is None
    passed(territory, hours(2.1), hours(2.5))
    assert (card_of(administrator, territory), card_of(officer, territory)) == ((1, "silent-machines"), None)
    passed(territory, hours(2.6), hours(3.2))
    assert card_of(officer, territory) == (1, "silent-machines")
    assert card_of(a_person(territory, "dpo"), territory) is None


def test_a_silence_taken_charge_of_is_told_no_more_and_ends_with_the_next_sign(
    territory: Territory,
    administrator: Person,
    officer: Person,
) -> None:
    issued = declared(territory, administrator)
    device = passed(territory, hours(0), hours(2.4))
    services.acknowledge(device, reason=REASON, by=administrator)
    assert overview.figures(territory, with_answers=False)["silent"] == 0  # as the home and the page count
    line = ledger.lines_of(territory).last()
    assert line.act == "device.acknowledge" and REASON not in str(line.detail.payload)
    device = passed(territory, hours(2.5), hours(6))
    assert (device.reason, device.escalated_at) == (REASON, None)
    assert card_of(administrator, territory) is card_of(officer, territory) is None
    lines = ledger.lines_of(territory).count()
    services.beat(issued.key)
    device.refresh_from_db()
    assert (device.silent_since, device.acknowledged_by, device.reason) == (None, None, "")
    assert listing.state_of(device).label == "donne signe"
    assert ledger.lines_of(territory).count() == lines, "signs of life write no line"


def test_a_silence_is_acknowledged_with_a_reason_by_who_may(
    territory: Territory,
    administrator: Person,
) -> None:
    declared(territory, administrator)
    device = passed(territory, hours(0), hours(1))
    with pytest.raises(InventoryError, match="de nouveau donné signe"):
        services.acknowledge(device, reason=REASON, by=administrator)
    device = passed(territory, hours(1.1), hours(3))
    with pytest.raises(InventoryError, match="quelques mots"):
        services.acknowledge(device, reason="panne", by=administrator)
    with pytest.raises(PermissionDenied):
        services.acknowledge(device, reason=REASON, by=a_person(territory, "dpo"))


def test_what_is_expected_can_be_changed_and_ends_a_silence(
    territory: Territory, administrator: Person
) -> None:
    declared(territory, administrator)
    device = passed(territory, hours(0), hours(3))
    assert device.silent_since is not None
    for wrong in (-1, 800):
        with pytest.raises(InventoryError, match="heures au plus"):
            services.change(device, kind="server", period_hours=wrong, by=administrator)
    services.change(device, kind="server", period_hours=0, by=administrator)
    device = passed(territory, hours(3.1), hours(100))
    assert device.silent_since is None and listing.state_of(device).label == "non suivie"
    assert listing.expectation(device) == "Aucun signe n'est attendu."


def test_a_machine_is_declared_once_and_removed_with_its_keys(
    territory: Territory, administrator: Person
) -> None:
    issued = declared(territory, administrator)
    for name, kind in (("SRV1", "server"), ("", "server"), ("autre", "workstation")):
        with pytest.raises(InventoryError):
            services.declare(territory, name=name, kind=kind, by=administrator)
    services.remove(issued.key.device, by=administrator)
    assert not MachineKey.objects.of(territory).exists() and not ReportedDevice.objects.of(territory).exists()
    assert keys.find(issued.secret) is None


def test_the_database_holds_what_a_key_and_an_acknowledgement_are(
    territory: Territory, administrator: Person
) -> None:
    issued = declared(territory, administrator)
    keys.revoke(issued.key, by=administrator)
    robot = Person.objects.create_user("r@example.invalid", name="r", kind=Person.Kind.SERVICE)
    for rows, change in (
        (MachineKey, {"revoked_at": None}),
        (MachineKey, {"digest": "x"}),
        (MachineKey, {"use": "collector", "device": None}),
        (ReportedDevice, {"acknowledged_by": robot, "reason": REASON}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.objects.of(territory).update(**change)


def page(client: Client, territory: Territory, path: str = "", **data: Any) -> Any:
    address = f"/t/{territory.slug}/securite/postes/{path}"
    return client.post(address, data) if data else client.get(address)


@pytest.fixture
def client(administrator: Person) -> Client:
    browser = Client()
    strongly(browser, administrator)
    return browser


def test_the_page_begins_with_how_to_connect_and_tells_a_key_once(
    client: Client, territory: Territory
) -> None:
    empty = page(client, territory).text
    assert "Aucune machine n'a encore donné signe" in empty.replace("&#x27;", "'")
    made = page(client, territory, "cle/", use="inventory")
    secret = made.text.partition('id="secret">')[2].partition("<")[0]
    assert keys.find(secret).use == "inventory" and made.text.count(secret) == 3
    assert "no-store" in made["Cache-Control"]
    assert secret not in page(client, territory).text


def test_silent_machines_come_first_and_are_taken_charge_of_on_their_page(
    client: Client,
    territory: Territory,
    administrator: Person,
    django_assert_max_num_queries: Any,
) -> None:
    for name in ("a-calme", "z-silencieux"):
        declared(territory, administrator, name=name)
    device = ReportedDevice.objects.of(territory).get(name="z-silencieux")
    ReportedDevice.objects.of(territory).filter(name="a-calme").update(period_hours=0)
    passed(territory, hours(0), hours(3))
    with django_assert_max_num_queries(20):
        text = page(client, territory).text
    assert text.index("z-silencieux") < text.index("a-calme") and "1 silencieuse" in text
    assert page(client, territory, f"{device.pk}/prendre-en-charge/", reason="x").status_code == 422
    assert page(client, territory, f"{device.pk}/prendre-en-charge/", reason=REASON).status_code == 302
    assert REASON in page(client, territory, f"{device.pk}/").text
    changed = page(client, territory, f"{device.pk}/changer/", kind="server", period_hours="4")
    assert (
        changed.status_code == 302 and "toutes les 4 heures" in page(client, territory, f"{device.pk}/").text
    )
    made = page(client, territory, f"{device.pk}/cle/", x="1")
    assert "curl -fsS" in made.text and "Clé créée le" in page(client, territory, f"{device.pk}/").text
    key = MachineKey.objects.of(territory).filter(device=device).first()
    assert page(client, territory, f"cle/{key.pk}/revoquer/", x="1").status_code == 302
    assert page(client, territory, f"{device.pk}/retirer/", x="1").status_code == 302
    assert page(client, territory, f"{device.pk}/").status_code == 404


def test_a_declared_backup_is_told_how_to_give_its_sign(client: Client, territory: Territory) -> None:
    assert page(client, territory, "attendre/", name="", kind="backup").status_code == 422
    made = page(client, territory, "attendre/", name="Sauvegarde de la mairie", kind="backup")
    assert "à la fin du script de sauvegarde" in made.text and "premier signe attendu" in made.text


def test_who_may_only_read_sees_no_form(territory: Territory, administrator: Person) -> None:
    device = declared(territory, administrator).key.device
    reader = Client()
    strongly(reader, a_person(territory, "dpo"))
    for path in ("", f"{device.pk}/"):
        assert (
            'method="post"'
            not in page(reader, territory, path).text.partition("<main")[2].partition("</main")[0]
        )
    assert page(reader, territory, f"{device.pk}/retirer/", x="1").status_code == 404
