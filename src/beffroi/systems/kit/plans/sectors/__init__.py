"""Sectors in one piece around sites with capacities, each map beside a bound that none can beat.

In comes a `problem.Problem`; `bound` proves, `search` and `swaps` draw, `longest_walk` bars the longest pairs first.
"""
