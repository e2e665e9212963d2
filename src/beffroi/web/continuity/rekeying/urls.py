"""Addresses of re-keying."""

from typing import Any

urlpatterns: list[Any] = []
