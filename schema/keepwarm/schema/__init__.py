"""The written form of a playbook: loading, phrases, problems and the rules that check it."""
