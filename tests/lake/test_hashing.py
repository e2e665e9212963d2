"""SHA-256 of files, texts and secrets, against known digests."""

from pathlib import Path

from beffroi.hashing import file_sha256, hash_secret, json_sha256, text_sha256

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4, example of one block


def test_text_and_file_of_the_same_content_have_one_digest(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("abc", "utf-8")
    assert text_sha256("abc") == hash_secret("abc") == file_sha256(tmp_path / "text") == ABC


def test_accented_texts_are_read_in_utf8(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes("œuvre d’été".encode())
    assert text_sha256("œuvre d’été") == file_sha256(tmp_path / "text")


def test_a_json_document_has_one_digest_whatever_the_order_of_its_keys() -> None:
    assert json_sha256({"b": 1, "a": "été"}) == json_sha256({"a": "été", "b": 1})
    assert json_sha256({"b": 1, "a": "été"}) == text_sha256('{"a": "été", "b": 1}')
