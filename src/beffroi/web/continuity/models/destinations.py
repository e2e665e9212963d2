"""What is stored of destinations."""
