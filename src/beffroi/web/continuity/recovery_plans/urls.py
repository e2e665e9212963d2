"""Addresses of recovery plans."""

from typing import Any

urlpatterns: list[Any] = []
