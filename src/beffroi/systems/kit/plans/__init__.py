"""Plans: who goes where, and in which order. Each solver has its checker, written without the solver's code."""
