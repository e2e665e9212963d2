"""Texts in French: what serves every room and every system that reads or quotes them. No Django."""
