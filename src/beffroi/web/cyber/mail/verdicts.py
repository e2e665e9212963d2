"""What is said of each protection of a domain's mail: a verdict, its reason in French, what to publish, what the provider is asked.

In: what was read (`spf`, `dmarc`, `dkim`); for encryption on the way, see `transport_verdicts`. Out: `Finding`s, which are stored as they are.
"""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict

from beffroi.text import format_number

from . import proposals
from .dkim import STRONG, WEAK, Dkim
from .dmarc import Dmarc
from .dmarc import State as DmarcState
from .dns_lookup import Answer, Lookup
from .mail_providers import service_of
from .spf import MAX_LOOKUPS, Spf, cost
from .spf import State as SpfState

RESOLVER: Final = "Le serveur de noms n'a pas répondu au sujet de {}. Personne ne peut dire ce qu'il en est : recommencez plus tard."


class Verdict(StrEnum):
    GOOD = "bon"
    TO_CORRECT = "à corriger"
    ABSENT = "absent"
    NO_REPLY = "pas de réponse"
    UNCHECKED = "non vérifié"


LONGEST: Final = 4_000  # characters of what was read, stored with each check
KNOWN: Final = {Verdict.GOOD: 0, Verdict.TO_CORRECT: 1, Verdict.ABSENT: 2}
"""Verdicts that say something of the domain, the worst last."""


class Record(BaseModel):
    """One line to publish in the zone, or a file to put at an address (`kind` « fichier »)."""

    model_config = ConfigDict(frozen=True)
    name: str
    kind: str
    value: str


class Finding(BaseModel):
    """`found`: what is published today; `ask`: what the provider is asked, as a sentence of the letter; `later`: the step after."""

    model_config = ConfigDict(frozen=True)
    key: str
    verdict: Verdict
    reason: str
    found: Annotated[str, AfterValidator(lambda text: text[:LONGEST])] = ""
    publish: tuple[Record, ...] = ()
    ask: str = ""
    later: str = ""


TITLES: Final = {
    "mx": "Serveurs qui reçoivent",
    "spf": "Qui peut écrire en votre nom (SPF)",
    "dkim": "Signature des messages (DKIM)",
    "dmarc": "Que faire des faux messages (DMARC)",
    "starttls": "Chiffrement des échanges (STARTTLS)",
    "mta-sts": "Chiffrement exigé (MTA-STS)",
    "tls-rpt": "Rapports de chiffrement (TLS-RPT)",
}
OPTIONAL: Final = ("mta-sts", "tls-rpt")
"""Protections for those whose first four are in order."""


def of_servers(domain: str, answer: Answer | None) -> Finding:
    """`answer` None: no reply. A domain that does not exist, or that takes no mail."""
    if answer is None:
        return Finding(key="mx", verdict=Verdict.NO_REPLY, reason=RESOLVER.format(domain))
    if not answer.exists:
        return Finding(
            key="mx",
            verdict=Verdict.ABSENT,
            reason="Ce nom de domaine n'existe pas, ou n'existe plus. Vérifiez son écriture, et qu'il est toujours loué.",
        )
    hosts = servers(answer)
    if not hosts:
        return Finding(
            key="mx",
            verdict=Verdict.ABSENT,
            reason="Aucun serveur ne reçoit les messages de ce domaine : on ne peut pas vous y écrire.",
        )
    service = service_of(hosts)
    return Finding(
        key="mx",
        verdict=Verdict.GOOD,
        reason=f"Vos messages arrivent chez {service.name}."
        if service
        else "Vos messages ont un serveur où arriver.",
        found="\n".join(hosts),
    )


def servers(answer: Answer | None) -> tuple[str, ...]:
    """Names of the mail servers; « . » is none (RFC 7505)."""
    return tuple(host for host in (answer.records if answer else ()) if host not in ("", "."))


def of_spf(domain: str, spf: Spf, hosts: tuple[str, ...], lookup: Lookup) -> Finding:
    found = "\n".join(spf.records)
    if spf.state == SpfState.SILENT:
        return Finding(key="spf", verdict=Verdict.NO_REPLY, reason=RESOLVER.format(spf.at), found=found)
    if spf.state == SpfState.VALID and spf.all in ("-", "~") and not spf.opening:
        return Finding(
            key="spf",
            verdict=Verdict.GOOD,
            reason=f"La liste de ceux qui écrivent en votre nom est claire ({spf.lookups} consultation{'s' * (spf.lookups > 1)} sur {MAX_LOOKUPS}).",
            found=found,
        )
    proposed = proposals.spf_record(domain, spf, hosts, lookup)
    publish = (Record(name=domain, kind="TXT", value=proposed),) if proposed else ()
    ask = (
        "publier cet enregistrement SPF à la place de tout autre, après l'avoir complété des serveurs qui écrivent pour nous"
        if proposed
        else "revoir l'enregistrement SPF : retirer les services dont nous ne nous servons plus, pour rester sous dix consultations"
    )
    return Finding(
        key="spf",
        verdict=Verdict.ABSENT if spf.state == SpfState.ABSENT else Verdict.TO_CORRECT,
        reason=_spf_reason(spf, lookup, has_proposal=bool(proposed)),
        found=found,
        publish=publish,
        ask=ask,
        later="Un mois sans message perdu plus tard, remplacez « ~all » par « -all »."
        if proposed.endswith("~all")
        else "",
    )


