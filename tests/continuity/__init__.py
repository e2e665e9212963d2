"""The continuity room: services, degraded mode, restoration page, crisis cell."""
