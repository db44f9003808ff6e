"""Prefect's side of the work; the only room that imports it."""
