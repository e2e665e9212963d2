"""Plans: solvers behind one signature each, an independent checker for each, and a proven bound where one is cheap."""
