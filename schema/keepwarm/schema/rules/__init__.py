"""What the whole should not mean: one file a rule, all of them listed in `registry`."""
