"""How hardened YAML is read; `keepwarm.schema.loading` is the door."""
