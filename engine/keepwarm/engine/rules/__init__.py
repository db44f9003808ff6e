"""Rules that know what runs: words of templates, ways through a playbook, what a week may bring.

`keepwarm check` asks them together with those of `schema/rules`; `registry` lists them.
"""
