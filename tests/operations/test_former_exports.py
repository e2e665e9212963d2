"""Exports of test versions, the only way from them to a released one, are read under their names of then."""

from beffroi.web.catalogue.models import Snapshot
from beffroi.web.operations.carrying import from_export


def test_the_rows_of_a_delivery_exported_before_the_first_release_are_read() -> None:
    assert from_export(Snapshot, {"rows_kept": 8, "rows_total": 9}).rows_stored == 8
