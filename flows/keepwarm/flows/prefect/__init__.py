"""Prefect's side of the work: its runs show it and wake it; none of the work needs them.

This module imports nothing: what Prefect must find in the environment when it is first imported,
`server` says.
"""
