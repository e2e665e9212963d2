"""Addresses of offline kit."""

from typing import Any

urlpatterns: list[Any] = []
