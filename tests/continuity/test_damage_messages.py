"""What a program says of a repository, put into words: its own stack of calls accuses nobody."""

from beffroi.web.continuity.backups.reading.damage_messages import explained

CRASH = """unexpected fault address 0x7faf40a456dc
SIGBUS: bus error
goroutine 21 [running]:
github.com/restic/restic/internal/repository.(*Repository).LoadUnpacked(0xc0004e2c80)
\tinternal/repository/repository.go:214 +0x2c5: ciphertext verification failed
"""


def test_a_cause_is_read_in_the_message_and_not_in_the_stack_of_calls():
    told = explained(CRASH)
    assert told.startswith("Le programme de sauvegarde trouve ce dépôt abîmé.")
    assert "SIGBUS" in told and "LoadUnpacked" not in told


def test_a_cause_in_the_message_is_named():
    told = explained("Fatal: ciphertext verification failed\n\ngoroutine 1 [running]:\n")
    assert told.startswith("Des octets du dépôt ont changé")
