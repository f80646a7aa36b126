"""Finds networks: accounts that look like one hand, by what they share. Pure: signals in, networks out; no database.

`finder.find` is the whole way. It imports what reads files and clusters, a hundred megabytes, so this imports nothing."""
