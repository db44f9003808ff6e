"""Providers that we ask what has changed, page by page; none is aware of the others."""
