"""Small faults, each a patch of `src/beffroi`, and the proof that the suite catches them (`make prove-suite`)."""
