"""Engines of recipes: DuckDB, always available; Spark and Sail with the extra `distributed`.

Imported only when such an engine is requested. Entry point: `distributed`.
"""
