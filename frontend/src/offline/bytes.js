// Bytes as text and back: UTF-8, base64, hexadecimal; canonical JSON and its SHA-256.

export const utf8 = (text) => new TextEncoder().encode(text);

// Strict: bytes that are no UTF-8 are refused.
export const text = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

export function base64(bytes) {
  let found = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    found += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(found);
}

export function fromBase64(value) {
  const found = atob(value);
  const bytes = new Uint8Array(found.length);
  for (let at = 0; at < found.length; at += 1) bytes[at] = found.charCodeAt(at);
  return bytes;
}

export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export const randomHex = (length) => hex(crypto.getRandomValues(new Uint8Array(length)));

export const sha256 = async (bytes) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

// The same bytes as Python's `json.dumps(…, sort_keys=True, separators=(",", ":"), ensure_ascii=False)`: keys are ASCII.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

// A signature as WebCrypto makes it (r‖s, 64 bytes), in DER as OpenSSL reads it; and back.
export function derOf(raw) {
  const integer = (bytes) => {
    let start = 0;
    while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
    const body = [...bytes.subarray(start)];
    if (body[0] > 0x7f) body.unshift(0);
    return [0x02, body.length, ...body];
  };
  const body = [...integer(raw.subarray(0, 32)), ...integer(raw.subarray(32))];
  return Uint8Array.from([0x30, body.length, ...body]);
}

// Throws for what is no such signature.
export function rawOf(der) {
  if (der.length > 72 || der[0] !== 0x30 || der[1] !== der.length - 2) throw new Error("no signature");
  const raw = new Uint8Array(64);
  let place = 2;
  for (const end of [32, 64]) {
    const length = der[place + 1];
    const body = der.subarray(place + 2, place + 2 + length);
    if (der[place] !== 0x02 || body.length !== length || length < 1 || length > 33) throw new Error("no signature");
    const number = length === 33 ? body.subarray(1) : body;
    raw.set(number, end - number.length);
    place += 2 + length;
  }
  if (place !== der.length) throw new Error("no signature");
  return raw;
}

// In code points, as Python counts.
export const lengthOf = (value) => {
  let found = 0;
  for (const _ of value) found += 1;
  return found;
};
