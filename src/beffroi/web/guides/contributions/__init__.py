"""A third party, a provider for instance, fills in its part by an address; a person of the territory checks and takes it."""
