"""Tools that tell us of customers, and can be asked to forget them: one module each."""
