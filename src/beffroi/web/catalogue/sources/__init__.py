"""Where data come from by themselves: connections read on a schedule, deliveries that somebody owes.

In: what a person said in the wizard. Out: fetches that go through the same door as a deposit, and what is late.
"""
