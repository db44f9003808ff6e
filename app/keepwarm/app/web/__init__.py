"""The web side: events in, call-backs in, and the pages that people look at."""
