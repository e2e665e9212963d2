"""Detection of defacements, on templates and kinds that were not looked at while it was written.

Quick ring: six defacements and six edits that stand for the others. Long ring: the whole trial, on the distribution's nginx, beside what a
comparison of texts such as urlwatch's tells.
"""

import random
import re
from dataclasses import dataclass

import pytest

from beffroi.web.cyber.models import SiteAlert, WatchedSite
from beffroi.web.cyber.sites import change_detection, services, site_checks
from beffroi.web.cyber.sites.page_features import MAX_BYTES, PageFeatures, extract
from rings import representatives

from . import town_sites as towns

URL = "https://www.mairie.example/"
TRAINING, MEASURED = 10, 25
"""Ordinary edits of each site: the first, after which a person answers, then those that are counted."""


def seen(page: str | None) -> PageFeatures:
    return PageFeatures(moved_to="ailleurs.example") if page is None else extract(page.encode(), URL)


PAIRS = [(name, kind.__name__) for name in towns.HELD_OUT for kind in towns.DEFACEMENTS]
_QUICK = (
    ("static", "political_message"), ("one_page", "picture_page"), ("drupal", "frame"), ("builder", "script_redirect"),
    ("static", "hidden_links"), ("drupal", "title_and_banner"),
)  # fmt: skip


@pytest.mark.parametrize(("template", "kind"), representatives(PAIRS, _QUICK))
def test_a_defacement_departs_from_normal(template: str, kind: str):
    rng, make = random.Random(f"{template} {kind}"), towns.TEMPLATES[template]
    town = towns.a_town(rng, towns.TOWNS[2])
    baseline = change_detection.learn_first(seen(make(town)))
    verdict = change_detection.compare(seen(getattr(towns, kind)(make(town), town, rng)), baseline)
    assert verdict.is_unusual and verdict.sentences(), verdict


EDITS = [(name, edit.__name__) for name in towns.HELD_OUT for edit in towns.EDITS]
_QUICK_EDITS = (
    ("static", "news_rewritten"), ("one_page", "urgent_notice"), ("drupal", "cookie_banner"), ("builder", "seasonal_layout"),
    ("static", "menu_reordered"), ("one_page", "page_shortened"),
)  # fmt: skip


@pytest.mark.parametrize(("template", "kind"), representatives(EDITS, _QUICK_EDITS))
def test_an_ordinary_edit_does_not(template: str, kind: str):
    rng, make = random.Random(f"{template} {kind}"), towns.TEMPLATES[template]
    town = towns.a_town(rng, towns.TOWNS[3])
    baseline = change_detection.learn_first(seen(make(town)))
    verdict = change_detection.compare(seen(make(getattr(towns, kind)(town, rng))), baseline)
    assert not verdict.is_unusual, verdict


def test_a_redesign_is_asked_once_and_a_replaced_page_is_still_told_after_it():
    rng = random.Random(5)
    town = towns.a_town(rng, towns.TOWNS[1])
    baseline = change_detection.learn_first(seen(towns.static(town)))
    redesigned = seen(towns.drupal(towns.news_rewritten(town, rng)))
    baseline = change_detection.accept(baseline, redesigned)
    assert not change_detection.compare(redesigned, baseline).is_unusual
    for kind in (towns.whole_page, towns.political_message, towns.emptied):
        assert change_detection.compare(seen(kind(towns.drupal(town), town, rng)), baseline).is_unusual
    stored = change_detection.Baseline.from_json(baseline.to_json())
    assert stored == baseline


def test_a_protection_that_changes_at_each_visit_is_asked_once():
    rng = random.Random(11)
    town = towns.a_town(rng, towns.TOWNS[4])
    page = towns.drupal(town)
    baseline = change_detection.learn_first(seen(page))
    protected = seen(towns.obfuscated_script(page, town, random.Random(1)))
    assert change_detection.compare(protected, baseline).is_unusual
    again = page.replace("</head>", f"<script>eval(atob('{'YWxlcnQ' * 9}'))</script></head>")
    assert not change_detection.compare(seen(again), change_detection.accept(baseline, protected)).is_unusual


@pytest.mark.parametrize(
    "body",
    [b"<" * MAX_BYTES, b"<a " * (MAX_BYTES // 3), b"<div>" * (MAX_BYTES // 5), bytes(range(256)) * 99, b"\xff<!--" * 999],
    ids=["signs", "unclosed", "deep", "bytes", "comments"],
)  # fmt: skip
def test_a_hostile_page_is_read_within_bounds(body: bytes):
    found = extract(body[: MAX_BYTES // 8], URL)
    assert len(str(found.to_json())) < 100_000


@dataclass
class Figures:
    """What the trial measured."""

    told: int = 0
    defacements: int = 0
    false: int = 0
    edits: int = 0
    answers: int = 0
    texts: int = 0
    """Edits after which the visible text differs: what urlwatch tells with its filter of text."""
    raw: int = 0
    """Edits after which the page differs: what it tells without filter."""


def visible(page: str) -> str:
    return " ".join(re.sub(r"<(script|style|title).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL).split())


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.xdist_group("nginx")  # a real server: redirections and pages are its own
def test_forty_defacements_are_told_within_two_visits_and_edits_are_not(
    web_server, territory, officer, settings, record_property, capsys
):
    settings.ALLOWED_HOSTS_OUT = [site.host for site in web_server.sites]
    figures = Figures()
    for k, template in enumerate(towns.HELD_OUT):
        rng, make, site = random.Random(1000 + k), towns.TEMPLATES[template], web_server.sites[1 + k]
        town = towns.a_town(rng, towns.TOWNS[k])
        site.write(make(town))
        row = services.declare(territory, officer, name=template, address=site.address, ownership="own")
        site_checks.check_sites([row])
        for n in range(TRAINING + MEASURED):
            before = make(town)
            town = rng.choice(towns.EDITS)(town, rng)
            site.write(make(town))
            alert = _two_visits(row)
            counted = n >= TRAINING
            figures.edits += counted
            figures.false += counted and alert is not None
            figures.raw += counted and before != make(town)
            figures.texts += counted and visible(before) != visible(make(town))
            if alert is not None:
                services.accept_change(alert, officer)
                figures.answers += 1
        for kind in rng.sample(towns.DEFACEMENTS, 10):
            defaced = kind(make(town), town, rng)
            site.set("moved", on=defaced is None)
            site.write(make(town) if defaced is None else defaced)
            alert = _two_visits(row)
            figures.defacements += 1
            figures.told += alert is not None
            site.set("moved", on=False)
            site.write(make(town))
            site_checks.check_sites([row])
            assert not SiteAlert.objects.filter(site=row, ended_at=None).exists(), "the page is back"
    with capsys.disabled():
        print(f"\n{figures}")
    for name, value in vars(figures).items():
        record_property(name, value)
    assert (figures.told, figures.defacements) == (40, 40)
    assert figures.edits == 100 and figures.false <= 2
    assert figures.texts > 20 * max(figures.false, 1), "a comparison of texts tells far more edits"


def _two_visits(row: WatchedSite) -> SiteAlert | None:
    for _ in range(2):
        site_checks.check_sites([row])
    found: SiteAlert | None = SiteAlert.objects.filter(site=row, kind="change", ended_at=None).first()
    return found
