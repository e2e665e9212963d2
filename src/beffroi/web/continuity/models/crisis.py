"""What is stored of crisis."""
