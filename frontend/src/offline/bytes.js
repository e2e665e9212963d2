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

// In code points, as Python counts.
export const lengthOf = (value) => {
  let found = 0;
  for (const _ of value) found += 1;
  return found;
};
