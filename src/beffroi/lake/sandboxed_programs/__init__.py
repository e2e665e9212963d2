"""Programs of the distribution (restic, borg, ssh) run closed in: nothing of a repository or a server is trusted.

`program_runner.run` starts one under a supervisor that bounds its memory, processes and folder while it runs, and ends it with its
parent; its connections go through an `EgressProxy` alone.
"""
