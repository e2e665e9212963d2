// Reads the design's tokens, so that charts and maps wear the page's colours, in light and in dark.
// In: the custom properties of the style sheet. Out: plain colours, and a call when the theme changes.

/** A canvas and a WebGL layer want plain colours: the browser resolves `light-dark()` and `var()` for us. */
export function colour(name) {
  const probe = document.createElement("span");
  probe.hidden = true;
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

export function series() {
  return [1, 2, 3, 4, 5, 6, 7, 8].map((n) => colour(`serie-${n}`));
}

export function font(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function onThemeChange(callback) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", callback);
  new MutationObserver(callback).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme"],
  });
}

const plain = new Intl.NumberFormat("fr-FR", { maximumFractionDigits: 2 });

export function number(value) {
  return typeof value === "number" && Number.isFinite(value) ? plain.format(value).replaceAll("\u202f", "\u00a0") : String(value ?? "non renseigné");
}
