"""What a system proposed is not decided any more once it was stopped, or once the law forbids its use."""

from beffroi.web.decisions.models import Proposal

from ..models import SystemUse
from . import gates
from .states import State


def why(proposal: Proposal) -> str:
    """French sentences for who was about to decide; nothing while they may."""
    use = SystemUse.objects.of(proposal.territory).filter(system=proposal.system).first()
    if use is None:
        return ""
    # Begun again since, it still served under other conditions when it proposed this.
    if (
        use.state == State.STOPPED
        or use.steps.filter(state=State.STOPPED, at__gte=proposal.created_at).exists()
    ):
        return "Le service qui l'a proposée a été arrêté : ce qu'il avait proposé ne se décide plus."
    return " ".join(gates.forbidding(use))
