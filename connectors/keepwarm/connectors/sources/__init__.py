"""Providers that tell us what happens to customers: one module each, none aware of the others."""
