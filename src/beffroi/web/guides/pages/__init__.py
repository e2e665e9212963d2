"""Pages of the guides, a module a kind. Views are thin: services write."""
