"""The public page of restoration: states of services, drafts, signed publication, history."""
