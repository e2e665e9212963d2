"""What is stored of essential services."""
