"""Addresses of backups."""

from typing import Any

urlpatterns: list[Any] = []
