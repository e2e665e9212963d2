"""Addresses of service sheets."""

from typing import Any

urlpatterns: list[Any] = []
