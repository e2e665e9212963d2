"""What is stored of restart."""
