"""What a domain publishes is read as its receivers read it, from a real DNS server; silence is never taken for absence."""

import pytest

from beffroi.web.cyber.mail import dkim, dmarc, mta_sts, proposals, spf
from beffroi.web.cyber.mail.dns_lookup import Lookup
from beffroi.web.cyber.mail.domain_names import domain_of, readable
from beffroi.web.cyber.mail.mail_providers import is_shared_mailbox, service_of
from beffroi.web.cyber.mail.verdicts import Verdict, of_dkim, of_dmarc, of_servers, of_spf, servers
from servers import nsd

from .mail_zones import SELECTORS, TOWNS

pytestmark = [pytest.mark.xdist_group("mail-dns"), pytest.mark.room("cyber")]
HOSTS = ("mx1.presta.fr",)


def town(record: str) -> str:
    """The town whose zone has this text, and no other of its kind."""
    return next(
        name
        for name, lines in TOWNS.items()
        if any(nsd.text(record) in line for line in lines) and sum(record[:6] in line for line in lines) == 1
    )


@pytest.mark.parametrize(
    ("record", "state", "verdict"),
    [
        ("v=spf1 mx ~all", "valid", Verdict.GOOD),
        ("v=spf1 mx +all", "valid", Verdict.TO_CORRECT),
        ("v=spf1 mx ip4:0.0.0.0/0 -all", "valid", Verdict.TO_CORRECT),
        ("v=spf1 mx include:open.presta.fr -all", "valid", Verdict.TO_CORRECT),
        ("v=spf1 ~include:open.presta.fr -all", "valid", Verdict.GOOD),
        ("v=spf1 include:spf0.presta.fr ~all", "valid", Verdict.GOOD),
        ("v=spf1 ipv4:192.0.2.1 -all", "syntax", Verdict.TO_CORRECT),
        ("v=spf1 a:none1.presta.fr a:none2.presta.fr a:none3.presta.fr -all", "voids", Verdict.TO_CORRECT),
        ("v=spf1 " + "include:deeper.presta.fr " * 3 + "-all", "lookups", Verdict.TO_CORRECT),
        ("v=spf1 include:nowhere.presta.fr -all", "missing", Verdict.TO_CORRECT),
        ("v=spf1 include:spf-self.fr -all", "loop", Verdict.TO_CORRECT),
        ("v=spf1 include:muet.fr -all", "silent", Verdict.NO_REPLY),
    ],
)
def test_each_spf_has_its_verdict(lookup: Lookup, record: str, state: str, verdict: Verdict) -> None:
    name = town(record)
    found = spf.read(name, lookup)
    assert (found.state, found.record) == (state, record)
    assert of_spf(name, found, HOSTS, lookup).verdict == verdict


ELEVEN = " ".join(f"a:h{n}.presta.fr" for n in range(11))
TEN = ELEVEN.rpartition(" ")[0]


@pytest.mark.parametrize(
    ("terms", "state", "lookups"),
    [
        (TEN, "valid", 10),
        (ELEVEN, "lookups", 11),
        (f"{TEN} include:spf0.presta.fr", "lookups", 11),
        (f"{TEN} redirect=spf0.presta.fr", "lookups", 11),
        (f"{TEN} ip4:192.0.2.1 ip6:2001:db8::1", "valid", 10),
        (f"{TEN} mx:nowhere.presta.fr", "lookups", 11),
        ("mx:ten.presta.fr", "valid", 1),
        ("mx:many.presta.fr", "lookups", 1),
        ("a:none1.presta.fr a:none2.presta.fr", "valid", 2),
        ("a:mail.presta.fr/24 a:mail.presta.fr/25//64 a:mail.presta.fr//64", "valid", 3),  # one name, no void
        ("a:none1.presta.fr a:none2.presta.fr mx:none3.presta.fr", "voids", 3),
        ("a:none1.presta.fr exists:none2.presta.fr exists:none3.presta.fr", "voids", 3),
    ],
)
def test_receivers_give_up_at_the_eleventh_lookup_the_eleventh_server_and_the_third_void(
    lookup: Lookup, terms: str, state: str, lookups: int
) -> None:
    found = spf.measure("ici.fr", f"v=spf1 {terms}" + (" -all" if "redirect" not in terms else ""), lookup)
    assert (found.state, found.lookups) == (state, lookups)


@pytest.mark.parametrize(
    ("network", "is_open"),
    [("ip4:10.0.0.0/8", False), ("ip4:10.0.0.0/7", True), ("ip6:2001::/16", False), ("ip6:2000::/15", True)],
)
def test_a_network_that_lets_almost_anybody_through_is_told(
    lookup: Lookup, network: str, is_open: bool
) -> None:
    found = spf.measure("ici.fr", f"v=spf1 {network} -all", lookup)
    assert (found.state, found.opening) == ("valid", network if is_open else "")
    assert spf.measure("ici.fr", f"v=spf1 ?{network} -all", lookup).opening == ""


