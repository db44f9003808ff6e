"""Providers, one module each: a message in, an outcome out."""
