"""Rules over the whole folder, one file each."""
