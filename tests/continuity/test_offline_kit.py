"""The kit: what opens without network, what is never in its open part, what it keeps when a list or a build fails."""

import base64
import hashlib
import os
import re
from collections.abc import Iterator
from datetime import timedelta

import pypdfium2
import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.guides import Register
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.errors import NotGranted
from beffroi.web.catalogue.grants import consultation
from beffroi.web.catalogue.models import Dataset
from beffroi.web.continuity.crisis import kit_pages as crisis_pages
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import KitBuild, KitCopy, KitList, KitListContent
from beffroi.web.continuity.offline_kit import (
    builder,
    cards,
    home_lines,
    lists,
    own_parts,
    parts,
    passphrase,
    services,
    stored_kits,
)
from beffroi.web.continuity.offline_kit import personal_values as people
from beffroi.web.continuity.offline_kit.parts import Page, Part
from beffroi.web.continuity.paper_forms import kit_pages, numbers
from beffroi.web.continuity.service_sheets import sheets
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import registers
from beffroi.web.platform import jobs, ledger, scope
from beffroi.web.platform.models import Job, Membership, Person, Territory
from own_home import home  # noqa: F401  a fixture
from places import a_person, poured, strongly

from . import kits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]


@pytest.fixture
def steward(territory: Territory) -> Person:
    return a_person(territory, "data_officer", "agent")


@pytest.fixture
def begun(territory: Territory, secretary: Person) -> Territory:
    kits.begin(territory, secretary)
    return territory


@pytest.fixture
def children(begun: Territory, steward: Person) -> Dataset:
    return kits.children(begun, steward)


@pytest.fixture
def child_list(begun: Territory, steward: Person, children: Dataset) -> KitList:
    return kits.child_list(begun, steward, children)


@pytest.fixture(autouse=True)
def small_kit() -> Iterator[None]:
    """Two parts of ours: the pages of other nouns have their own tests. Parts that a test registers go with it."""
    before = dict(parts._parts)
    for key in before.keys() - {"calls", "sheets", "people-to-call"}:
        del parts._parts[key]
    yield
    parts._parts.clear()
    parts._parts.update(before)


@pytest.fixture
def whole_kit(small_kit: None) -> None:
    """Every part of ours."""
    own_parts.register_parts()


@pytest.mark.requirement("R76")
@pytest.mark.requirement("R95")
def test_a_kit_opens_on_three_buttons_and_asks_nothing_of_any_network(
    begun: Territory, secretary: Person, whole_kit: None
):
    build = builder.build(begun, secretary)
    found = kits.unpacked(build)
    first = found["OUVRIR-MOI.html"].decode()
    buttons = re.findall(r'<li><a href="([^"]+)">([^<]+)</a></li>', first.partition("</ul>")[0])
    assert [label for _, label in buttons] == [
        "Qui appeler",
        "Mon service aujourd&#x27;hui",
        "Informer les habitants",
    ]
    assert [address for address, _ in buttons[:2]] == ["pages/qui-appeler.html", "pages/mon-service.html"]
    assert build.code in first
    for name, content in found.items():
        if name.endswith(".html"):
            text = content.decode()
            assert "default-src 'none'" in text, name
            assert re.findall(r'(?:src|action)="|<link|<script|@import|url\(', text) == [], name
            for target in re.findall(r'href="([^"#]+)', text):
                here = f"{name.rpartition('/')[0]}/{target}".lstrip("/")
                here = here.replace("pages/../", "")
                assert target.startswith(("http", "tel:")) or here in found, (name, target)
    assert {"pages/qui-appeler.html", "pages/fiche-cantine.html", "pages/guide-crise.html", "pages/courrier-notice-cnil.html", "CLASSEUR.pdf"} <= set(found)  # fmt: skip
    sums = dict(line.split("  ")[::-1] for line in found["SHA256SUMS"].decode().splitlines())
    assert sums == {
        name: hashlib.sha256(content).hexdigest() for name, content in found.items() if name != "SHA256SUMS"
    }
    assert (build.sha256, build.size) == (hashlib.sha256(stored_kits.path_of(build).read_bytes()).hexdigest(), stored_kits.path_of(build).stat().st_size)  # fmt: skip


def test_the_binder_is_tagged_with_its_contents_its_code_and_every_sheet(begun: Territory, secretary: Person):
    build = kits.built(begun, secretary)
    document = pypdfium2.PdfDocument(kits.unpacked(build)["CLASSEUR.pdf"])
    assert document.is_tagged()
    text = "".join(document[n].get_textpage().get_text_range() for n in range(len(document)))
    assert build.code in text
    assert "Sommaire" in text
    assert all(each.service in text for each in sheets.sheets(begun))
    assert f"/ {len(document)}" in text


