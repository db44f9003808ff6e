"""One file a step. `python -m keepwarm.store.migrations "what changes"` drafts the next."""
