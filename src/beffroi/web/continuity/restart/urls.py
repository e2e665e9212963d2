"""Addresses of restart."""

from typing import Any

urlpatterns: list[Any] = []
