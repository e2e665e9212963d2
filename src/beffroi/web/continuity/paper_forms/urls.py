"""Addresses of paper forms."""

from typing import Any

urlpatterns: list[Any] = []
