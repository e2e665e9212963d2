"""What is stored of backups."""