def test_a_form_is_a_page_a_pdf_and_a_sheet_of_the_binder_whose_other_pages_stay_numbered(
    begun: Territory, secretary: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(numbers, "KIT_RESERVE", 1)
    parts.register(Part("paper-forms", "Formulaires papier", 40, kit_pages.pages))
    entry = kits.sheet_entry(begun, "Cantine")
    alone = entry.values | {"forms": ["Présence à la cantine"]}
    registers.save_entry(begun, secretary, guide(Register, "service_sheets"), alone, entry=entry)
    kits.approve_sheets(begun, secretary, "Cantine")
    found = kits.unpacked(builder.build(begun, secretary))
    assert found["pages/formulaire-canteen.pdf"].startswith(b"%PDF")
    assert b'href="formulaire-canteen.pdf"' in found["pages/formulaire-canteen.html"]
    assert b'href="formulaire-canteen.html"' in found["pages/fiche-cantine.html"]
    assert "pages/formulaire-water.html" not in found
    document = pypdfium2.PdfDocument(found["CLASSEUR.pdf"])
    texts = [document[n].get_textpage().get_text_range() for n in range(len(document))]
    unnumbered = [n for n, text in enumerate(texts, 1) if f"{n} / {len(document)}" not in text]
    (sheet,) = (n for n, text in enumerate(texts, 1) if "CANT-K-0001" in text)
    assert unnumbered == [1, sheet], "the cover and the form"
    says = f"{len(document)} pages, dont 1 de formulaires"
    assert says in found["OUVRIR-MOI.html"].decode().replace("\xa0", " ")
    page = strongly(Client(), secretary).get(reverse("kit", args=[begun.slug])).content.decode()
    assert says in page.replace("\xa0", " ")
    (paper,) = (stored_kits.folder(begun) / stored_kits.PAPERS).iterdir()
    first, (_, page) = paper.stat().st_ino, kit_pages.pages(begun)
    assert stored_kits.laid_out(begun, page.paper) == found["pages/formulaire-canteen.pdf"]
    assert paper.stat().st_ino == first, "not laid out again"
    os.utime(paper, (0, 0))
    stored_kits.prune(begun)
    assert not paper.exists()


@pytest.mark.requirement("R86")
def test_a_contact_that_nobody_verified_for_ninety_days_is_struck_out(begun: Territory, secretary: Person):
    register = guide(Register, "who_to_call")
    old = timezone.localdate() - timedelta(days=91)
    for name, day in (("Réparateur", old), ("Secours", timezone.localdate())):
        row = {"name": name, "phone": "01 99 00 00 01" if name == "Secours" else "01 99 00 00 02", "source": "contrat", "verified_on": day.isoformat()}  # fmt: skip
        registers.save_entry(begun, secretary, register, row)
    page = kits.unpacked(builder.build(begun, secretary))["pages/qui-appeler.html"].decode()
    assert "<del>01 99 00 00 02</del>" in page
    assert "<strong>01 99 00 00 01</strong>" in page


def test_a_number_to_call_that_a_register_of_people_has_too_stays_in_the_open(
    begun: Territory, secretary: Person
):
    contact = {"name": "Prestataire", "phone": "01 99 00 00 09", "source": "contrat",
               "verified_on": timezone.localdate().isoformat()}  # fmt: skip
    registers.save_entry(begun, secretary, guide(Register, "who_to_call"), contact)
    numbers = people.values_of(["01 99 00 00 09"], "un registre") | people.values_of(
        ["01 99 00 00 10"], "un registre"
    )
    left = people.without_emergency_numbers(numbers, begun)
    assert {value.number for value in left} == {"199000010"}


@pytest.mark.parametrize("written", ["Maëlle Secrétaire", "Maëlle Secrétaire (membre de démonstration)"])
def test_an_account_is_searched_by_its_name_whatever_stands_behind_it_or_in_our_own_documentation(
    begun: Territory, secretary: Person, written: str
):
    secretary.name = written
    secretary.save()
    searched = people.values_of_accounts(begun)
    sheet = people.Pages({"Accueil": "<p>Demander à Maëlle SECRÉTAIRE.</p>"})
    assert [str(found) for found in people.search(searched, sheet)] == [
        "page « Accueil », une valeur de la liste des comptes de votre collectivité"
    ]
    function = people.Pages({"Accueil": "<p>La secrétaire de mairie.</p>"})
    assert people.search(searched, function) == []


def test_five_pages_that_name_somebody_are_told_then_how_many_more(begun: Territory, secretary: Person):
    secretary.name = "Maëlle Kerdoncuff"
    secretary.save()

    def refusal(pages: int) -> str:
        texts = {f"Fiche {n}": "<p>Demander à Maëlle Kerdoncuff.</p>" for n in range(pages)}
        with pytest.raises(ContinuityError) as refused:
            builder.require_nobody(begun, texts, [])
        return str(refused.value)

    assert "Fiche 4" in refusal(5) and "autres" not in refusal(5)
    assert "Fiche 5" not in refusal(7) and "; et 2 autres." in refusal(7)


def test_a_list_about_people_is_read_under_its_grant_and_goes_into_the_sealed_part_only(
    begun: Territory, steward: Person, child_list: KitList
):
    assert child_list.is_personal
    before = ledger.lines_of(begun).filter(act="dataset.read_personal").count()
    found = kits.unpacked(builder.build(begun, steward))
    line = ledger.lines_of(begun).filter(act="dataset.read_personal").last()
    assert ledger.lines_of(begun).filter(act="dataset.read_personal").count() == before + 1
    assert line.detail.payload["way"] == "kit"
    assert line.actor == f"person:{steward.pk}"
    everything = people.Pages({name: text.decode() for name, text in found.items() if name.endswith(".html") and name != "COFFRE.html"})  # fmt: skip
    values = people.values_of_lists([lists.refresh(child_list)])
    assert people.search(values, everything) == []
    assert not any(b"Kervadec" in content for content in found.values())


def test_the_search_finds_in_the_sealed_part_every_value_that_it_does_not_find_in_the_open_one(
    child_list: KitList,
):
    table = lists.refresh(child_list)
    (page,) = own_parts.list_pages([table], sealed=True)
    sealed = people.Pages({page.title: page.body})
    values = people.values_of_lists([table])
    missed = [value for value in values if not sealed.with_value(value) and not kits.is_pair(value, [table])]
    assert missed == []
    assert {value.number for value in values if value.number} == {"698765432", "698765433", "698765434"}
    assert ("maelle", "kervadec") in {value.words for value in values}


@pytest.mark.parametrize(
    "leak",
    [
        "Demander à Maëlle KERVADEC",
        "demander à rose petit",
        "Kervadec",
        "m.kervadec@exemple.org",
        "06.98.76.54.32",
        "+33 698 765 433",
        '<a href="tel:0698765434">appeler</a>',
        '<script type="application/json">{"text":"ma\\u00eblle","nom":"kervadec"}</script>',
        base64.b64encode(
            b"Liste du jour, par ordre : Maelle Kervadec, Rose Petit, Deniz, puis les autres."
        ).decode(),
    ],
)
def test_an_open_part_that_names_somebody_is_refused_saying_where_and_not_who(
    begun: Territory, secretary: Person, child_list: KitList, leak: str
):
    parts.register(Part("leak", "Essai", 99, lambda territory: [Page("essai", "Une page", f"<p>{leak}</p>")]))
    with pytest.raises(ContinuityError, match="« Une page"):
        builder.build(begun, secretary)
    failed = KitBuild.objects.of(begun).first()
    assert failed is not None
    assert "Enfants inscrits" in failed.failure
    assert not re.search("kervadec|petit|98.?76", failed.failure, re.IGNORECASE)
    assert list(stored_kits.folder(begun).glob("*.zip")) == []


def test_a_button_with_several_pages_says_when_to_use_each(begun: Territory, secretary: Person):
    parts.register(Part("crisis-messages", "Messages", 50, crisis_pages.messages))
    one = Page("page-b", "Ce que les habitants lisent", "<p>B</p>", "inform", when="Pour répondre.")
    parts.register(Part("other", "Autre", 60, lambda territory: [one]))
    found = kits.unpacked(builder.build(begun, secretary))["pages/bouton-inform.html"].decode()
    lines = re.findall(r"<li><a href=\"[^\"]+\">([^<]+)</a><br>([^<]+)</li>", found)
    assert [title for title, _ in lines] == ["Les messages, à compléter à la main", one.title]
    assert "par affiche, téléphone ou courriel" in lines[0][1]


def test_functions_and_words_of_beffroi_name_nobody(begun: Territory, secretary: Person):
    register = guide(Register, "essential_services")
    row = {"name": "Cantine", "head": "Responsable de la restauration", "deputy": "Secrétaire de mairie"}
    registers.save_entry(begun, secretary, register, row)
    assert builder.build(begun, secretary).is_whole
    registers.save_entry(begun, secretary, register, {"name": "Eau", "head": "Directrice : Yuna Le Goff"})
    sheet = kits.sheet_entry(begun)
    values = {**sheet.values, "contacts": ["Yuna Le Goff, à la cuisine"]}
    registers.save_entry(begun, secretary, sheets.register(), values, entry=sheet)
    with pytest.raises(ContinuityError, match="Responsable"):
        builder.build(begun, secretary)


def test_a_person_who_may_not_read_a_dataset_cannot_join_it(begun: Territory, children: Dataset):
    agent = a_person(begun, "agent", email="autre@example.org")
    purpose = kits.canteen_purpose(begun, children)
    with pytest.raises(NotGranted):
        lists.add(kits.sheet_entry(begun), agent, "Enfants", dataset=children, processing=purpose)
    with pytest.raises(PermissionDenied):
        lists.add(
            kits.sheet_entry(begun),
            a_person(begun, "auditor"),
            "Enfants",
            dataset=children,
            processing=purpose,
        )
    assert not KitList.objects.of(begun).exists()


def test_a_list_that_cannot_be_read_keeps_its_last_content_its_date_and_the_reason(
    begun: Territory, steward: Person, child_list: KitList
):
    at = KitListContent.objects.get(kit_list=child_list).at
    Membership.objects.of(begun).filter(person=steward).update(until=timezone.now() - timedelta(minutes=1))
    table = lists.refresh(child_list)
    assert (len(table.rows), table.at) == (3, at)
    assert "pas le droit de lire" in table.failure
    KitListContent.objects.of(begun).filter(kit_list=child_list).update(
        at=timezone.now() - timedelta(days=31)
    )
    assert lists.refresh(child_list).rows == ()


def test_what_is_withdrawn_from_the_catalogue_leaves_the_list(
    begun: Territory, steward: Person, children: Dataset, child_list: KitList
):
    current = children.current
    assert current is not None
    catalogue.undo(current, a_person(begun, "data_officer", "administrator", email="g@example.org"))
    assert KitListContent.objects.get(kit_list=child_list).sealed == ""
    assert lists.refresh(child_list).rows == ()


def test_a_list_about_nobody_is_in_the_open_part_with_its_age(begun: Territory, steward: Person):
    rates = poured(begun, steward, "Tarifs.csv", kits.RATES).dataset
    row = lists.add(
        kits.sheet_entry(begun), steward, "Tarifs votés", dataset=rates, processing=consultation(begun)
    )
    assert not row.is_personal
    page = kits.unpacked(builder.build(begun, steward))[f"pages/liste-{row.pk}.html"].decode()
    assert "3,2" in page
    assert "Contenu du" in page


def test_the_contents_of_lists_are_sealed_at_rest(child_list: KitList):
    assert "ervadec" not in KitListContent.objects.get(kit_list=child_list).sealed


def test_only_the_last_three_kits_are_stored_and_a_failure_leaves_the_last_whole(
    begun: Territory, secretary: Person
):
    builds = [kits.built(begun, secretary), *(builder.build(begun, secretary) for _ in range(3))]
    assert {path.stem for path in stored_kits.folder(begun).glob("*.zip")} == {one.code for one in builds[1:]}
    leak = f"<p>{a_person(begun, 'agent', email='yuna.legoff@exemple.org').email}</p>"
    parts.register(Part("leak", "Essai", 99, lambda territory: [Page("essai", "Une page", leak)]))
    with pytest.raises(ContinuityError):
        builder.build(begun, secretary)
    assert stored_kits.last_whole(begun) == builds[3]


def test_a_part_that_fails_is_left_out_and_said(begun: Territory, secretary: Person):
    def broken(territory: Territory) -> list[Page]:
        raise ZeroDivisionError

    parts.register(Part("broken", "Journal", 50, broken))
    build = builder.build(begun, secretary)
    assert build.missing == ["« Journal » n'a pas pu être fait. Signalez-le à votre administrateur."]
    assert "Journal" in kits.unpacked(build)["OUVRIR-MOI.html"].decode()


def test_the_code_read_on_a_kit_dates_its_opening(begun: Territory, secretary: Person):
    build = kits.built(begun, secretary)
    with pytest.raises(ContinuityError, match="Aucun kit"):
        services.note_opening(begun, secretary, "AAAAAA" if build.code != "AAAAAA" else "BBBBBB")
    services.note_opening(begun, secretary, f" {build.code[:3].lower()} {build.code[3:]} ")
    opening = services.last_opening(begun)
    assert opening is not None
    assert opening.build == build


def test_a_kit_of_which_no_copy_is_elsewhere_calls_for_one(begun: Territory, secretary: Person):
    assert cards.kit_gap(begun) == "Il n'a jamais été fabriqué."
    build = kits.built(begun, secretary)
    assert "Aucune copie" in cards.kit_gap(begun)
    content = services.download(build, secretary)
    assert content.startswith(b"PK")
    assert cards.kit_gap(begun) == ""
    assert KitCopy.objects.of(begun).get().by == secretary
    assert ledger.lines_of(begun).filter(act="kit.copy").count() == 1


def test_the_home_asks_to_make_a_kit_before_it_asks_to_open_one(begun: Territory, secretary: Person):
    texts = lambda: [line.text for line in home_lines.gaps(secretary, begun)]  # noqa: E731
    assert texts() == ["Aucun kit : fabriquez-le."]
    services.download(kits.built(begun, secretary), secretary)
    assert texts() == ["Personne ne l'a encore ouvert : essayez sur un autre poste."]


def test_the_night_makes_one_kit_a_town_that_has_begun(begun: Territory):
    with scope.nowhere():
        assert services.start_nightly() == 1
        services.start_nightly()
    jobs.run(Job.objects.of(begun).get(kind=services.KIND))
    assert KitBuild.objects.of(begun).count() == 1


def test_the_page_says_the_last_kit_its_copy_and_its_opening(begun: Territory, secretary: Person):
    client = strongly(Client(), secretary)
    address = reverse("kit", args=[begun.slug])
    assert "Aucun kit" in client.get(address).content.decode()
    build = builder.build(begun, secretary)
    page = client.get(address).content.decode()
    assert build.code not in page, "it is read on the kit alone: typed, it proves an opening"
    assert "jamais ouvert" in page
    assert client.post(reverse("kit-opened", args=[begun.slug]), {"code": "XXXXXX"}).status_code == 422
    client.post(reverse("kit-opened", args=[begun.slug]), {"code": build.code})
    archive = client.get(reverse("kit-zip", args=[begun.slug]))
    assert hashlib.sha256(archive.content).hexdigest() == build.sha256
    page = client.get(address).content.decode()
    assert "jamais ouvert" not in page
    assert "téléchargé" in page
    assert build.code not in page


def test_the_page_joins_a_list_and_takes_it_away(begun: Territory, steward: Person, children: Dataset):
    kits.canteen_purpose(begun, children)
    client, entry = strongly(Client(), steward), kits.sheet_entry(begun)
    address = reverse("kit-list-add", args=[begun.slug, entry.pk])
    key = f"jeu:{children.slug}:cantine"
    assert key in client.get(address).content.decode()
    assert "partie scellée" in client.get(f"{address}?source={key}").content.decode()
    joined = client.post(address, {"source": key, "title": "Enfants", "columns": ["nom", "prenom"]})
    assert joined.status_code == 302, joined.content.decode()
    row = KitList.objects.of(begun).get()
    assert len(lists.refresh(row).columns) == 2
    client.post(reverse("kit-list-remove", args=[begun.slug, row.pk]))
    assert lists.lists_of(begun) == []
    assert KitListContent.objects.get(kit_list=row).sealed == ""


def test_without_a_phrase_the_sealed_part_is_missing_and_said(begun: Territory, child_list: KitList):
    build = builder.build(begun)
    assert not build.is_sealed
    assert build.missing[0].startswith("La phrase du coffre")


def test_the_phrase_is_displayed_once_and_seals_the_lists(
    begun: Territory, secretary: Person, child_list: KitList
):
    client = strongly(Client(), secretary)
    page = client.post(reverse("kit-phrase", args=[begun.slug]))
    assert "no-store" in page["Cache-Control"]
    first = page.content.decode()
    assert "tirets ne comptent pas" in first and "la phrase d'avant" not in first
    phrase = re.search(r"<code>([^<]+)</code>", first)[1]
    assert phrase not in client.get(reverse("kit-phrase", args=[begun.slug])).content.decode()
    assert phrase not in passphrase.current_phrase(begun).sealed
    build = builder.build(begun, secretary)
    sealed = kits.unpacked(build)["COFFRE.html"].decode()
    assert build.is_sealed
    assert "ervadec" not in sealed
    assert ledger.lines_of(begun).filter(act="kit.phrase").count() == 1
    again = client.post(reverse("kit-phrase", args=[begun.slug])).content.decode()
    assert "la phrase d'avant" in again


def test_an_agent_renews_no_phrase(begun: Territory):
    with pytest.raises(PermissionDenied):
        passphrase.renew(begun, a_person(begun, "agent"))
