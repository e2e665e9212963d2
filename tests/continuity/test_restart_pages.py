"""The pages of the restart order: registers to order, a run signed off with its stopwatch, papers, history, the kit."""

import html
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from beffroi.guides import Register, Runbook
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.essential_services import analyses
from beffroi.web.continuity.essential_services.impact import HOURS
from beffroi.web.continuity.offline_kit.parts import all_parts
from beffroi.web.continuity.restart import drills, home_lines, plan_section, registers, services
from beffroi.web.continuity.restart.runbook import RESTART_ORDER, build
from beffroi.web.guides.errors import GuideError
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import GuideEdition, RegisterEntry, Response, StepNote
from beffroi.web.guides.services import registers as entries
from beffroi.web.guides.services import responses
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui import printing
from places import a_person, a_territory, elsewhere

ROOT = "/t/valbruyere/continuite/remise-en-route/"


def add(territory: Territory, by: Person, register: str, **values: str) -> RegisterEntry:
    return entries.save_entry(territory, by, guide(Register, register), values)


@pytest.fixture
def town(territory: Territory, secretary: Person) -> Territory:
    """Two services, three applications, and how long the services can stop."""
    civil = add(territory, secretary, "essential_services", name="État civil")
    add(territory, secretary, "essential_services", name="Archives")
    people = {"knows": "Mme Roussel", "knows_too": "M. Cadet"}
    add(territory, secretary, "applications", name="Réseau", restore_hours="1", kind="network", **people)
    add(
        territory, secretary, "applications", name="Logiciel d'état civil", services="etat civil", needs="réseau",
        restore_hours="2", has_data="yes", access_paper="Enveloppe du coffre", how="Rallumer, puis attendre",
        **people,
    )  # fmt: skip
    add(
        territory,
        secretary,
        "applications",
        name="Vieux scanner",
        services="Archives",
        needs="Pilote perdu",
        knows="Mme Roussel",
    )
    analyses.save_cells(civil, secretary, {HOURS: "4"})
    return territory


@pytest.fixture
def browser(secretary: Person) -> Client:
    client = Client()
    client.force_login(secretary)
    return client