def test_a_name_that_does_not_answer_is_never_called_absent(dns_port: int) -> None:
    name = town("v=spf1 include:spf0.presta.fr ~all")
    with nsd.dropping(dns_port, ["spf0", "_dmarc", "_domainkey"]) as port:
        lookup = Lookup(nsd.ADDRESS, port, lifetime=0.2)
        said = [
            of_spf(name, spf.read(name, lookup), HOSTS, lookup),
            of_dmarc(name, dmarc.read(name, lookup)),
            of_dkim(name, dkim.read(name, (), lookup)),
        ]
    assert [each.verdict for each in said] == [Verdict.NO_REPLY] * 3
    assert not any(each.publish for each in said)


def test_a_domain_that_does_not_exist_says_so(lookup: Lookup) -> None:
    answer = lookup.mx("nulle-part.fr")
    assert not answer.exists and "n'existe pas" in of_servers("nulle-part.fr", answer).reason
    assert servers(lookup.mx("sans-courrier.fr")) == ()


def test_pieces_of_a_text_are_joined_without_a_space(lookup: Lookup) -> None:
    assert spf.read("spf-pieces.fr", lookup).record == "v=spf1 include:spf0.presta.fr mx -all"
    assert spf.read("spf-cut.fr", lookup).state == "missing"  # spf0.presta.frmx


@pytest.mark.parametrize(
    ("record", "proposed"),
    [
        ("v=spf1 mx +all", "v=spf1 mx ~all"),
        ("v=spf1 mx, a -all", "v=spf1 mx a -all"),
        ("v=spf1 mx ip4:0.0.0.0/0 -all", "v=spf1 mx ~all"),
        ("v=spf1 mx include:open.presta.fr -all", ""),
        ("v=spf1 include:nowhere.presta.fr -all", "v=spf1 mx ~all"),
        ("v=spf1 " + "include:deeper.presta.fr " * 3 + "-all", "v=spf1 include:deeper.presta.fr -all"),
        ("v=spf1 redirect=open.presta.fr", ""),
        ("v=spf1 redirect=spf0.presta.fr exp=", "v=spf1 redirect=spf0.presta.fr"),
        (
            "v=spf1 redirect=spf0.presta.fr redirect=spf1.presta.fr",
            "v=spf1 include:spf0.presta.fr include:spf1.presta.fr ~all",
        ),
    ],
)
def test_the_proposed_spf_keeps_what_serves(lookup: Lookup, record: str, proposed: str) -> None:
    name = town(record)
    assert proposals.spf_record(name, spf.read(name, lookup), HOSTS, lookup) == proposed


def test_several_spf_become_one(lookup: Lookup) -> None:
    name = next(name for name, lines in TOWNS.items() if sum("v=spf1" in line for line in lines) == 3)
    found = of_spf(name, spf.read(name, lookup), HOSTS, lookup)
    assert [each.value for each in found.publish] == ["v=spf1 mx include:spf0.presta.fr ~all"]
    assert "3 enregistrements" in found.reason


def test_a_town_without_spf_is_given_that_of_its_mail_service(lookup: Lookup) -> None:
    assert service_of(("mx1.mail.ovh.net",)) is not None
    found = spf.Spf(spf.State.ABSENT)
    assert proposals.spf_record("vide.fr", found, (), lookup) == "v=spf1 -all"
    assert proposals.spf_record("spf-000.fr", found, HOSTS, lookup) == "v=spf1 mx ~all"


@pytest.mark.parametrize(
    ("record", "policy", "verdict", "published"),
    [
        (
            "v=DMARC1; p=none; rua=mailto:dmarc@presta.fr",
            "none",
            Verdict.TO_CORRECT,
            "p=quarantine; rua=mailto:dmarc@presta.fr",
        ),
        ("v=DMARC1; p=reject; pct=20", "reject", Verdict.TO_CORRECT, "p=reject; rua=mailto:dmarc@"),
        ("v=DMARC1; p=rejet", "", Verdict.TO_CORRECT, "p=none; rua=mailto:dmarc@"),
        ("v=DMARC1; p=reject; sp=none; adkim=s; aspf=r", "reject", Verdict.GOOD, ""),
    ],
)
def test_each_dmarc_has_its_verdict_and_its_next_step(
    lookup: Lookup, record: str, policy: str, verdict: Verdict, published: str
) -> None:
    name = town(record)
    read = dmarc.read(name, lookup)
    found = of_dmarc(name, read)
    assert (read.policy, found.verdict) == (policy, verdict)
    assert published in "".join(each.value for each in found.publish)


