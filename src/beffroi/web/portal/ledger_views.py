"""The ledger for everyone: where it stands, signed, and whether a root that somebody kept is still its beginning."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from beffroi.ledger import keys
from beffroi.ledger.roots import SignedRoot, public_pem, read_root
from beffroi.web.platform.guards import public_space
from beffroi.web.platform.ledger import LedgerError, proofs
from beffroi.web.platform.ledger import keys as ledger_keys
from beffroi.web.ui.fields import VisibleCharField

_MOST = 1 << 16  # bytes: a signed root takes some 500


class SavedRootForm(forms.Form):
    """A root that somebody kept, as a file or as its text."""

    file = forms.FileField(
        label="Le fichier que vous avez gardé",
        required=False,
        help_text="Par exemple : empreinte-valbruyere-2026-11-24.json",
        error_messages={"empty": "Ce fichier est vide. Choisissez celui que vous aviez gardé."},
    )
    text = VisibleCharField(
        label="Ou son texte, collé ici",
        required=False,
        max_length=_MOST,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, object] = super().clean() or {}
        file = cleaned.get("file")
        if self.errors:
            return cleaned
        if isinstance(file, UploadedFile):
            content = file.read(_MOST + 1)
        elif cleaned.get("text"):
            content = str(cleaned["text"]).encode()
        else:
            raise forms.ValidationError("Choisissez le fichier que vous avez gardé, ou collez son texte.")
        try:
            cleaned["root"] = read_root(content)
        except ValueError as error:
            raise forms.ValidationError(f"Cette empreinte ne peut pas être lue : {error}.") from error
        return cleaned


@public_space
def ledger(request: HttpRequest) -> HttpResponse:
    """Where the ledger stands, what to keep of it, and the comparison with what was kept."""
    form = SavedRootForm(request.POST, request.FILES) if request.method == "POST" else SavedRootForm()
    context: dict[str, object] = {"form": form}
    try:
        root = proofs.signed_now(request.territory)
        context |= {"root": root, "at": proofs.moment(root), "key": root.key}
        changes = ledger_keys.changes_of(request.territory)
        context["changes"] = [(change, proofs.moment(change)) for change in changes]
        if form.is_bound and form.is_valid():
            context["found"] = proofs.compare(request.territory, form.cleaned_data["root"])
    except LedgerError as error:
        context["harm"] = str(error)
    return render(request, "portal/ledger.html", context)


@public_space
def signed_root(request: HttpRequest) -> HttpResponse:
    """Today's signed root, to keep elsewhere."""
    root = _signed(request)
    return _file(
        root.as_json() + b"\n",
        "application/json",
        f"empreinte-{request.territory.slug}-{root.at[:10]}.json",
    )


@public_space
def public_key(request: HttpRequest) -> HttpResponse:
    """Public key with which signatures are checked."""
    pem = public_pem(_key())
    return _file(pem, "application/x-pem-file", f"registre-{request.territory.slug}-cle.pem")


@public_space
def key_changes(request: HttpRequest) -> HttpResponse:
    """The statements by which each key gave way to the next: what makes roots of former keys verifiable."""
    try:
        content = keys.encode_key_changes(ledger_keys.changes_of(request.territory))
    except LedgerError as error:
        raise Http404 from error
    return _file(content, "application/jsonl", f"registre-{request.territory.slug}-cles.jsonl")


@public_space
def consistency(request: HttpRequest) -> HttpResponse:
    """The proof that the ledger only grew since it had `?lignes=` lines."""
    requested = request.GET.get("lignes", "")
    if not requested.isdecimal() or len(requested) > 15:
        raise Http404
    try:
        proof = proofs.consistency(request.territory, int(requested))
    except LedgerError as error:
        raise Http404 from error
    return _file(
        proof.as_json(),
        "application/json",
        f"registre-{request.territory.slug}-preuve-{proof.size}-{proof.root.size}.json",
    )


def _signed(request: HttpRequest) -> SignedRoot:
    try:
        return proofs.signed_now(request.territory)
    except LedgerError as error:
        raise Http404 from error


def _key() -> Ed25519PublicKey:
    try:
        return ledger_keys.signing_key().public_key()
    except LedgerError as error:
        raise Http404 from error


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
