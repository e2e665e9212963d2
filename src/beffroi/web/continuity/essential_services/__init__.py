"""Essential services and what an outage costs: consequences by duration, longest bearable outage, their validation."""
