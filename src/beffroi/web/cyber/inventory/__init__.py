"""Machines that report by themselves: inventories pushed by an agent, signs of life, silences."""
