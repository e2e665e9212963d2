"""The crisis cell: activation, roles, journal, clocks, messages, hours on duty, support."""
