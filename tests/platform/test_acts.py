"""An act declared on its service: the right, the lock, one transaction, one ledger line; what cannot be declared is refused at once."""

from typing import Annotated

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from beffroi.web.catalogue.models import Dataset
from beffroi.web.continuity.destinations import services
from beffroi.web.platform import ledger
from beffroi.web.platform.acts import Act, Recorded, RowDeleted, Unchanged, act, act_of, declaration, title_of
from beffroi.web.platform.acts.parameters import form_class, secret_names
from beffroi.web.platform.ledger.acts import ACTS as TITLES
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.ui.fields import VisibleCharField
from beffroi.web.ui.form_errors import FieldError
from places import a_person, a_territory


@pytest.fixture(autouse=True)
def declared_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test declares is declared for it alone."""
    monkeypatch.setattr(declaration, "TITLES", dict(TITLES))
    monkeypatch.setattr(declaration, "_registry", dict(declaration._registry))
    monkeypatch.setattr("beffroi.web.platform.ledger.lines.ACTS", declaration.TITLES)


@pytest.fixture
def territory(db: None) -> Territory:
    return a_territory()


@pytest.fixture
def secretary(territory: Territory) -> Person:
    return a_person(territory, "administrator")


@pytest.fixture
def dataset(territory: Territory) -> Dataset:
    made: Dataset = Dataset.objects.create(territory=territory, slug="repas", title="Repas")
    return made


def rename(right: str = "dataset.manage", **options: object) -> Act:
    @act("dataset.rename", "nouveau nom", right=right, **options)
    def rename(dataset: Dataset, by: Person, name: str) -> Recorded[str] | Unchanged[str]:
        if name == dataset.title:
            return Unchanged(name)
        dataset.title = name
        dataset.save(update_fields=["title"])
        if not name:
            raise FieldError("Donnez un nom.", "name")
        return Recorded(name, {"name": name})

    found = act_of(rename)
    assert found is not None
    return found


def test_an_act_writes_one_line_and_shows_the_caller_what_it_wrote(dataset, secretary):
    assert rename().perform(dataset, secretary, "Repas servis") == "Repas servis"
    assert dataset.title == "Repas servis"
    line = ledger.lines_of(dataset.territory).last()
    assert (line.act, line.thing) == ("dataset.rename", f"dataset:{dataset.pk}")
    assert line.detail.payload == {"name": "Repas servis"}


def test_an_act_that_leaves_nothing_to_do_writes_no_line(dataset, secretary):
    before = ledger.lines_of(dataset.territory).count()
    rename().perform(dataset, secretary, "Repas")
    assert ledger.lines_of(dataset.territory).count() == before


def test_a_refusal_takes_back_what_was_written_and_leaves_the_callers_row_alone(dataset, secretary):
    before = ledger.lines_of(dataset.territory).count()
    with pytest.raises(FieldError, match="Donnez un nom"):
        rename().perform(dataset, secretary, "")
    assert dataset.title == "Repas"
    dataset.refresh_from_db()
    assert dataset.title == "Repas"
    assert ledger.lines_of(dataset.territory).count() == before


def test_an_act_sees_the_row_as_it_stands_not_as_the_page_read_it(dataset, secretary):
    renamed = rename()
    stale = Dataset.objects.of(dataset.territory).get(pk=dataset.pk)
    renamed.perform(dataset, secretary, "Repas servis")
    assert renamed.perform(stale, secretary, "Repas servis") == "Repas servis"
    assert ledger.lines_of(dataset.territory).filter(act="dataset.rename").count() == 1


def test_a_row_deleted_meanwhile_is_said_to_be_gone(dataset, secretary):
    Dataset.objects.of(dataset.territory).filter(pk=dataset.pk).delete()
    with pytest.raises(RowDeleted, match="n'existe plus"):
        rename().perform(dataset, secretary, "Repas servis")


def test_what_takes_long_runs_outside_the_transaction_and_the_right_is_asked_again_after_it(
    dataset, secretary
):
    seen = []

    def prepare(dataset: Dataset, by: Person, name: str) -> str:
        seen.append(len(connection.savepoint_ids))
        Membership.objects.of(dataset.territory).filter(person=by).update(until=timezone.now())
        return name.upper()

    @act("dataset.shout", "cri", right="dataset.manage", prepare=prepare)
    def shout(dataset: Dataset, by: Person, name: str) -> Recorded[str]:
        seen.append(name)
        return Recorded(name)

    depth = len(connection.savepoint_ids)
    with pytest.raises(PermissionDenied):
        shout(dataset, secretary, "repas")
    assert seen == [depth]


def test_the_platform_itself_needs_no_role(dataset):
    rename().perform(dataset, None, "Repas servis")
    assert ledger.lines_of(dataset.territory).last().actor == "host"


def test_an_act_declared_twice_is_refused(dataset):
    rename()
    with pytest.raises(ValueError, match="declared twice"):
        rename()


def test_a_right_that_no_role_has_is_refused():
    with pytest.raises(ValueError, match="no role has the right"):
        rename(right="dataset.mange")


def test_a_parameter_that_no_field_shows_is_refused():
    with pytest.raises(TypeError, match="no form field shows name"):
        form_class(rename())


def test_a_form_is_made_of_the_parameters_of_the_service():
    @act("dataset.call", "appel", right="dataset.manage")
    def call(
        dataset: Dataset,
        by: Person,
        name: Annotated[str, VisibleCharField(label="Son nom", max_length=3)],
    ) -> Recorded[str]:
        return Recorded(name)

    form = form_class(act_of(call))({"name": "trop long"})
    assert not form.is_valid() and list(form.errors) == ["name"] and form.fields["name"].label == "Son nom"
    assert secret_names(form_class(act_of(services.declare))) == ["password", "private_key"]


def test_the_ledger_names_an_act_where_it_is_declared_and_says_the_key_of_one_that_is_no_more():
    assert title_of("destination.withdraw") == "retrait d'un endroit où copier"
    assert title_of("dataset.melt") == "dataset.melt"
