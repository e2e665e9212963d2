"""What is stored of offline pages."""