def _spf_reason(spf: Spf, lookup: Lookup, *, has_proposal: bool) -> str:
    match spf.state:
        case SpfState.ABSENT:
            return "Rien ne dit qui peut écrire au nom du domaine : n'importe qui le peut."
        case SpfState.SEVERAL if len(spf.records) > 1:
            return f"{len(spf.records)} enregistrements SPF se contredisent : les destinataires n'en lisent aucun. Il en faut un seul."
        case SpfState.SEVERAL:
            return (
                f"{spf.at} a plusieurs enregistrements SPF : celui du domaine, qui l'appelle, n'est plus lu."
            )
        case SpfState.SYNTAX:
            return f"« {spf.at} » est mal écrit : les destinataires ne lisent pas cet enregistrement."
        case SpfState.TOO_MANY_LOOKUPS:
            heavy = "" if has_proposal else _heavy(spf, lookup)
            return f"Cet enregistrement demande plus de {MAX_LOOKUPS} consultations : les destinataires l'abandonnent.{heavy}"
        case SpfState.TOO_MANY_VOIDS:
            return "Il cite au moins trois noms qui ne mènent à rien : les destinataires l'abandonnent."
        case SpfState.LOOP:
            return f"Il tourne en rond ({spf.at}) : les destinataires l'abandonnent."
        case SpfState.MISSING_TARGET:
            return (
                f"Il renvoie à {spf.at}, qui n'a pas d'enregistrement SPF : les destinataires l'abandonnent."
            )
    if spf.opening and spf.all != "+":
        return f"« {spf.opening} » laisse presque n'importe qui écrire au nom du domaine."
    if spf.all == "+":
        return "« +all » permet à n'importe qui d'écrire au nom du domaine."
    return "Il ne dit pas de se méfier des autres expéditeurs : il ne protège pas."


def _heavy(spf: Spf, lookup: Lookup) -> str:
    costs = [(cost(term, lookup), term.text) for term in spf.terms if term.name in ("include", "redirect")]
    named = [f"{text} ({count})" for count, text in sorted(costs, reverse=True)[:3] if count > 1]
    return f" Les plus lourds : {', '.join(named)}." if named else ""


MADE_BY_PROVIDER: Final = "Votre prestataire crée la clé : lui seul peut donner l'enregistrement à publier."


def of_dkim(domain: str, dkim: Dkim) -> Finding:
    good = [key for key in dkim.keys if not key.fault and (key.kind == "ed25519" or key.bits >= STRONG)]
    weak = [key for key in dkim.keys if key.kind == "rsa" and not key.fault and key.bits < STRONG]
    broken = [key for key in dkim.keys if key.fault]
    found = "\n".join(
        f"{key.selector} : {key.kind}{f', {format_number(key.bits, ",")} bits' if key.bits else ''}{_FAULTS.get(key.fault, '')}"
        for key in dkim.keys
    )
    ask = "signer nos messages (DKIM) avec une clé RSA de 2 048 bits, publier sa clé publique et nous donner le nom de son sélecteur"
    if dkim.silent and not good and not weak:
        return Finding(
            key="dkim", verdict=Verdict.NO_REPLY, reason=RESOLVER.format(dkim.silent[0]), found=found
        )
    if weak:
        names = ", ".join(f"{key.selector} ({format_number(key.bits, ',')} bits)" for key in weak)
        danger = "peut être cassée" if min(key.bits for key in weak) < WEAK else "est trop courte aujourd'hui"
        return Finding(
            key="dkim",
            verdict=Verdict.TO_CORRECT,
            reason=f"La clé {names} {danger} : il en faut une de 2 048 bits.",
            found=found,
            ask=ask,
            later=MADE_BY_PROVIDER,
        )
    if dkim.missing and not dkim.empty:
        return Finding(
            key="dkim",
            verdict=Verdict.TO_CORRECT if good else Verdict.ABSENT,
            reason=f"Aucune clé au sélecteur {', '.join(dkim.missing)}, qui est déclaré.",
            found=found,
            ask=ask,
            later=MADE_BY_PROVIDER,
        )
    if good:
        return Finding(key="dkim", verdict=Verdict.GOOD, reason="Une clé solide est publiée.", found=found)
    if broken:
        return Finding(
            key="dkim",
            verdict=Verdict.TO_CORRECT,
            reason=f"La clé {broken[0].selector} ne sert pas{_FAULTS[broken[0].fault].replace(',', ' :', 1)}.",
            found=found,
            ask=ask,
            later=MADE_BY_PROVIDER,
        )
    if dkim.empty:
        return Finding(
            key="dkim",
            verdict=Verdict.ABSENT,
            reason="Aucune clé n'est publiée : les messages ne sont pas signés, ou leur signature ne se vérifie pas.",
            ask=ask,
            later=MADE_BY_PROVIDER,
        )
    return Finding(
        key="dkim",
        verdict=Verdict.UNCHECKED,
        reason="Aucune clé n'est publiée aux noms habituels. Elle est peut-être ailleurs.",
        later="Demandez le « sélecteur DKIM » à votre prestataire, puis écrivez-le ci-dessous.",
        ask="nous donner le nom du sélecteur DKIM avec lequel nos messages sont signés",
    )


