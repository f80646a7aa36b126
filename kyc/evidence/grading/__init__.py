"""How sure the evidence makes us, by each guideline: pure arithmetic, with the profiles as data (kyc/rules/assurance.py).

reaching   which level is reached, in which way, by which items
shortest   the fewest further acts by which a level is reached
"""
