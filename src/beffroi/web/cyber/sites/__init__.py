"""Declared web sites: availability, unusual changes, passive checks, and the static page that stands in for a site.

In: addresses that a person declared. Out: what is seen from outside, what changed, who said what of it. No other host is called.
"""