_FAULTS: Final = {
    "revoked": ", clé révoquée",
    "unreadable": ", clé illisible",
    "test": ", en essai seulement (« t=y »)",
}


def of_dmarc(domain: str, dmarc: Dmarc) -> Finding:
    if dmarc.state == DmarcState.SILENT:
        return Finding(
            key="dmarc", verdict=Verdict.NO_REPLY, reason=RESOLVER.format(dmarc.at), found=dmarc.record
        )
    inherited = dmarc.location not in ("", domain)
    if dmarc.state == DmarcState.VALID and dmarc.unauthorised:
        other = dmarc.unauthorised[0]
        return Finding(
            key="dmarc",
            verdict=Verdict.TO_CORRECT,
            reason=f"Les rapports vont chez {other}, qui n'a pas dit qu'il les accepte : ils n'arrivent pas.",
            found=dmarc.record,
            publish=tuple(
                Record(name=f"{dmarc.location}._report._dmarc.{host}", kind="TXT", value="v=DMARC1")
                for host in dmarc.unauthorised
            ),
            ask=f"publier, chez {other}, l'enregistrement qui accepte nos rapports DMARC, ou changer l'adresse des rapports",
        )
    in_test = dmarc.tags.get("t", "").lower() == "y" or dmarc.tags.get("pct", "100") != "100"
    if dmarc.state == DmarcState.VALID and dmarc.policy in ("quarantine", "reject") and not in_test:
        does = "refusés" if dmarc.policy == "reject" else "mis de côté"
        origin = f", par la règle de {dmarc.location}" if inherited else ""
        return Finding(
            key="dmarc",
            verdict=Verdict.GOOD,
            reason=f"Les faux messages en votre nom sont {does}{origin}.",
            found=dmarc.record,
            later=""
            if dmarc.policy == "reject"
            else "Quand les rapports ne montrent plus d'erreur, passez à « p=reject ».",
        )
    absent = dmarc.state == DmarcState.ABSENT
    return Finding(
        key="dmarc",
        verdict=Verdict.ABSENT if absent else Verdict.TO_CORRECT,
        reason=_dmarc_reason(domain, dmarc, in_test=in_test),
        found=dmarc.record,
        publish=(Record(name=f"_dmarc.{domain}", kind="TXT", value=proposals.dmarc_record(domain, dmarc)),),
        ask="publier cet enregistrement DMARC, et créer la boîte qui reçoit les rapports",
        later=(
            "Lisez les rapports pendant un mois, puis passez à « p=quarantine », et plus tard à « p=reject »."
            if absent
            else "Quand les rapports ne montrent plus d'erreur, passez à « p=reject »."
        ),
    )


def _dmarc_reason(domain: str, dmarc: Dmarc, *, in_test: bool) -> str:
    if dmarc.state == DmarcState.ABSENT:
        return "Rien ne dit aux destinataires que faire d'un faux message : ils le remettent."
    if dmarc.state == DmarcState.SEVERAL:
        return "Plusieurs enregistrements DMARC : les destinataires n'en lisent aucun. Il en faut un seul."
    if dmarc.state == DmarcState.SYNTAX:
        return (
            f"« {dmarc.at.strip()[:80]} » est mal écrit : les destinataires ne lisent pas cet enregistrement."
        )
    if dmarc.policy == "none":
        reports = "" if dmarc.reports else " Et personne ne reçoit les rapports."
        origin = f" (règle de {dmarc.location})" if dmarc.location != domain else ""
        return f"« p=none »{origin} regarde sans rien faire : les faux messages arrivent.{reports}"
    return (
        "La règle n'est qu'en essai : une part des faux messages arrive."
        if in_test
        else "La règle ne protège pas."
    )
