"""Sections that other rooms add to the page of a dataset, on demand and once it is poured.

A room registers whether it has a section for a reader, and how to make it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from beffroi.web.platform import feature_switches

from .models import Dataset


@dataclass(frozen=True)
class Section:
    """A part of the page: a template, and its context under the name `part`."""

    template: str
    part: dict[str, Any]


@dataclass(frozen=True)
class Offer:
    """`offered`: whether there may be a section for this reader, without computing anything."""

    offered: Callable[[HttpRequest, Dataset], bool]
    make: Callable[[HttpRequest, Dataset], Section]


_offers: list[Offer] = []


def register(offer: Offer) -> None:
    if offer not in _offers:
        _offers.append(offer)


def offered(request: HttpRequest, dataset: Dataset) -> list[Offer]:
    """The offers of open rooms to this reader."""
    here = [o for o in _offers if feature_switches.card_is_open(dataset.territory, o.make.__module__)]
    return [offer for offer in here if offer.offered(request, dataset)]
