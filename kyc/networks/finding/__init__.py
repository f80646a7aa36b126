"""Finds networks: accounts that look like one hand, by what they share. Pure: signals in, networks out; no database."""

from kyc.networks.finding.finder import find
from kyc.networks.finding.found import Found
from kyc.networks.finding.reading import BadSignals

__all__ = ["BadSignals", "Found", "find"]
