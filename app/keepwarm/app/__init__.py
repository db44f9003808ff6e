"""Where the rooms are joined: command line, settings, wiring and HTTP."""
