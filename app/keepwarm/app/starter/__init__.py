"""What `keepwarm init` writes: the files as they are, and where they go."""
