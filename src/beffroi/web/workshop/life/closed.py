"""What a system proposed is not decided any more once the law forbids its use; what waits of a stopped one is withdrawn."""

from beffroi.web.decisions.models import Proposal

from ..models import SystemUse
from . import gates


def why(proposal: Proposal) -> str:
    """French sentences for who was about to decide; nothing while they may."""
    use = SystemUse.objects.of(proposal.territory).filter(system=proposal.system).first()
    return " ".join(gates.forbidding(use)) if use is not None else ""
