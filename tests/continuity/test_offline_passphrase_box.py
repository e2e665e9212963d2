"""What is sealed opens with its passphrase only, typed as people type, and one changed byte is refused."""

import base64

import pytest

from beffroi.web.continuity.offline_pages import passphrase_box
from beffroi.web.continuity.offline_pages.passphrase_box import WrongPassphrase, new_passphrase, seal, unseal
from support.offline_pages import PASSPHRASE, run_script

SECRET = b"Mme Exemple, 06 00 00 00 00"


def test_a_passphrase_has_eighty_bits_and_only_letters_that_every_keyboard_has_at_one_place() -> None:
    found = {new_passphrase() for _ in range(200)}
    assert len(found) == 200
    letters = set("".join(found)) - {"-"}
    assert letters == set(passphrase_box.LETTERS) and not letters & set("aqwzmy0o1ilé")
    assert all(len(passphrase_box.normalized(each)) == 20 for each in found)
    assert len(passphrase_box.LETTERS) ** 20 >= 2**80 and len(set(passphrase_box.LETTERS)) == len(
        passphrase_box.LETTERS
    )


@pytest.mark.parametrize("typed", [PASSPHRASE, PASSPHRASE.upper(), " BCDE fghj\tknpr stuv xbcd "])
def test_it_opens_however_the_passphrase_is_typed(typed: str) -> None:
    assert unseal(seal(SECRET, PASSPHRASE), typed) == SECRET


@pytest.mark.parametrize("typed", ["bcde-fghj-knpr-stuv-xbce", "", "court", "é" * 20])
def test_another_passphrase_opens_nothing(typed: str) -> None:
    with pytest.raises(WrongPassphrase):
        unseal(seal(SECRET, PASSPHRASE), typed)


def test_a_changed_byte_is_refused_wherever_it_is() -> None:
    box = seal(SECRET, PASSPHRASE)
    for name in ("salt", "nonce", "cipher"):
        raw = bytearray(base64.b64decode(box[name]))
        raw[-1] ^= 1
        with pytest.raises(WrongPassphrase):
            unseal(box | {name: base64.b64encode(raw).decode()}, PASSPHRASE)


def test_nothing_is_sealed_with_a_short_passphrase() -> None:
    with pytest.raises(ValueError, match="20 lettres"):
        seal(SECRET, "mairie2026")


def test_two_boxes_of_the_same_content_share_nothing_and_hide_it() -> None:
    one, other = seal(SECRET, PASSPHRASE), seal(SECRET, PASSPHRASE)
    assert one["rounds"] >= 600_000
    assert not {one[name] for name in ("salt", "nonce", "cipher")} & {
        other[name] for name in ("salt", "nonce", "cipher")
    }
    assert SECRET not in base64.b64decode(one["cipher"])


def test_the_browser_opens_what_the_platform_sealed_and_refuses_fewer_rounds() -> None:
    box = seal(SECRET, PASSPHRASE)
    answers = run_script(
        """
import { unseal } from "./passphrase-box.js";
const opened = await Promise.all(given.tries.map(([box, typed]) => unseal(box, typed).then((bytes) => new TextDecoder().decode(bytes), () => null)));
answer(opened);
""",
        {
            "tries": [
                [box, PASSPHRASE.upper()],
                [box, "x" * 20],
                [box | {"rounds": 1000}, PASSPHRASE],
                [box | {"rounds": None}, PASSPHRASE],
            ]
        },
    )
    assert answers == [SECRET.decode(), None, None, None]
