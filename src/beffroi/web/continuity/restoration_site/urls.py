"""Addresses of restoration site."""

from typing import Any

urlpatterns: list[Any] = []
