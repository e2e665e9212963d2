"""Bias by group is shown where people read the result: a group that pays for the others is not lost in the mean."""

from pathlib import Path

import pytest
from django.test import Client

from beffroi.web.platform.models import Person
from beffroi.web.workshop import services
from beffroi.web.workshop.models import SystemUse
from places import strongly
from support.sample_systems import package_of
from workshop import tiny as tiny_system

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("R45")]


def test_the_error_of_each_group_is_on_the_page_of_the_system(
    bound: SystemUse, supervisor: Person, tmp_path: Path
) -> None:
    planted = 'groups={"petits sites": 12.5, "grands sites": 2.5}'
    code = tiny_system.CODE.replace('groups={"petits sites": 4.0}', planted)
    assert planted in code
    (package_of(tmp_path / "third-party", "tiny") / "__init__.py").write_text(code, "utf-8")
    services.execute(bound, supervisor, "backtest")
    page = strongly(Client(), supervisor).get(f"/t/{bound.territory.slug}/services-ia/tiny/").content.decode()
    rows = page[page.index("Par groupe") :]
    assert "Petits sites" in rows and "12,5" in rows
    assert "Grands sites" in rows and "2,5" in rows
