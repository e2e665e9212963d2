"""What is stored of restoration site."""
