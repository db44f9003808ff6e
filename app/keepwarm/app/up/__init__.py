"""`keepwarm up`: everything that runs, started, shown and ended together."""
