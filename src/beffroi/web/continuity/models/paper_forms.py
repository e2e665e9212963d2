"""What is stored of paper forms."""
