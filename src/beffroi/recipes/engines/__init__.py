"""The engines that a recipe runs on: DuckDB, always there; Spark and Sail, when the extra `distributed` is installed.

Nothing here is imported by the rest of the library before an engine is asked for. The way in is `distributed`.
"""
