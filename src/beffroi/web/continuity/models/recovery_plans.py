"""What is stored of recovery plans."""
