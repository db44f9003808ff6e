"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# The same cases every time: a run that fails is one that fails again, for whoever looks. New ones
# are found on purpose, with `pytest --hypothesis-seed=random --hypothesis-profile=default`.
settings.register_profile("same", derandomize=True, database=None)
settings.load_profile("same")
