"""The command line: the same services as the pages, for the one who runs the instance."""
