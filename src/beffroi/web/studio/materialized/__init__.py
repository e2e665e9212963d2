"""Results kept as datasets: what they inherit, how they are computed, when again, and what is told of them."""
