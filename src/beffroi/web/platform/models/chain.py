"""The ledger's lines, and apart from them what each commits to."""

import secrets
from typing import Any, ClassVar

from django.db import models

from beffroi.ledger.chain import RENEWAL

from .. import scope
from .places import Territory

ERASURE = "ledger.erase_detail"
"""The act whose line says that the detail of an earlier line was erased; its thing is `line:<seq>`."""


def new_salt() -> bytes:
    return secrets.token_bytes(16)


class ChainManager[M: models.Model](models.Manager[M]):
    """The rows of the chain that is open: the territory's, or the host's."""

    def get_queryset(self) -> models.QuerySet[M]:
        active = scope.current()
        if active is None:
            raise scope.OutsideTerritory("a chain was asked for outside any scope")
        return super().get_queryset().filter(territory_id=active if active != scope.HOST else None)


class LedgerLine(models.Model):
    """One line of a chain: a territory's, or the host's when `territory` is empty. Database triggers refuse any change."""

    of_a_chain = True
    territory = models.ForeignKey(Territory, null=True, on_delete=models.PROTECT, related_name="+")
    seq = models.PositiveBigIntegerField()
    at = models.CharField(max_length=40)
    act = models.CharField(max_length=60)
    actor = models.CharField(max_length=60)
    thing = models.CharField(max_length=120)
    commitment = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    objects: ClassVar[ChainManager["LedgerLine"]] = ChainManager()

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar[list[str]] = ["seq"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "seq"], name="one_line_a_rank"),
            models.UniqueConstraint(
                fields=["seq"], condition=models.Q(territory__isnull=True), name="one_host_line_a_rank"
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            # Which line erased a detail: few lines, looked for when a detail is missing.
            models.Index(
                fields=["territory", "thing"], condition=models.Q(act=ERASURE), name="ledger_erasures"
            ),
            # Which lines exchanged the key: looked for with each root that somebody kept.
            models.Index(
                fields=["territory", "thing"], condition=models.Q(act=RENEWAL), name="ledger_renewals"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.act}"


class LedgerDetail(models.Model):
    """What a line commits to, kept apart so that it can be erased while the chain still verifies."""

    scope_through = "line"
    line = models.OneToOneField(LedgerLine, primary_key=True, on_delete=models.PROTECT, related_name="detail")
    salt = models.BinaryField(default=new_salt)
    payload = models.JSONField()

    def __str__(self) -> str:
        return f"détail de {self.line}"


class LedgerBlock(models.Model):
    """The Merkle root of 1,024 lines (block `rank`, from 0): roots and proofs read these instead of every line."""

    LEVEL = 10
    SIZE = 1 << LEVEL

    of_a_chain = True
    territory = models.ForeignKey(Territory, null=True, on_delete=models.PROTECT, related_name="+")
    rank = models.PositiveIntegerField()
    root = models.CharField(max_length=64)
    objects: ClassVar[ChainManager["LedgerBlock"]] = ChainManager()

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar[list[str]] = ["rank"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "rank"], name="one_block_a_rank"),
            models.UniqueConstraint(
                fields=["rank"], condition=models.Q(territory__isnull=True), name="one_host_block_a_rank"
            ),
        ]

    def __str__(self) -> str:
        return f"bloc {self.rank}"
