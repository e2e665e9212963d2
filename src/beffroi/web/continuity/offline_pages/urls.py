"""Addresses of offline pages."""

from typing import Any

urlpatterns: list[Any] = []
