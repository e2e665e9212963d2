// Boxes of `offline_pages/passphrase_box.py`, opened with WebCrypto: AES-256-GCM, key by PBKDF2-HMAC-SHA256.
import { fromBase64, utf8 } from "./bytes.js";

const LEAST_ROUNDS = 600_000;
const MOST_ROUNDS = 10_000_000;

// In any case, with or without spaces and hyphens.
export const normalized = (passphrase) => passphrase.replace(/[\s\-.]+/g, "").toLowerCase();

// Rejects when the passphrase is another one or a byte was changed: they cannot be told apart.
export async function unseal(box, passphrase) {
  if (box.format !== 1 || box.kdf !== "PBKDF2-HMAC-SHA256" || !(box.rounds >= LEAST_ROUNDS && box.rounds <= MOST_ROUNDS)) {
    throw new Error("unknown box");
  }
  const typed = await crypto.subtle.importKey("raw", utf8(normalized(passphrase)), "PBKDF2", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt: fromBase64(box.salt), iterations: box.rounds },
    typed,
    { name: "AES-GCM", length: 256 },
    false,
    ["decrypt"],
  );
  const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv: fromBase64(box.nonce) }, key, fromBase64(box.cipher));
  return new Uint8Array(opened);
}
