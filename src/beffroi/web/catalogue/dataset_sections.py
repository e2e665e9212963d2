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
class SectionProvider:
    """Provider of a section. `is_available`: whether there may be one for this reader, without computing anything."""

    is_available: Callable[[HttpRequest, Dataset], bool]
    make: Callable[[HttpRequest, Dataset], Section]


_providers: list[SectionProvider] = []


def register(provider: SectionProvider) -> None:
    if provider not in _providers:
        _providers.append(provider)


def available_providers(request: HttpRequest, dataset: Dataset) -> list[SectionProvider]:
    """Providers of open rooms that may have a section for this reader."""
    here = [p for p in _providers if feature_switches.card_is_open(dataset.territory, p.make.__module__)]
    return [provider for provider in here if provider.is_available(request, dataset)]
