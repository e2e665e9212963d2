"""What is said of the encryption between mail servers: STARTTLS, MTA-STS, TLS-RPT.

In: what was read (`starttls`, `mta_sts`). Out: `Finding`s, as in `verdicts`.
"""

from datetime import date
from typing import Final

from . import proposals
from .mta_sts import MtaSts, TlsReports
from .mta_sts import State as StsState
from .starttls import Server
from .starttls import State as ServerState
from .verdicts import RESOLVER, Finding, Record, Verdict


def of_starttls(rows: tuple[Server, ...]) -> Finding | None:
    """None where no server receives."""
    if not rows:
        return None
    found = "\n".join(f"{row.host} : {_server_words(row)}" for row in rows)
    bad = [row for row in rows if row.state in _SERVER_FAULTS]
    if bad:
        return Finding(
            key="starttls",
            verdict=Verdict.TO_CORRECT,
            reason=f"{bad[0].host} : {_server_words(bad[0])}. Un message qui y passe peut être lu ou détourné en chemin.",
            found=found,
            ask="offrir STARTTLS (TLS 1.2 ou plus) avec un certificat valable au nom de chaque serveur de messagerie",
        )
    for state, verdict, reason in (
        (ServerState.NOT_ALLOWED, Verdict.UNCHECKED, "Votre hébergeur n'a pas ouvert {} à Beffroi : demandez-lui d'ajouter « {}:25 » aux adresses permises."),
        (ServerState.SILENT, Verdict.NO_REPLY, "{} n'a pas répondu, ou le port 25 est fermé entre Beffroi et lui. Recommencez plus tard."),
    ):  # fmt: skip
        if not_read := [row.host for row in rows if row.state == state]:
            return Finding(
                key="starttls", verdict=verdict, reason=reason.format(not_read[0], not_read[0]), found=found
            )
    return Finding(
        key="starttls",
        verdict=Verdict.GOOD,
        reason="Chaque serveur chiffre, avec un certificat valable.",
        found=found,
    )


_SERVER_FAULTS: Final = {
    ServerState.NOT_OFFERED: "il ne propose pas de chiffrer",
    ServerState.BAD_CERTIFICATE: "certificat refusé",
    ServerState.OLD_PROTOCOL: "il ne connaît pas TLS 1.2",
}


def _server_words(row: Server) -> str:
    words = {
        ServerState.GOOD: f"chiffré ({row.protocol})",
        ServerState.SILENT: "pas de réponse",
        ServerState.NOT_ALLOWED: "non vérifié",
    }
    return row.at or words.get(row.state) or _SERVER_FAULTS[row.state]


def of_mta_sts(domain: str, sts: MtaSts, hosts: tuple[str, ...], today: date) -> Finding:
    found = "\n".join(filter(None, (sts.record, sts.policy.strip())))
    if sts.state == StsState.SILENT:
        return Finding(key="mta-sts", verdict=Verdict.NO_REPLY, reason=RESOLVER.format(sts.at), found=found)
    if sts.state == StsState.NOT_ALLOWED:
        return Finding(
            key="mta-sts",
            verdict=Verdict.UNCHECKED,
            reason=f"Votre hébergeur n'a pas ouvert {sts.at} à Beffroi : demandez-lui d'ajouter « {sts.at} » aux adresses permises.",
            found=found,
        )
    if sts.state == StsState.VALID and sts.mode == "enforce":
        return Finding(key="mta-sts", verdict=Verdict.GOOD, reason="Le chiffrement est exigé.", found=found)
    policy = Record(
        name=f"https://mta-sts.{domain}/.well-known/mta-sts.txt",
        kind="fichier",
        value=proposals.mta_sts_policy(hosts),
    )
    record = Record(name=f"_mta-sts.{domain}", kind="TXT", value=f"v=STSv1; id={today:%Y%m%d}")
    reasons = {
        StsState.ABSENT: "Rien n'exige le chiffrement des messages reçus.",
        StsState.SEVERAL: "Plusieurs enregistrements MTA-STS : il en faut un seul.",
        StsState.SYNTAX: "L'enregistrement est mal écrit.",
        StsState.NO_POLICY: f"Le fichier annoncé ne se lit pas : {sts.at}.",
        StsState.MISMATCH: f"Le fichier ne nomme pas {sts.at}, où arrivent les messages : certains ne seront plus remis.",
        StsState.VALID: f"Le fichier dit « {sts.mode} » : il regarde sans exiger.",
    }
    if sts.state == StsState.VALID:
        policy = policy.model_copy(update={"value": sts.policy.replace(f"mode: {sts.mode}", "mode: enforce")})
    return Finding(
        key="mta-sts",
        verdict=Verdict.ABSENT if sts.state == StsState.ABSENT else Verdict.TO_CORRECT,
        reason=reasons[sts.state],
        found=found,
        publish=(record, policy),
        ask="publier cet enregistrement MTA-STS et mettre ce fichier à cette adresse",
        later="Un mois plus tard, remplacez « testing » par « enforce », et changez « id ».",
    )


def of_reports(domain: str, reports: TlsReports) -> Finding:
    if reports.state == StsState.SILENT:
        return Finding(
            key="tls-rpt", verdict=Verdict.NO_REPLY, reason=RESOLVER.format(f"_smtp._tls.{domain}")
        )
    if reports.state == StsState.VALID:
        return Finding(
            key="tls-rpt",
            verdict=Verdict.GOOD,
            reason="Les échecs de chiffrement vous sont signalés.",
            found=reports.record,
        )
    absent = reports.state == StsState.ABSENT
    return Finding(
        key="tls-rpt",
        verdict=Verdict.ABSENT if absent else Verdict.TO_CORRECT,
        reason="Personne n'est averti d'un échec de chiffrement."
        if absent
        else "L'enregistrement est mal écrit, ou il y en a plusieurs.",
        found=reports.record,
        publish=(
            Record(name=f"_smtp._tls.{domain}", kind="TXT", value=f"v=TLSRPTv1; rua=mailto:tls@{domain}"),
        ),
        ask="publier cet enregistrement TLS-RPT",
    )
