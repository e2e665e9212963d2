"""What is stored of offline kit."""
