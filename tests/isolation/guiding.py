"""What the guides add to a territory: an entry of a register with its proof, an action of a plan, answers."""

from typing import TYPE_CHECKING

from django.core.files.uploadedfile import SimpleUploadedFile

from beffroi.guides import Plan, Questionnaire, Register
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import arbitrations, evidence, plans, registers, responses

if TYPE_CHECKING:
    from .world import Side


def furnish_guides(side: "Side") -> None:
    """Called inside the territory."""
    word, person, territory = side.words.private, side.people["everything"], side.territory
    contracts, handover = guide(Register, "contracts"), guide(Plan, "handover")
    for n in range(1 + side.words.more):
        values = {"name": f"Contrat {n} {word}", "contact": f"Contact {word}", "ends_on": "2026-01-01"}
        side.facts["contract"] = registers.save_entry(territory, person, contracts, values)
    proof = SimpleUploadedFile(f"{side.words.private_word}.txt", word.encode())
    side.facts["proof"] = evidence.attach(side.contract, person, contracts, proof)
    side.facts["task"] = plans.add_action(territory, person, handover, f"Prévenir {word}", why=f"Pour {word}")
    plans.move_action(side.task, person, handover, "accepted", note=f"Retenue pour {word}")
    plans.accept_stage(territory, person, handover, "prepare", f"Acceptée {word}")
    supplier, online = guide(Register, "providers"), guide(Register, "teleservices")
    side.facts["supplier"] = registers.save_entry(
        territory, person, supplier, {"name": f"Prestataire {word}"}
    )
    side.facts["online_service"] = registers.save_entry(
        territory, person, online, {"name": f"Démarche {word}"}
    )
    arbitrations.arbitrate(side.online_service, person, online, "accepted", f"Risque accepté, {word}")
    brief = guide(Questionnaire, "project_brief")
    side.facts["brief"] = responses.open_response(territory, person, brief, label=f"Projet {word}")
    questionnaire = guide(Questionnaire, "mon_aide_cyber")
    side.facts["filled"] = responses.open_response(territory, person, questionnaire, label=f"Réponses {word}")
