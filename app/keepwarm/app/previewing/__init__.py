"""Messages of a playbook before anybody gets them: for whom, in which words, and sent as a test."""
