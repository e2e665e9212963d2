"""Ready-made boards: a folder of data each, which names its files, their columns by meaning and the figures to draw."""