def text_of(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return html.unescape(answer.content.decode()).replace("\u00a0", " ").replace("\u202f", " ")


def test_an_empty_register_says_where_to_begin_and_nothing_can_be_started(
    territory: Territory, secretary: Person, browser: Client
) -> None:
    assert "Rien à remettre en route" in text_of(browser, ROOT)
    with pytest.raises(ContinuityError, match="registre des applications est vide"):
        services.begin(territory, secretary)
    assert browser.post(f"{ROOT}commencer/").status_code == 302
    assert browser.get(f"{ROOT}ordre.csv").status_code == 302
    assert not Response.objects.of(territory).exists() and not GuideEdition.objects.of(territory).exists()
    answer = browser.get(f"{ROOT}ordre.pdf")
    assert answer.content.startswith(b"%PDF")


def test_the_page_says_what_contradicts_itself_before_the_order(town: Territory, browser: Client) -> None:
    page = text_of(browser, ROOT)
    assert page.index("Ce qui se contredit") < page.index("Vague 1")
    for cause in (
        "« Pilote perdu » est nécessaire à « Vieux scanner », et n'est pas dans le registre.",
        "Personne n'a dit combien de temps « Archives » peut rester arrêté.",
        "« Logiciel d'état civil » garde des données, et aucune sauvegarde n'est notée.",
        "Une seule personne sait remettre en route « Vieux scanner »",
    ):
        assert cause in page
    assert "Attend : Réseau" in page and "<svg" in page and "à valider" in page
    order = page[page.index("Vague 1") :]
    assert order.index("Réseau") < order.index("Logiciel d'état civil") < order.index("Vieux scanner")


def test_the_starting_list_makes_an_order_without_a_circle(territory: Territory, secretary: Person) -> None:
    entries.begin_with_rows(territory, secretary, guide(Register, "applications"))
    order = registers.restart_order(territory)
    kinds = {each.kind for each in order.contradictions}
    assert len(order.placed) >= 10 and not kinds & {"circle", "undeclared", "slow"}
    assert order.placed[0].application.name == "Électricité et onduleur"
    home = {line.url: line.title for line in home_lines.contradictions(secretary, territory)}
    assert "Compléter" in home[f"{ROOT}#completer"] and len(order.incomplete) > len(order.opposed)
    steps = build(order, date(2026, 11, 29)).steps
    assert "sur place" in steps[0].proof and "poste" not in steps[0].proof


def test_the_page_of_a_starting_list_says_what_is_unknown_and_puts_the_order_before_what_is_missing(
    territory: Territory, secretary: Person, browser: Client
) -> None:
    entries.begin_with_rows(territory, secretary, guide(Register, "applications"))
    page = text_of(browser, ROOT)
    assert "inconnu" in page and "0 min" not in page
    assert page.index('id="ordre"') < page.index('id="completer"')
    assert "La suite de l'ordre" in page
    browser.post(f"{ROOT}commencer/", {"exercise": "1"})
    run = Response.objects.of(territory).get(guide=RESTART_ORDER)
    page = text_of(browser, f"{ROOT}{run.pk}/")
    assert "inconnu" in page and "moins d'une seconde" not in page.split("Reste, au mieux")[1][:200]


def test_a_run_freezes_the_order_and_lives_on_the_pages_of_every_runbook(
    town: Territory, secretary: Person, browser: Client
) -> None:
    answer = browser.post(f"{ROOT}commencer/", {"exercise": "1"})
    run = Response.objects.of(town).get(guide=RESTART_ORDER)
    assert answer.headers["Location"] == f"{ROOT}{run.pk}/" and run.is_exercise
    line = ledger.lines_of(town).last()
    assert line.act == "guide.open" and "Roussel" not in str(line.__dict__)
    for entry in registers.application_entries(town):
        entries.remove_entry(entry, secretary, guide(Register, "applications"))
    generic = text_of(browser, f"/t/valbruyere/guides/deroules/en-cours/{run.pk}/")
    assert "Remettre en route : Réseau" in generic and f'href="{ROOT}"' in generic
    assert f'href="{ROOT}{run.pk}/"' in generic and "Chronomètre" in generic
    page = text_of(browser, f"{ROOT}{run.pk}/")
    assert "EXERCICE" in page and "Remettre en route : Réseau" in page and 'data-island="stopwatch"' in page


def test_the_same_button_pressed_twice_begins_one_run(town: Territory, secretary: Person) -> None:
    assert services.begin(town, secretary).pk == services.begin(town, secretary).pk
    assert GuideEdition.objects.of(town).filter(guide=RESTART_ORDER).count() == 1


def test_a_step_is_signed_off_in_order_twice_counts_once_and_can_be_taken_back(
    town: Territory, secretary: Person, browser: Client
) -> None:
    run = services.begin(town, secretary)
    network, software = (step.key for step in steps(run)[:2])
    page = browser.post(f"{ROOT}{run.pk}/etapes/{software}/", follow=True).content.decode()
    assert "attend celles qui la précèdent" in page and not run.steps.exists()
    browser.post(f"{ROOT}{run.pk}/etapes/{network}/", {f"{network}-what": "Le câble était débranché"})
    first = StepNote.objects.of(town).get()
    assert first.notes["what"] == "Le câble était débranché"
    browser.post(f"{ROOT}{run.pk}/etapes/{network}/")
    assert services.stopwatch_of(run).applications[0].done_at == first.at
    responses.note_step(run, secretary, network, {}, done=False)
    assert services.stopwatch_of(Response.objects.of(town).get(guide=RESTART_ORDER)).done_count == 0
    again = responses.note_step(run, secretary, network, {})
    assert (
        services.stopwatch_of(Response.objects.of(town).get(guide=RESTART_ORDER)).applications[0].done_at
        == again.at
    )
    assert browser.post(f"{ROOT}{run.pk}/etapes/app_0/").status_code == 404


def steps(run: Response) -> tuple:
    runbook = run.edition.read()
    assert isinstance(runbook, Runbook)
    return runbook.steps


@pytest.mark.requirement("R77")
def test_a_drill_is_in_the_history_with_its_total_and_its_late_services(
    town: Territory, secretary: Person, browser: Client
) -> None:
    run = services.begin(town, secretary, is_exercise=True)
    for rank, step in enumerate(steps(run), start=1):
        moment = run.opened_at + timedelta(hours=1.5 * rank)
        StepNote.objects.create(territory=town, response=run, step=step.key, by=secretary, at=moment)
    responses.close_response(run, secretary)
    (drill,) = drills.history(town)
    assert drill.late_services == ["État civil"] and drill.total == timedelta(hours=7.5)
    (result,) = drills.dated_results(town)
    assert not result.passed and result.is_exercise and result.day == drill.day
    summary = " ".join(result.summary.split())
    assert summary == "Exercice de remise en route : 5 étapes faites sur 5, 1 service en retard sur 2."
    assert "en retard : État civil" in text_of(browser, ROOT)
    tables = [block.table for block in plan_section.SECTION.build(town)[1:]]
    assert "1 service en retard" in " ".join(tables[0][1][1].split())
    page = text_of(browser, f"{ROOT}{run.pk}/")
    assert "en retard" in page and "C'est fait" not in page and "data-island" not in page
    answer = browser.get(f"{ROOT}{run.pk}/compte-rendu.pdf")
    assert answer.content.startswith(b"%PDF") and "exercice" in answer.headers["Content-Disposition"]
    with pytest.raises(GuideError):
        responses.note_step(run, secretary, steps(run)[0].key, {})


def test_the_order_leaves_as_tables_and_as_a_tagged_pdf(town: Territory, browser: Client) -> None:
    table = browser.get(f"{ROOT}ordre.csv").content.decode("utf-8-sig")
    assert table.splitlines()[0].startswith("Rang;Vague;Application")
    assert "Enveloppe du coffre" in table and "Pilote perdu" not in table.splitlines()[1]
    assert browser.get(f"{ROOT}ordre.xlsx").content.startswith(b"PK")
    pdf = browser.get(f"{ROOT}ordre.pdf").content
    assert pdf.startswith(b"%PDF")
    assert browser.get(f"{ROOT}ordre.exe").status_code == 404


def test_a_machine_that_cannot_print_says_so_on_the_page(
    town: Territory, browser: Client, secretary: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_printer(_: str) -> bytes:
        raise printing.NoPrinter("La bibliothèque Pango manque.")

    monkeypatch.setattr(printing, "render_pdf", no_printer)
    run = services.begin(town, secretary)
    for file, page in (("ordre.pdf", ROOT), (f"{run.pk}/compte-rendu.pdf", f"{ROOT}{run.pk}/")):
        answer = browser.get(f"{ROOT}{file}", follow=True)
        assert answer.redirect_chain[0][0] == page and "Pango manque" in answer.content.decode()


def test_the_open_part_of_the_kit_names_nobody_and_the_sealed_one_does(town: Territory) -> None:
    parts = {each.key: each for each in all_parts() if each.key.startswith("restart")}
    (page,) = parts["restart"].pages(town)
    (sealed,) = parts["restart-people"].pages(town)
    assert parts["restart-people"].sealed and not parts["restart"].sealed
    assert "Logiciel d&#x27;état civil" in page.body or "Logiciel d'état civil" in html.unescape(page.body)
    for personal in ("Roussel", "Cadet", "Enveloppe", "Rallumer"):
        assert personal not in page.body and personal in sealed.body
    assert page.as_of is not None


def test_who_only_reads_begins_and_signs_nothing(town: Territory, secretary: Person) -> None:
    reader = a_person(town, "dpo")
    run = services.begin(town, secretary)
    client = Client()
    client.force_login(reader)
    page = text_of(client, ROOT)
    assert "Ce qui se contredit" in page
    assert client.post(f"{ROOT}commencer/").status_code in (403, 404)
    assert client.post(f"{ROOT}{run.pk}/etapes/{steps(run)[0].key}/").status_code in (403, 404)
    with pytest.raises(PermissionDenied):
        services.begin(town, reader)


def test_a_run_of_another_town_and_another_runbook_are_not_found(
    town: Territory, secretary: Person, browser: Client
) -> None:
    incident = responses.open_run(town, secretary, guide(Runbook, "cyber_incident"))
    assert browser.get(f"{ROOT}{incident.pk}/").status_code == 404
    other = a_territory("Autreville", code="99T02")
    with elsewhere(other):
        person = a_person(other, "administrator", email="autre@example.org")
        add(other, person, "applications", name="Ailleurs")
        run = services.begin(other, person)
    assert browser.get(f"{ROOT}{run.pk}/").status_code == 404


def test_an_application_register_comes_from_a_spreadsheet_with_its_usual_headings(
    territory: Territory, secretary: Person
) -> None:
    heading = ["Logiciel", "Utilisée par", "Dépend de", "RTO", "PDMA", "Référent"]
    row = ["Paie", "Paie ; Élus", "Serveur", "2,5 h", "24", "Mme Roussel"]
    report = entries.import_table(
        territory, secretary, guide(Register, "applications"), heading, [row], apply=True
    )
    assert not report.faults and not report.unknown_columns
    (placed,) = registers.restart_order(territory).placed
    it = placed.application
    assert (it.serves, it.needs, it.hours, it.loss) == (("Paie", "Élus"), ("Serveur",), 2.5, 24)
    assert it.has_data and it.people == ("Mme Roussel",)
