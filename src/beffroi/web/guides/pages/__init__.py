"""The pages of guides, one module a kind."""
