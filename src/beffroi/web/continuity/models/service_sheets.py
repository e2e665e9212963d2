"""What is stored of service sheets."""
