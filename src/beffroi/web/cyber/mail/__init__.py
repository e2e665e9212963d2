"""Protection of mail (C19): declared domains, their records and servers read each week, what to publish, a letter to the provider."""
