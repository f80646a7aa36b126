"""The Beneficial Ownership Data Standard 0.4: checking, reading and writing its files (BODS-01 to BODS-10)."""
