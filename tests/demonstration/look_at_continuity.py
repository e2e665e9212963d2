"""Run in a demonstration home: what it holds of continuity, as one JSON line."""

# ruff: noqa: E402 -- Django is set up for the home first

import json
import sys
from collections import Counter
from pathlib import Path

from beffroi.cli.common import setup_django
from beffroi.home import Home

setup_django(Home(Path(sys.argv[1])))

from django.test import Client
from django.utils import timezone

from beffroi.demonstration.continuity.pages import addresses
from beffroi.web.continuity import models
from beffroi.web.continuity.backups import board
from beffroi.web.continuity.crisis import audiences, duty, journal, roles, wall
from beffroi.web.continuity.essential_services.outages import service_lines
from beffroi.web.continuity.exercises.services import corrections
from beffroi.web.continuity.recovery_plans import continuity_tests, plan_drafts, plan_editions
from beffroi.web.continuity.restart import drills
from beffroi.web.continuity.restart.registers import restart_order
from beffroi.web.continuity.restoration_site import reading
from beffroi.web.continuity.service_sheets.sheets import sheets
from beffroi.web.guides.models import Response
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import LedgerLine, Person, Territory

seat, commune, csirt = Territory.objects.order_by("pk")
found = {"chains": [], "services": {}, "pages": {}, "unlabelled": []}
for key, territory, who in (("seat", seat, "guide"), ("commune", commune, "mayor"), ("csirt", csirt, "")):
    with scope.inside(territory):
        times = list(
            LedgerLine.objects.filter(territory=territory).order_by("pk").values_list("at", flat=True)
        )
        found["chains"].append([ledger.verify(territory).ok, times == sorted(times)])
        if not who:
            continue
        lines = service_lines(territory)
        found["services"][key] = [len(lines), sum(line.is_done for line in lines)]
        found["pages"][key] = len(addresses(territory))
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(
            Person.objects.get(email=f"{who}@demonstration.example"),
            backend="allauth.account.auth_backends.AuthenticationBackend",
        )
        for path in addresses(territory)[::7]:
            text = client.get(path).content.decode().casefold()
            if "simul" not in text and "fictive" not in text:
                found["unlabelled"].append(path)

with scope.inside(seat):
    found["contradictions"] = [each.kind for each in restart_order(seat).contradictions]
    (drill,) = drills.history(seat)
    found["drill"] = {
        "whole": drill.watch.is_whole,
        "closed": drill.run.closed_at is not None,
        "late": bool(drill.late_services),
        "exercise": drill.run.is_exercise,
    }
    found["plans"] = {
        kind: [
            len(plan_editions.editions_of(seat, kind)),
            bool(plan_drafts.draft_of(seat, kind).changes_since(plan_editions.last_edition(seat, kind))),
        ]
        for kind in ("pra", "pca")
    }
    found["overdue"] = [each.name for each in continuity_tests.calendar(seat) if each.is_overdue]
    found["backups"] = [[line.system.name, str(line.state)] for line in board.lines(seat)]
    failed = models.RestoreProof.objects.of(seat).filter(ok=False)
    found["failed_proofs"] = [[row.ok, row.evidence_id is not None, row.by_id is not None] for row in failed]
    water = list(models.BillingStatement.objects.of(seat))

with scope.inside(commune):
    every = list(models.Crisis.objects.of(commune))
    (crisis,) = every
    rows = journal.rows_in_order(crisis)
    stated = audiences.audiences(crisis)
    found["crisis"] = {
        "count": len(every),
        "exercise": crisis.is_exercise,
        "open": crisis.closed_at is None,
        "incident": crisis.run is not None and not crisis.run.is_exercise,
        "hours": (timezone.now() - crisis.activated_at).total_seconds() / 3600,
        "lines": len(rows),
        "merged": sum(row.merge_id is not None for row in rows),
        "faults": journal.faults(crisis),
        "kinds": sorted({row.kind for row in rows}),
        "days": len({timezone.localdate(row.fact_at) for row in rows}),
        "points": crisis.points.count(),
        "drafted": sum(each.last is not None for each in stated),
        "validated": sum(each.validated is not None for each in stated),
        "late_point": wall.content(crisis).is_late,
        "roles": sum(row.holder is not None for row in roles.current_roles(crisis)),
        "shifts": len(duty.shifts(crisis)),
        "over": sum(each.is_over for each in duty.hours_on_duty(crisis)),
    }
    site = reading.site_of(commune)
    draft = reading.draft(site)
    found["site"] = {
        "published": models.SitePublication.objects.of(commune).filter(site=site).count(),
        "announced": len(draft.updates),
        "public": len(reading.public_document(site).updates),
        "easy": sum("fr-x-facile" in each.text for each in draft.updates),
        "days": len({timezone.localdate(row.at) for row in models.SitePublication.objects.of(commune)}),
    }
    own = sheets(commune)
    found["sheets"] = {
        "approved": sum(each.approval is not None for each in own),
        "changed": sum(each.last_approval is not None and each.approval is None for each in own),
        "tried": sum(each.trial is not None for each in own),
    }
    found["kit"] = {
        "phrase": models.KitPhrase.objects.of(commune).count(),
        "by_hand": sum(each.is_by_hand for each in models.Destination.objects.of(commune)),
    }
    (run,) = Response.objects.of(commune).filter(guide__startswith="exercise_")
    acts = Counter(models.ExerciseEvent.objects.of(commune).filter(run=run).values_list("act", flat=True))
    found["exercise"] = {
        "state": "ended" if acts["end"] and run.closed_at else "open",
        "reactions": acts["reaction"],
        "observations": acts["observation"],
        "corrections": len(corrections(run)),
    }
    batch = models.RekeyingBatch.objects.of(commune).get(form="form_canteen")
    states = Counter(batch.forms.values_list("state", flat=True))
    ends = models.NumberEnd.objects.of(commune).exclude(outcome="entered")
    found["canteen"] = {
        "announced": batch.announced_count,
        "entered": states.total(),
        "differs": states["differs"],
        "second": states["second"],
        "ends": sorted(ends.values_list("outcome", flat=True)),
    }
    ranges = models.NumberRange.objects.of(commune)
    found["numbers"] = {row.form: row.last - row.first + 1 for row in ranges}
    bills = [*models.BillingStatement.objects.of(commune), *water]
    found["bills"] = sorted(
        [row.service, row.checked_by_id is not None, row.result["cents"] > 0] for row in bills
    )
print(json.dumps(found, ensure_ascii=False))
