"""Addresses of destinations."""

from typing import Any

urlpatterns: list[Any] = []