def test_reports_sent_elsewhere_wait_for_the_other_domain(lookup: Lookup) -> None:
    name = town("v=DMARC1; p=reject; rua=mailto:dmarc@strict.fr")
    found = of_dmarc(name, dmarc.read(name, lookup))
    assert found.verdict == Verdict.TO_CORRECT
    assert [each.name for each in found.publish] == [f"{name}._report._dmarc.strict.fr"]


def test_the_rule_of_the_parent_applies(lookup: Lookup) -> None:
    below = dmarc.read("mairie.parent-strict.fr", lookup)
    assert (below.location, below.policy) == ("parent-strict.fr", "quarantine")
    assert (
        of_dmarc("mairie.parent-mou.fr", dmarc.read("mairie.parent-mou.fr", lookup)).verdict
        == Verdict.TO_CORRECT
    )


@pytest.mark.parametrize(
    ("name", "verdict", "words"),
    [
        ("dkim-fort.fr", Verdict.GOOD, "solide"),
        ("dkim-long.fr", Verdict.GOOD, "solide"),
        ("dkim-ed.fr", Verdict.GOOD, "solide"),
        ("dkim-change.fr", Verdict.GOOD, "solide"),
        ("dkim-1024.fr", Verdict.TO_CORRECT, "trop courte"),
        ("dkim-512.fr", Verdict.TO_CORRECT, "cassée"),
        ("dkim-revoque.fr", Verdict.TO_CORRECT, "révoquée"),
        ("dkim-abime.fr", Verdict.TO_CORRECT, "illisible"),
        ("dkim-essai.fr", Verdict.TO_CORRECT, "essai"),
        ("dkim-perdu.fr", Verdict.ABSENT, "mairie"),
        ("dkim-rien.fr", Verdict.ABSENT, "Aucune clé n'est publiée"),
        ("dkim-ailleurs.fr", Verdict.UNCHECKED, "ailleurs"),
    ],
)
def test_each_key_has_its_verdict(lookup: Lookup, name: str, verdict: Verdict, words: str) -> None:
    found = of_dkim(name, dkim.read(name, SELECTORS.get(name, ()), lookup))
    assert found.verdict == verdict and words in found.reason


@pytest.mark.parametrize(
    "record",
    [
        f"v=spf1 a:.{'a' * 60_000}! -all",
        f"v=spf1 a:{'1-' * 30_000} -all",
        f"v=spf1 exists:%{{d{'0' * 60_000}",
        f"v=spf1 {'a/' * 30_000}",
    ],
)
def test_a_record_made_to_hold_its_reader_up_is_an_error(record: str) -> None:
    with pytest.raises(spf.SyntaxFault):
        spf.parse(record)


@pytest.mark.parametrize(
    "record",
    ["v=STSv1; id=1;" + "a=bbbbbbbb" * 6_000, f"v=STSv1; id=1; a={' ' * 60_000}=", "v=STSv1; id=1;;a=b"],
)
def test_a_policy_record_made_to_hold_its_reader_up_is_an_error(record: str) -> None:
    assert not mta_sts.is_record(record)


POLICY = "version: STSv1\nmode: enforce\nmx: *.presta.fr\nmax_age: 604800\n"


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        (POLICY, "valid"),
        (POLICY.replace("*.presta.fr", "mx1.presta.fr"), "valid"),
        (POLICY.replace("*.presta.fr", "*.fr"), "mismatch"),
        (POLICY.replace("*.presta.fr", "autre.fr"), "mismatch"),
        (POLICY.replace("enforce", "strict"), "no_policy"),
        (POLICY.replace("604800", "toujours"), "no_policy"),
        ("<html>", "no_policy"),
    ],
)
def test_a_policy_names_every_mail_server(policy: str, state: str) -> None:
    assert mta_sts.judge("v=STSv1; id=1", policy, HOSTS).state == state


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("mairie@bonne.fr", "bonne.fr"),
        (" Bonne-Ville.FR ", "bonne-ville.fr"),
        ("https://www.bonne.fr/contact?x=1", "bonne.fr"),
        ("mairie@bonnevallée.fr", "xn--bonnevalle-j7a.fr"),
        ("mairie.x@orange.fr", "orange.fr"),
    ],
)
def test_the_domain_is_found_in_what_is_typed(typed: str, name: str) -> None:
    assert domain_of(typed) == name
    assert is_shared_mailbox(name) == (name == "orange.fr")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "mairie",
        "127.0.0.1",
        "http://[::1]/",
        "a b.fr",
        "-x.fr",
        "x..fr",
        f"{'a' * 64}.fr",
        "bonne.fr\nautre.fr",
        "169.254",
        "é🎉.fr",
    ],
)
def test_what_is_no_domain_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"(?s).*"):
        domain_of(typed)


def test_a_name_with_accents_is_written_as_people_do() -> None:
    assert readable("xn--bonnevalle-j7a.fr") == "bonnevallée.fr"
