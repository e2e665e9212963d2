"""What an address given to a third party opens, and where members of the authority see it."""

from dataclasses import dataclass

from django.urls import reverse

from beffroi.guides import Guide

from ..models import FollowedAction, Response
from .models import ContributionLink
from .services import guide_of


@dataclass(frozen=True)
class Target:
    """What an address opens: answers under way, an action of a plan, or a register."""

    guide: Guide
    response: Response | None = None
    action: FollowedAction | None = None

    @property
    def title(self) -> str:
        return str(self.action) if self.action is not None else self.guide.title

    def name(self) -> str:
        """For whom an address would be, where the target says."""
        return str(self.response.label) if self.response is not None and self.response.entry_id else ""

    def page(self, slug: str) -> str:
        """Where a member of the authority sees it."""
        if self.response is not None:
            return reverse("response", args=[slug, self.response.pk])
        if self.action is not None:
            return reverse("plan-action", args=[slug, self.guide.id, self.action.pk])
        return reverse("register", args=[slug, self.guide.id])

    def addresses(self, slug: str) -> str:
        """Where its addresses are given."""
        if self.response is not None:
            return reverse("response-contributions", args=[slug, self.response.pk])
        if self.action is not None:
            return reverse("action-contributions", args=[slug, self.guide.id, self.action.pk])
        return reverse("register-contributions", args=[slug, self.guide.id])


def target_of(link: ContributionLink) -> Target:
    """What this address opens."""
    return Target(guide_of(link), link.response, link.action)
