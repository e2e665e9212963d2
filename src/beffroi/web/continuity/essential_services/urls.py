"""Addresses of essential services."""

from typing import Any

urlpatterns: list[Any] = []
