"""What tests and benchmarks share: served instances, loads, sample systems, the names that the code defines."""
