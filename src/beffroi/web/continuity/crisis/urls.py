"""Addresses of crisis."""

from typing import Any

urlpatterns: list[Any] = []
